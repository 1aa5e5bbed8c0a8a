"""Refusals of the service in the words of a form: what each field must be. None repeats codes or names of the API."""

from __future__ import annotations

from typing import NamedTuple

from service.domain.counting.wholes import PartsExceedWhole
from service.domain.deciding.check_report import (
    AssistsItself,
    ForceNotInOperation,
    ForceReportsEvents,
    ForceReportsNothing,
    ForceReportsTallies,
    InTheFuture,
    OperationIsClosed,
    OutsideOperation,
    QualifiedZero,
    QuantityUnclear,
)
from service.domain.deciding.decide import IdTaken, NotARunningTotal
from service.domain.model.personal_data import LooksPersonal
from service.errors import RecordError
from service.web.forms import when
from service.web.forms.fact import REASON, FactForm, all_groups, field_at
from service.web.forms.questions import Setting, Typed
from service.web.site import words
from service.web.site.typed import Mistake


class ErrorWords(NamedTuple):
    """The words for an error, and the field that it concerns if its pointer names none."""

    text: str
    field: str = ""


WORDS: dict[type[RecordError], ErrorWords] = {
    AssistsItself: ErrorWords("Forces that assisted must be others than the one that counts it"),
    ForceNotInOperation: ErrorWords("Force must take part in the operation", "force"),
    ForceReportsEvents: ErrorWords(
        "This is counted from the force’s arrests and seizures: record those instead", "measure"
    ),
    ForceReportsNothing: ErrorWords("Force must be one that reports to the operation", "force"),
    ForceReportsTallies: ErrorWords("This force sends tallies only: record a tally instead"),
    IdTaken: ErrorWords("This form has been used for another event. Open a new one"),
    NotARunningTotal: ErrorWords(
        "A later running total must be of the same thing, and not less. Otherwise choose another reason", REASON
    ),
    PartsExceedWhole: ErrorWords("The number must not be less than the parts of this tally add up to", "quantity"),
    QuantityUnclear: ErrorWords(
        "‘Up to’ must be more than the number, and ‘Rounded to’ must divide it. Give only one of them, with ‘exact’"
    ),
    QualifiedZero: ErrorWords(
        "For none, choose ‘exact’. For a number that is not known, enter 1 and ‘at least’", "qualifier"
    ),
}


def mistakes_of(error: RecordError, form: FactForm, setting: Setting, typed: Typed) -> list[Mistake]:
    """Return the mistakes that an error names, by field."""
    if isinstance(error, OutsideOperation):
        return [when.mistake_in_day(setting.operation, when.typed_day(typed))]
    if isinstance(error, InTheFuture):
        return [Mistake("time" if typed.get("time") else "date", "Date and time must be in the past")]
    if isinstance(error, OperationIsClosed):
        return [Mistake("", closed(setting))]
    if known := WORDS.get(type(error)):
        fields = [field_at(form, one.pointer, typed) for one in error.errors]
        return [Mistake(known.field or next(filter(None, fields), ""), known.text)]
    found = [_mistake(field_at(form, one.pointer, typed), error, form, setting, typed) for one in error.errors]
    return list(dict.fromkeys(found)) or [Mistake("", error.detail)]


def closed(setting: Setting) -> str:
    """Return that the operation takes no new facts."""
    closed_at = setting.operation.closed_at
    when_closed = f" on {words.full_moment(closed_at)}" if closed_at else ""
    return f"{setting.operation.name} was closed{when_closed}. Only corrections are taken"


def _mistake(field: str, error: RecordError, form: FactForm, setting: Setting, typed: Typed) -> Mistake:
    questions = [one for group in all_groups(form, setting, typed) for one in group.questions]
    label = next((one.label for one in questions if one.name == field), "")
    if isinstance(error, LooksPersonal):
        return Mistake(field, f"{label or 'This'} must not be personal data, like a name, number plate or postcode")
    return Mistake(field, f"{label} must be on this operation’s list" if label else error.detail)
