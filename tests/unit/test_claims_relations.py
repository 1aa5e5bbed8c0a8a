"""The relations between many scopes at once equal those between each two of them."""

from datetime import date, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from service.domain.claims.claim import Scope, days_apart, days_within
from service.domain.claims.extents import extent
from service.domain.claims.rules.relations import CATEGORY, DAY, FORCE, OPERATION, bits, relations_of

PATHS = tuple("/".join(steps) for length in (1, 2, 3) for steps in product("abc", repeat=length))
DAYS = [date(2023, 1, 1) + timedelta(number) for number in range(5)]
some_paths = st.lists(st.sampled_from(PATHS), max_size=4)
some_forces = st.lists(st.sampled_from(("surrey", "kent", "btp", "surrey-x")), max_size=3)
scopes = st.builds(
    Scope,
    operation=st.sampled_from((None, "inner", "other")),
    forces=st.builds(extent, some_forces, some_forces),
    days=st.none() | st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map(sorted).map(tuple),
    categories=st.builds(extent, some_paths, some_paths),
).filter(lambda scope: bool(scope.forces.included and scope.categories.included))


@given(st.lists(scopes, min_size=1, max_size=8, unique=True))
def test_the_relations_are_those_of_each_two_scopes(found: list[Scope]) -> None:
    relations = relations_of(found)
    for number, one in enumerate(found):
        others = [(at, other) for at, other in enumerate(found) if at != number]
        assert list(bits(relations.inside[number])) == [at for at, other in others if other.within(one)]
        apart = {name: {*bits(relations.apart[name][number])} for name in (FORCE, CATEGORY, DAY)}
        assert apart[FORCE] == {at for at, other in others if one.forces.apart_from(other.forces)}
        assert apart[CATEGORY] == {at for at, other in others if one.categories.apart_from(other.categories)}
        assert apart[DAY] == {at for at, other in others if days_apart(one.days, other.days)}
        assert relations.apart[OPERATION][number] == 0
        equal = {name: {*bits(masks[number])} for name, masks in relations.equal.items()}
        assert equal[FORCE] == {at for at, other in enumerate(found) if other.forces == one.forces}
        assert equal[CATEGORY] == {at for at, other in enumerate(found) if other.categories == one.categories}
        assert equal[DAY] == {at for at, other in enumerate(found) if other.days == one.days}
        assert equal[OPERATION] == {at for at, other in enumerate(found) if other.operation == one.operation}
        assert days_within(one.days, one.days)
