"""A limit on what one claims file asks the record: each operation is read for each moment."""

from __future__ import annotations

from service.domain.claims.claim import ClaimsFile
from service.domain.claims.reading.claims_file import wrong_claims
from service.errors import FieldError

MOST_MOMENTS = 20


def check_questions(file: ClaimsFile) -> None:
    """Refuse a file with figures of too many operations and moments.

    Raises:
        WrongClaims: naming the limit and the number found.
    """
    found = len({(claim.moment, claim.scope.operation) for claim in file.claims})
    if found > MOST_MOMENTS:
        detail = (
            f"Expected figures of at most {MOST_MOMENTS} different operations and moments (as_of) to compare with the "
            f"record; found {found:,}. Split the file."
        )
        raise wrong_claims([FieldError("/claims", detail)])
