"""The rules between claims of one moment: a table of cases for each, and cases without a finding."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.domain.claims.rules.groups import OperationFacts
from tests.factories.claims import block, breakdown, figure, found, rules

SEVEN = ["a", "b", "c", "d", "e", "f", "g"]


def case(*blocks: Any, id: str, **keys: Any) -> Any:
    return pytest.param(blocks, keys, id=id)


def cash(value: object, unit: str = "pounds", says: str = "exact", **keys: object) -> dict[str, Any]:
    return figure(value, says, measure="cash", unit=unit, **keys)


def weight(value: object, unit: str = "kilograms", says: str = "exact", **keys: object) -> dict[str, Any]:
    return figure(value, says, measure="drug_weight", unit=unit, **keys)


def weapons(value: object, says: str = "exact", **keys: object) -> dict[str, Any]:
    return figure(value, says, measure="weapons", unit="items", **keys)


def acquired(value: object, how: str | None = None, says: str = "exact") -> dict[str, Any]:
    return figure(value, says, measure="weapons_by_acquisition", unit="items", **({"category": how} if how else {}))


def seizures(value: object, drug_class: str | None = None) -> dict[str, Any]:
    if drug_class is None:
        return figure(value, measure="drug_seizures", unit="seizures")
    return figure(value, measure="drug_seizures_by_class", unit="seizures", category=drug_class)


NO_ALARM = [
    case(block(figure("170", "more than"), figure(179)), id="a-headline-below-the-text"),
    case(block(figure(179)), block(figure(179), source="bbc"), id="two-sources-agree"),
    case(block(figure(180, "nearly"), figure(179)), id="nearly-is-below"),
    case(block(figure(200, "about"), figure(179, "more than")), id="about-reaches-a-tenth"),
    case(block(figure(20, to=30), figure(25)), id="a-range"),
    case(block(figure(179)), block(figure(12), forces=["surrey"]), id="a-partial-breakdown"),
    case(block(figure(150), as_of="2023-01-18"), block(figure(179), as_of="2023-01-19"), id="two-moments"),
    case(block(figure(179)), block(figure(500), as_of="2023-01-19", source="bbc"), id="a-moment-and-none"),
    case(
        block(figure(150)),
        block(figure(179), source="bbc"),
        sources={"release": {"as_of": "2023-01-18"}, "bbc": {"as_of": "2023-01-19"}},
        id="sources-of-two-moments",
    ),
    case(
        block(figure(150), as_of="2023-01-18"), block(figure(160), forces=["a"], as_of="2023-01-19"), id="a-later-part"
    ),
    case(block(weight(65), weight("65,400", "grams"), weight("65.4")), id="a-weight-in-three-units"),
    case(block(cash("131,000", rounded_to="1,000"), cash("130,600")), id="rounder-than-its-digits"),
    case(block(cash("1.2", "million pounds"), cash("1,234,567")), id="cut-off-millions"),
    case(
        block(cash("0.13", "million pounds"), cash("131", "thousand pounds"), cash("13,100,000", "pence")), id="pence"
    ),
    case(block(cash("1.2", "million pounds")), breakdowns=(), id="one-alone"),
    case(
        block(figure(50)),
        block(figure(30), forces=["a", "b"]),
        block(figure(20), forces=["a"]),
        block(figure(10), forces=["b"]),
        block(figure(20), forces=["c"]),
        id="a-force-inside-a-region-counts-once",
    ),
    case(
        block(figure(50), figure(30, category="knife"), figure(20, category="drugs")),
        breakdowns=(breakdown({"a": 30, "b": 20}),),
        id="two-breakdowns-of-one-whole",
    ),
    case(
        block(weapons(30), weapons(20, category="bladed"), weapons(15, category="bladed/knife")),
        id="a-category-inside-a-category",
    ),
    case(
        block(weapons(30), weapons(5, category=["blunt", "other"]), weapons(25, category="bladed")),
        id="a-list-of-categories-is-one-sum",
    ),
    case(
        block(weapons(30), weapons(20, category="bladed"), weapons(10, without_category="bladed")),
        id="a-category-and-the-rest",
    ),
    case(
        block(figure(100)),
        block(figure(60), operation="inner"),
        block(figure(60), operation="other-inner"),
        id="operations-inside-may-overlap",
    ),
    case(
        block(figure(100)), block(figure(60), operation="inner"), block(figure(60), forces=["a"]), id="inside-and-force"
    ),
    case(
        block(figure(1_000, measure="officers_deployed", unit="officers")),
        block(figure(700, measure="officers_deployed", unit="officers"), days=["2023-01-17", "2023-01-17"]),
        block(figure(700, measure="officers_deployed", unit="officers"), days=["2023-01-18", "2023-01-18"]),
        id="the-same-officers-on-two-days",
    ),
    case(
        block(
            figure(40, measure="drug_seizures", unit="seizures"),
            figure(30, measure="drug_seizures_by_class", unit="seizures", category="a"),
            figure(30, measure="drug_seizures_by_class", unit="seizures", category="b"),
        ),
        id="classes-do-not-add-up-to-seizures",
    ),
    case(
        block(
            figure(2, measure="drug_seizures_by_substance", unit="seizures", category="a"),
            figure(30, measure="drug_seizures_by_substance", unit="seizures", category="a/cocaine"),
        ),
        id="a-class-without-a-number-is-not-a-whole",
    ),
    case(
        block(
            figure("1,000", measure="foreign_cash", unit="EUR"),
            figure("5,000", measure="foreign_cash", unit="USD"),
            cash("100"),
        ),
        id="currencies-are-never-added",
    ),
    case(block(figure(0)), block(figure(0), forces=["a"]), id="nil-and-nil"),
    case(block(figure("several", "no number"), figure(179)), id="no-number-contradicts-nothing"),
    case(block(figure(179)), block(figure("dozens", "no number"), forces=["a"]), id="a-part-without-number"),
    case(breakdowns=(breakdown({"a": 10, "b": 20}, complete=True),), id="a-complete-breakdown-without-total"),
    case(
        block(figure(30)),
        breakdowns=(breakdown({"a": 10, "b": 20}, complete=True),),
        id="a-complete-breakdown-that-adds-up",
    ),
    case(block(figure(179)), breakdowns=(breakdown({"a": 10, "b": 20}),), id="a-partial-breakdown-below-its-whole"),
    case(
        block(figure(31)),
        breakdowns=(
            breakdown([{"force": "a", "value": 10, "says": "more than"}, {"force": "b", "value": 20}], complete=True),
        ),
        id="a-complete-breakdown-that-may-reach",
    ),
    case(
        block(cash("1,001")),
        breakdowns=({**breakdown({"a": "400", "b": "600"}, complete=True), "measure": "cash", "unit": "pounds"},),
        id="pounds-cut-off",
    ),
    case(
        block(weapons(20, category="bladed"), weapons(10, category="other"), weapons(30)),
        block(weapons(5, category="bladed/knife"), forces=["a"]),
        sources={"release": {"lists_all": ["weapons"]}},
        id="a-part-of-a-listed-category",
    ),
    case(
        block(weapons(30, category="bladed"), weapons(30)),
        block(weapons(0, category="firearm"), source="bbc"),
        sources={"release": {"lists_all": ["weapons"]}},
        id="a-nil-that-is-not-listed",
    ),
    case(
        block(weapons(30, category="bladed")),
        block(weapons(2, category="firearm"), as_of="2023-01-18", source="bbc"),
        sources={"release": {"lists_all": ["weapons"]}},
        id="not-listed-at-another-moment",
    ),
    case(block(figure(21), forces=["a", "b"]), block(figure(20), forces=["a", "c"]), id="overlapping-lists"),
    case(block(figure(30), without_forces=["a"]), block(figure(20), forces=["a"]), block(figure(50)), id="all-but-one"),
    case(block(figure(179), forces=SEVEN), block(figure(179)), forces=SEVEN, id="all-forces-by-name-are-the-whole"),
    case(
        block(figure(179), days=["2023-01-17", "2023-01-19"]),
        block(figure(179)),
        sources={"release": {"days": ["2023-01-17", "2023-01-19"]}},
        id="all-days-by-name-are-the-whole",
    ),
    case(
        block(figure(10), days=["2023-01-17", "2023-01-17"]),
        block(figure(20), days=["2023-01-18", "2023-01-18"]),
        id="days",
    ),
    case(block(figure(100, "more than"), figure(199, "more than")), id="thresholds-less-than-twofold-apart"),
    case(block(figure(100, "about"), figure(110)), id="about-at-its-edge"),
    case(block(figure(9, "about"), figure(8)), id="about-nine-may-be-eight"),
    case(block(figure(9, "about"), figure(10)), id="about-nine-may-be-ten"),
    case(block(weight(5, says="about"), weight("4.2")), id="about-five-kilograms-may-be-four"),
    case(block(cash("9,000"), cash("9,000", says="at least")), id="the-same-digits-with-a-limit-that-they-reach"),
    case(
        block(cash("9,000", rounded_to="1,000"), cash("9,000", says="more than")), id="the-same-digits-known-as-rounded"
    ),
    case(
        block(weapons(28, category="bladed"), weapons(2, category="firearm")),
        block(weapons(5, category="bladed"), forces=["a"]),
        block(weapons(2, category="firearm"), forces=["a"], source="bbc"),
        sources={"release": {"lists_all": ["weapons"]}},
        id="a-single-force-is-not-a-list",
    ),
    case(
        block(figure(5), forces=["c"]),
        breakdowns=(breakdown({"a": 10, "b": 20}, complete=True, operation="inner"),),
        id="a-complete-list-of-an-operation-inside",
    ),
    case(
        block(weapons(30), acquired(30), acquired(12, "seized"), acquired(18, "surrendered_or_found")),
        id="weapons-by-acquisition",
    ),
    case(
        block(weapons(30, category="bladed/knife"), acquired(50, "surrendered_or_found")),
        id="knives-with-weapons-by-acquisition",
    ),
    case(block(seizures(40), seizures(30, "a"), seizures(20, "b")), id="one-seizure-of-two-classes"),
    case(
        block(weapons(30), as_of="2023-01-18"),
        block(acquired(40), as_of="2023-01-19"),
        id="a-second-view-of-a-later-day",
    ),
    case(
        block(figure(10)),
        block(figure(3), operation="inner", source="bbc"),
        sources={
            "release": {"days": ["2023-01-17", "2023-01-19"], "forces": SEVEN},
            "bbc": {"days": ["2023-01-17", "2023-01-18"], "forces": ["a"]},
        },
        forces=SEVEN,
        id="days-and-forces-of-an-operation-inside",
    ),
]


@pytest.mark.parametrize(("blocks", "keys"), NO_ALARM)
def test_consistent_claims_give_no_finding(blocks: Any, keys: Any) -> None:
    assert [one for one in found(*blocks, **keys) if one.is_wrong] == []


TWO_DAYS = {"by": "day", "complete": True}
WRONG = [
    ("no_common_value", case(block(figure(179)), block(figure(175), source="bbc"), id="two-values")),
    ("no_common_value", case(block(figure(179, "more than"), figure(179)), id="more-than-the-exact-value")),
    ("no_common_value", case(block(figure(179, "nearly"), figure(179)), id="nearly-the-exact-value")),
    ("no_common_value", case(block(figure(100, "up to"), figure(100, "more than")), id="two-bounds-that-exclude")),
    ("no_common_value", case(block(figure(20, to=30), figure(31)), id="outside-a-range")),
    ("no_common_value", case(block(figure(100, "about"), figure(111)), id="beyond-about")),
    ("no_common_value", case(block(figure(0)), block(figure(0, "more than"), source="bbc"), id="nil-and-some")),
    ("no_common_value", case(block(cash("198,088"), cash("19,808")), id="misplaced-digits")),
    ("no_common_value", case(block(weight(65), weight(67)), id="weights-two-kilograms-apart")),
    ("no_common_value", case(block(cash("5,700"), cash("570,200", "pence")), id="pounds-and-pence")),
    ("no_common_value", case(block(cash("5,700.50"), cash("5,700.51")), id="a-penny")),
    (
        "no_common_value",
        case(
            block(figure(179), days=["2023-01-17", "2023-01-19"]),
            block(figure(180)),
            sources={"release": {"days": ["2023-01-17", "2023-01-19"]}},
            id="all-days-by-name-differ",
        ),
    ),
    ("no_common_value", case(block(figure(9)), block(figure(8), forces=SEVEN), forces=SEVEN, id="all-by-name-differ")),
    (
        "no_common_value",
        case(
            block(figure(21), forces=["a"]),
            breakdowns=(breakdown({"a": 22}),),
            id="a-line-and-a-block-of-one-force",
        ),
    ),
    (
        "no_common_value",
        case(
            block(
                figure("1,000", measure="foreign_cash", unit="EUR"), figure("2,000", measure="foreign_cash", unit="EUR")
            ),
            id="one-currency-twice",
        ),
    ),
    (
        "no_common_value",
        case(
            block(
                figure(3, measure="drug_seizures_by_class", unit="seizures", category="a"),
                figure(4, measure="drug_seizures_by_class", unit="seizures", category="a"),
            ),
            id="one-class-twice",
        ),
    ),
    (
        "no_common_value",
        case(block(figure(5), figure(6), operation="inner"), id="inside-operation-twice"),
    ),
    (
        "no_common_value",
        case(
            block(figure(150)),
            block(figure(179), source="bbc"),
            sources={"release": {"as_of": "2023-01-18"}, "bbc": {"as_of": "2023-01-18T23:59:59.999999Z"}},
            id="one-moment-written-in-two-ways",
        ),
    ),
    ("no_common_value", case(block(figure(9, "about"), figure(7)), id="below-about-nine")),
    ("no_common_value", case(block(weight(5, says="about"), weight("6.1")), id="above-about-five-kilograms")),
    ("same_digits", case(block(cash("9,000"), cash("9,000", says="more than")), id="pounds-with-and-without-a-limit")),
    ("same_digits", case(block(weight(65)), block(weight(65, says="nearly"), source="bbc"), id="nearly-and-exactly")),
    (
        "breakdown_below_whole",
        case(
            block(weapons(20, category="bladed"), weapons(10, category="firearm")),
            block(weapons(25), forces=["a"]),
            block(weapons(6), forces=["b"]),
            sources={"release": {"lists_all": ["weapons"]}},
            id="a-list-of-all-categories-without-a-printed-whole",
        ),
    ),
    (
        "not_in_complete_list",
        case(
            block(seizures(4, "a"), seizures(5, "b")),
            block(seizures(1, "c"), source="bbc"),
            sources={"release": {"lists_all": ["drug_seizures_by_class"]}},
            id="a-class-that-a-list-lacks",
        ),
    ),
    ("thresholds_apart", case(block(figure(100, "more than"), figure(200, "more than")), id="twofold")),
    (
        "thresholds_apart",
        case(block(figure(40, "at least")), block(figure(90, "up to"), source="bbc"), id="both-sides"),
    ),
    ("parts_above_whole", case(block(figure(30)), block(figure(40), forces=["a"]), id="one-part-above")),
    ("parts_above_whole", case(block(figure(30)), breakdowns=(breakdown({"a": 20, "b": 11}),), id="two-parts-above")),
    (
        "parts_above_whole",
        case(block(figure(30)), breakdowns=(breakdown({"a": 20, "b": 11}),), forces=SEVEN, id="partial-and-above"),
    ),
    (
        "parts_above_whole",
        case(block(figure(30), figure(20, category="knife"), figure(11, category="drugs")), id="categories-above"),
    ),
    (
        "parts_above_whole",
        case(
            block(figure(30), figure(20, category="knife"), figure(11, without_category="knife")), id="the-rest-above"
        ),
    ),
    (
        "parts_above_whole",
        case(block(weapons(9, category="bladed"), weapons(10, category="bladed/knife")), id="sub-path"),
    ),
    (
        "parts_above_whole",
        case(block(figure(30)), block(figure(30, "more than"), forces=["a"]), id="more-than-the-whole"),
    ),
    (
        "parts_above_whole",
        case(block(figure(30)), block(figure(31), operation="inner"), id="an-operation-inside-above"),
    ),
    (
        "parts_above_whole",
        case(
            block(figure(49)),
            block(figure(30), forces=["a", "b"]),
            block(figure(20), forces=["a"]),
            block(figure(20), forces=["c"]),
            id="a-region-and-a-force",
        ),
    ),
    (
        "parts_above_whole",
        case(
            block(figure(55)),
            block(figure(20, "more than"), forces=["a", "b"]),
            breakdowns=(breakdown({"a": 20, "b": 20, "c": 20}),),
            id="a-region-raised-to-its-forces",
        ),
    ),
    (
        "parts_above_whole",
        case(
            block(figure(40)),
            block(figure(10, category="knife"), figure(15, category="drugs"), forces=["a"]),
            block(figure(16), forces=["b"]),
            id="cells-of-a-force-that-has-no-total",
        ),
    ),
    (
        "parts_above_whole",
        case(
            block(figure(40)),
            breakdowns=(breakdown([{"day": "2023-01-17", "value": 20}, {"day": "2023-01-18", "value": 21}], by="day"),),
            id="days-above",
        ),
    ),
    ("parts_above_whole", case(block(figure(0)), block(figure(1), forces=["a"]), id="a-part-of-nil")),
    (
        "parts_above_whole",
        case(block(weight(10)), block(weight(6), forces=["a"]), block(weight(6), forces=["b"]), id="weights-above"),
    ),
    (
        "breakdown_below_whole",
        case(block(figure(31)), breakdowns=(breakdown({"a": 10, "b": 20}, complete=True),), id="below"),
    ),
    (
        "breakdown_below_whole",
        case(
            block(figure(30, "more than")),
            breakdowns=(breakdown({"a": 10, "b": 20}, complete=True),),
            id="below-a-bound",
        ),
    ),
    (
        "breakdown_below_whole",
        case(
            block(figure(31), forces=["a"]),
            breakdowns=(breakdown({"knife": 10, "drugs": 20}, by="category", forces=["a"], complete=True),),
            id="below-the-figure-of-a-force",
        ),
    ),
    (
        "breakdown_below_whole",
        case(
            block(figure(20, category="knife"), figure(11, category="drugs")),
            breakdowns=(breakdown({"a": 10, "b": 20}, complete=True),),
            id="below-another-breakdown",
        ),
    ),
    (
        "breakdown_below_whole",
        case(
            block(weapons(30), weapons(20, category="bladed"), weapons(15, category="bladed/knife")),
            sources={"release": {"lists_all": ["weapons"]}},
            id="below-by-every-category",
        ),
    ),
    (
        "not_in_complete_list",
        case(
            block(weapons(30, category="bladed")),
            block(weapons(2, category="firearm"), forces=["a"], source="bbc"),
            sources={"release": {"lists_all": ["weapons"]}},
            id="a-force-has-what-the-list-lacks",
        ),
    ),
    (
        "not_in_complete_list",
        case(
            block(weapons(30, category="bladed")),
            block(weapons(2, "more than", category="firearm"), source="bbc"),
            sources={"release": {"lists_all": ["weapons"]}},
            id="another-source-has-what-the-list-lacks",
        ),
    ),
    (
        "not_in_complete_list",
        case(
            block(figure(5), forces=["c"]),
            breakdowns=(breakdown({"a": 10, "b": 20}, complete=True),),
            id="a-force-that-a-complete-list-lacks",
        ),
    ),
    (
        "not_in_complete_list",
        case(
            block(figure(5, category="knife"), days=["2023-01-19", "2023-01-19"]),
            breakdowns=(breakdown([{"day": "2023-01-17", "value": 20}], category="knife", **TWO_DAYS),),
            id="a-day-that-a-complete-list-lacks",
        ),
    ),
    ("second_view_differs", case(block(weapons(30), acquired(31, "surrendered_or_found")), id="more-than-all")),
    (
        "second_view_differs",
        case(block(weapons(30), acquired(16, "seized"), acquired(15, "surrendered_or_found")), id="together"),
    ),
    ("second_view_differs", case(block(weapons(30, "nearly"), acquired(31)), id="two-totals")),
    (
        "second_view_differs",
        case(block(weapons(30)), block(acquired(31, "seized"), forces=["a"]), id="of-one-force"),
    ),
    ("second_view_differs", case(block(seizures(40), seizures(41, "a"), seizures(20, "b")), id="of-one-class")),
    (
        "days_differ",
        case(
            block(figure(3), operation="inner"),
            block(figure(3), operation="inner", source="bbc"),
            sources={
                "release": {"days": ["2023-01-17", "2023-01-18"]},
                "bbc": {"days": ["2023-01-17", "2023-01-19"]},
            },
            id="of-one-operation-inside",
        ),
    ),
]


@pytest.mark.parametrize(
    ("rule", "blocks", "keys"),
    [pytest.param(rule, *case.values, id=f"{rule}-{case.id}") for rule, case in WRONG],
)
def test_each_inconsistency_gives_exactly_one_finding(rule: str, blocks: Any, keys: Any) -> None:
    assert rules([one for one in found(*blocks, **keys) if one.is_wrong]) == [rule]


# Naming the part


@pytest.mark.parametrize(
    ("whole", "lines", "without"),
    [
        pytest.param(79, {"metropolitan": 100, "surrey": 21, "kent": 58}, ["metropolitan"], id="own-return-left-out"),
        pytest.param(30, {"a": 40, "b": 5}, ["a"], id="one-part-is-larger"),
        pytest.param(30, {"a": 15, "b": 15, "c": 15}, ["a", "b", "c"], id="any-of-three"),
        pytest.param(30, {"a": 20, "b": 20, "c": 20}, [], id="none"),
        pytest.param(1, {"a": 2, "b": 1}, ["a"], id="of-two"),
        pytest.param(50, {"a": 30, "b": 20, "c": 10}, ["c"], id="the-others-make-exactly-the-whole"),
    ],
)
def test_the_part_without_which_the_whole_agrees_is_named(
    whole: int, lines: dict[str, int], without: list[str]
) -> None:
    (finding,) = found(block(figure(whole)), breakdowns=(breakdown(lines),))
    assert finding.without == tuple(f"/breakdown/0/lines/{force}" for force in without)
    assert all(f"Without {' or '.join(without)} they agree." in finding.detail for _ in without[:1])
    assert finding.places[0] == "/claims/0/figures/0"


def test_only_the_total_that_the_parts_contradict_is_reported() -> None:
    findings = found(block(figure(150)), block(figure(190), source="bbc"), breakdowns=(breakdown({"a": 100, "b": 90}),))
    assert rules(findings) == ["no_common_value", "parts_above_whole"]
    assert findings[1].places[0] == "/claims/0/figures/0"


def test_each_figure_of_one_scope_is_reported_once_with_all_that_it_contradicts() -> None:
    findings = found(block(*(figure(number) for number in range(30))))
    assert rules(findings) == ["no_common_value"] * 29
    assert [len(one.places) for one in findings] == list(range(2, 31))
    assert "and 17 more" in findings[-1].detail


def test_a_part_printed_twice_with_different_numbers_is_one_finding() -> None:
    findings = found(block(figure(30)), block(figure(12), figure(21), forces=["a"]), block(figure(15), forces=["b"]))
    assert rules(findings) == ["no_common_value"]


# Sources

DAYS = ["2023-01-17", "2023-01-19"]
OPERATION = OperationFacts(
    forces=frozenset(("a", "b", "rest")),
    optional_forces=frozenset(("rest", "desk")),
    days=(date(2023, 1, 17), date(2023, 1, 19)),
)
# As before, with a residual force: other forces may have taken part.
WITH_OTHERS = replace(OPERATION, has_others=True)


@pytest.mark.parametrize(
    ("release", "bbc", "facts", "expected"),
    [
        pytest.param({"days": DAYS}, {"days": DAYS}, None, [], id="the-same-days"),
        pytest.param({"days": DAYS}, {}, None, [], id="one-says-nothing"),
        pytest.param({"days": DAYS}, {"days": ["2023-01-16", "2023-01-19"]}, None, ["days_differ"], id="other-days"),
        pytest.param({"days": DAYS}, {}, OPERATION, [], id="the-operation's-days"),
        pytest.param(
            {"days": ["2023-01-16", "2023-01-19"]}, {}, OPERATION, ["days_differ"], id="not-the-operation's-days"
        ),
        pytest.param(
            {"days": DAYS, "as_of": "2023-01-19"},
            {"days": ["2023-01-17", "2023-01-18"], "as_of": "2023-01-18"},
            OPERATION,
            [],
            id="an-interim-result-covers-fewer",
        ),
        pytest.param({"forces": ["a", "b"]}, {"forces": ["b", "a"]}, None, [], id="the-same-forces"),
        pytest.param({"forces": ["a", "b"]}, {"forces": ["a", "c"]}, None, ["forces_differ"], id="other-forces"),
        pytest.param({"forces": ["a", "b"]}, {"force_count": 2}, None, [], id="as-many"),
        pytest.param({"forces": ["a", "b"]}, {"force_count": 3}, None, ["forces_differ"], id="not-as-many"),
        pytest.param(
            {"forces": ["a", "b"], "force_count": 3}, {}, None, ["forces_differ"], id="names-fewer-than-its-count"
        ),
        pytest.param({"force_count": 7}, {"force_count": 8}, None, ["forces_differ"], id="two-counts"),
        pytest.param({"forces": ["a", "b"]}, {"force_count": 3}, OPERATION, ["forces_differ"], id="all-three"),
        pytest.param({"forces": ["a", "b", "desk"]}, {}, OPERATION, [], id="a-force-that-reports-nothing-may-be-named"),
        pytest.param({"forces": ["a", "b"]}, {}, OPERATION, [], id="or-not"),
        pytest.param({"force_count": 3}, {}, OPERATION, [], id="or-counted"),
        pytest.param({"forces": ["a"]}, {}, OPERATION, ["forces_differ"], id="one-of-the-operation-is-missing"),
        pytest.param({"force_count": 44}, {"forces": ["a", "b", "c"]}, WITH_OTHERS, ["forces_differ"], id="each-other"),
        pytest.param({"force_count": 44}, {}, WITH_OTHERS, [], id="others-may-be-counted"),
        pytest.param({"forces": ["a", "b", "c"]}, {}, WITH_OTHERS, [], id="others-may-be-named"),
        pytest.param(
            {"forces": ["a", "c"]}, {}, WITH_OTHERS, ["forces_differ"], id="a-force-that-took-part-is-missing"
        ),
        pytest.param({"force_count": 1}, {}, WITH_OTHERS, ["forces_differ"], id="fewer-than-took-part"),
        pytest.param({"forces": ["a", "b", "c"]}, {}, OPERATION, ["forces_differ"], id="one-too-many"),
        pytest.param(
            {"force_count": 7, "as_of": "2023-01-18"}, {"force_count": 8, "as_of": "2023-01-19"}, None, [], id="moments"
        ),
    ],
)
def test_sources_that_differ_are_reported(
    release: Any, bbc: Any, facts: OperationFacts | None, expected: list[str]
) -> None:
    findings = found(block(figure(1)), sources={"release": release, "bbc": bbc}, facts=facts)
    assert rules([one for one in findings if one.is_wrong]) == expected


# Notes


@pytest.mark.parametrize(
    ("whole", "lines", "says"),
    [
        pytest.param(
            figure(30), {"a": 10, "b": 20}, "reached by 2 of 7 forces; nil or left out: c, d, e, f, g", id="two"
        ),
        pytest.param(figure(30), {"a": 10, "b": 20, "c": 0}, "3 of 7", id="a-nil-is-named"),
        pytest.param(figure(31), {"a": 10, "b": 20}, None, id="not-reached"),
        pytest.param(figure(29, "more than"), {"a": 10, "b": 20}, None, id="a-bound-is-not-reached-exactly"),
        pytest.param(figure(0), {"a": 0}, None, id="nil"),
        pytest.param(figure(70), dict.fromkeys(SEVEN, 10), None, id="all-seven"),
    ],
)
def test_a_whole_that_some_forces_add_up_to_is_noted(whole: Any, lines: dict[str, int], says: str | None) -> None:
    findings = found(block(whole), breakdowns=(breakdown(lines),), forces=SEVEN)
    assert rules(findings) == ([] if says is None else ["reached_by_some_forces"])
    assert all(says in one.detail and not one.is_wrong for one in findings if says)


def test_a_region_that_some_of_its_forces_add_up_to_is_noted() -> None:
    (finding,) = found(block(figure(30), forces=["a", "b", "c"]), breakdowns=(breakdown({"a": 10, "b": 20}),))
    assert "2 of 3 forces; nil or left out: c" in finding.detail


def test_a_whole_that_cells_of_some_forces_add_up_to_is_noted() -> None:
    """One force printed its total, another its arrests by reason; the third is left out."""
    findings = found(
        block(figure(30)),
        block(figure(10, category="knife"), figure(5, category="drugs"), forces=["a"]),
        block(figure(15), forces=["b"]),
        forces=["a", "b", "c"],
    )
    assert rules(findings) == ["reached_by_some_forces"]
    assert "2 of 3 forces; nil or left out: c" in findings[0].detail
    assert findings[0].places == tuple(
        f"/claims/{block}/figures/{number}" for block, number in ((0, 0), (1, 0), (1, 1), (2, 0))
    )


# Forces


def test_a_source_that_names_some_forces_speaks_of_those_alone() -> None:
    """The release names two of three forces: its 30 is a part of the 40, not another value of it."""
    sources = {"release": {"forces": ["a", "b"]}, "bbc": {"forces": ["a", "b", "c"]}}
    whole = block(figure(40), source="bbc")
    for top in ({}, {"forces": ["a", "b", "c"]}):
        assert rules(found(block(figure(30)), whole, sources=sources, **top)) == ["forces_differ"]
        above = found(block(figure(41)), whole, sources=sources, **top)
        assert rules(above) == ["forces_differ", "parts_above_whole"]
        same = found(block(figure(30)), block(figure(31), source="bbc", forces=["a", "b"]), sources=sources, **top)
        assert rules(same) == ["forces_differ", "no_common_value"]


def test_a_source_that_names_all_forces_speaks_of_the_whole() -> None:
    both = {"forces": ["a", "b"]}
    assert rules(found(block(figure(30)), block(figure(31), source="bbc"), sources={"release": both})) == [
        "no_common_value"
    ]
    others = found(block(figure(30)), block(figure(31), source="bbc"), sources={"release": both}, facts=OPERATION)
    assert rules(others) == ["no_common_value"]


def test_an_unknown_force_is_noted_with_the_one_it_resembles() -> None:
    findings = found(block(figure(4), forces=["surey", "kent"]), sources={"bbc": {"forces": ["zz-top"]}})
    assert [(one.rule, one.is_wrong) for one in findings] == [("unknown_force", False)] * 2
    assert findings[0].detail == (
        "surey is no known force, and `forces` of the file does not list it. Did you mean surrey?"
    )
    assert findings[0].places == ("/claims/0/figures/0",)
    assert "zz-top is no known force" in findings[1].detail
    assert findings[1].places == ("/source/bbc/forces",)


def test_a_force_that_the_file_or_the_record_lists_is_known() -> None:
    assert found(block(figure(4), forces=["our-desk"]), forces=["our-desk", "kent"]) == []
    facts = OperationFacts(forces=frozenset(("our-desk", "kent")))
    assert found(block(figure(4), forces=["our-desk"]), facts=facts) == []


def test_a_measure_that_is_not_in_the_catalogue_is_noted() -> None:
    (finding,) = found(block(figure(4, measure="dogs_seized", unit="dogs")))
    assert (finding.rule, finding.is_wrong) == ("unknown_measure", False)
