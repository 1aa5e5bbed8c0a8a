"""Reading claims files: TOML, JSON and CSV are equivalent; all errors are reported at once."""

import json
import re
import tomllib
from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.domain.claims.bounds import Bounds
from service.domain.claims.claim import ClaimsFile
from service.domain.claims.extents import extent
from service.domain.claims.reading.claims_file import MOST_FIGURES, WrongClaims, read_claims
from service.domain.claims.reading.csv_rows import ClaimsUnreadable
from service.domain.model.reference_data import measure_catalogue
from service.wire.claims_body import CSV, JSON, TOML, read_claims_body
from tests.factories.claims import block, breakdown, document, figure, read

MEASURES = measure_catalogue()

AS_TOML = """
format = "claims/1"
operation = "lantern"
forces = ["surrey", "kent"]

[source.release]
url = "https://example.org/release"
published = 2023-01-24
as_of = 2023-01-20T12:00:00Z
days = [2023-01-17, 2023-01-19]
forces = ["surrey", "kent"]
force_count = 2
lists_all = ["weapons"]

[[claims]]
source = "release"
without_forces = ["kent"]
days = [2023-01-17, 2023-01-18]
as_of = 2023-01-19
operation = "inner"
figures = [
  { measure = "weapons", value = 30, unit = "items", category = ["bladed", "other"], without_category = "bladed/axe" },
  { measure = "cash", value = "131,000", unit = "pounds", rounded_to = "1,000", note = "kept" },
  { measure = "arrests", value = "20", to = "30", unit = "arrests", says = "about" },
  { measure = "phones", value = "several", unit = "phones", says = "no number" },
  { measure = "foreign_cash", value = "1,500.50", unit = "EUR", says = "up to" },
]

[[breakdown]]
source = "release"
measure = "arrests"
unit = "arrests"
by = "day"
complete = true
lines = [{ day = 2023-01-17, value = "5" }, { day = 2023-01-18, value = "7", says = "more than" }]
"""


def from_toml(text: str = AS_TOML) -> ClaimsFile:
    return read_claims_body(text.encode(), TOML, MEASURES)


def test_every_key_of_a_file_is_read() -> None:
    file = from_toml()
    weapons, cash, arrests, phones, euros, first_day, second_day = file.claims
    noon = datetime(2023, 1, 20, 12, tzinfo=UTC)
    source = file.sources["release"]
    assert (file.operation, file.forces) == ("lantern", {"surrey", "kent"})
    assert (source.published, source.moment, source.force_count) == (date(2023, 1, 24), noon, 2)
    assert (source.days, source.lists_all) == ((date(2023, 1, 17), date(2023, 1, 19)), {"weapons"})
    assert weapons.scope.operation == "inner"
    assert weapons.scope.forces == extent([], ["kent"])
    assert weapons.scope.days == (date(2023, 1, 17), date(2023, 1, 18))
    assert weapons.scope.categories == extent(["bladed", "other"], ["bladed/axe"])
    assert weapons.moment == datetime(2023, 1, 19, 23, 59, 59, 999_999, tzinfo=UTC)
    assert first_day.moment == noon
    assert [one.bounds for one in file.claims] == [
        Bounds(30, 31),
        Bounds(13_050_000, 13_200_000),
        Bounds(18, 34),
        None,
        Bounds(0, 150_051),
        Bounds(5, 6),
        Bounds(8),
    ]
    assert euros.scope.categories == extent(["EUR"])
    assert second_day.scope.days == (date(2023, 1, 18), date(2023, 1, 18))
    assert (cash.note, phones.printed, arrests.printed) == ("kept", "'several' phones", "about 20 to 30 arrests")
    assert [one.complete for one in file.breakdowns] == [True]


def test_json_is_equivalent_to_toml() -> None:
    as_json = json.dumps(tomllib.loads(AS_TOML), default=lambda value: value.isoformat())
    assert read_claims_body(as_json.encode(), JSON, MEASURES) == from_toml()


def test_a_day_as_a_moment_is_its_end_in_london() -> None:
    (claim,) = read(block(figure(1)), sources={"release": {"as_of": "2023-07-01"}}).claims
    assert claim.moment == datetime(2023, 7, 1, 22, 59, 59, 999_999, tzinfo=UTC)


def test_null_and_an_empty_list_mean_the_same_as_a_missing_key() -> None:
    bare = read(block(figure(1)))
    assert read(block(figure(1, category=None, to=None), forces=[], days=None), forces=[]) == bare


def test_a_block_that_names_the_operation_itself_covers_all_of_it() -> None:
    (claim,) = read_claims(document(block(figure(1), operation="lantern")), MEASURES, operation="lantern").claims
    assert claim.scope.operation is None


def test_one_day_in_a_list_means_that_day() -> None:
    (claim,) = read(block(figure(1), days=["2024-08-26"])).claims
    assert claim.scope.days == (date(2024, 8, 26), date(2024, 8, 26))
    rows = "source,days,measure,value,unit\nrelease,2024-08-26,arrests,1,arrests\n"
    assert from_csv(rows).claims[0].scope == claim.scope


def test_a_force_may_be_written_by_its_name_or_an_alias() -> None:
    words = ["the Met", "Metropolitan Police Service", "metropolitan police", "metropolitan"]
    scopes = [read(block(figure(1), forces=[word])).claims[0].scope for word in words]
    assert {scope.forces for scope in scopes} == {extent(["metropolitan"])}
    file = read(block(figure(1), without_forces=["Surrey Police"]), breakdowns=(breakdown({"Kent Police": 1}),))
    assert [claim.scope.forces for claim in file.claims] == [extent([], ["surrey"]), extent(["kent"])]
    assert read(block(figure(1)), sources={"release": {"forces": ["Met", "BTP"]}}).sources["release"].forces == {
        "metropolitan",
        "btp",
    }


def test_lines_have_a_short_form() -> None:
    short = read(breakdowns=(breakdown({"surrey": "21", "kent": 7}),)).claims
    long = read(breakdowns=(breakdown([{"force": "surrey", "value": "21"}, {"force": "kent", "value": 7}]),)).claims
    assert [(one.scope, one.bounds) for one in short] == [(one.scope, one.bounds) for one in long]
    assert short[0].place == "/breakdown/0/lines/surrey"
    by_reason = read(block(figure(1)), breakdowns=(breakdown({"violence/emergency_worker": "2"}, by="category"),))
    assert by_reason.claims[1].place == "/breakdown/0/lines/violence~1emergency_worker"


def test_lines_are_within_the_scope_of_their_breakdown() -> None:
    lines = [{"category": ["knife", "weapon"], "value": 1}]
    (line,) = read(breakdowns=(breakdown(lines, by="category", forces=["surrey"]),)).claims
    assert (line.scope.forces, line.scope.categories) == (extent(["surrey"]), extent(["knife", "weapon"]))


# CSV

ROWS = """\
format,source,forces,days,as_of,measure,category,value,unit,says,to,rounded_to,url,published,force_count,lists_all
claims/1,release,surrey;kent,2023-01-17;2023-01-18,2023-01-20,weapons,bladed;firearm,30,items,,,,https://example.org,2023-01-24,2,weapons;arrests
claims/1,release,,,,arrests,,"1,660",arrests,more than,,,,,,

,bbc,,,,cash,,"131,000",pounds,,,"1,000",,,,
"""


def from_csv(text: str, operation: str | None = None) -> ClaimsFile:
    return read_claims_body(text.encode(), CSV, MEASURES, operation)


def test_csv_has_one_figure_per_row() -> None:
    file = from_csv("\ufeff" + ROWS)
    weapons, arrests, cash = file.claims
    assert [one.place for one in file.claims] == ["/lines/2", "/lines/3", "/lines/5"]
    assert weapons.scope.forces == extent(["surrey", "kent"])
    assert weapons.scope.categories == extent(["bladed", "firearm"])
    assert weapons.moment == datetime(2023, 1, 20, 23, 59, 59, 999_999, tzinfo=UTC)
    assert (arrests.bounds, cash.bounds) == (Bounds(1_661), Bounds(13_050_000, 13_200_000))
    assert file.sources["release"].force_count == 2
    assert file.sources["release"].lists_all == {"weapons", "arrests"}


def test_a_row_that_names_the_operation_itself_covers_all_of_it() -> None:
    file = from_csv(
        "source,operation,measure,value,unit\nr,lantern,arrests,1,arrests\nr,inner,arrests,1,arrests\n", "lantern"
    )
    assert [one.scope.operation for one in file.claims] == [None, "inner"]


def test_errors_in_csv_name_the_line_and_column() -> None:
    text = (
        "source,measure,value,unit,says,column,value,published\n"
        "r,arrests,12k,arrests,,,,2023-01-24\n"
        "r,cash,198.088,pounds,,,,2023-01-25\n"
        'r,arrests,"a\nb",people,maybe,,,\n'
        ",arrests,1,arrests,,,,\n"
        "r,arrests,1,arrests,,,,,too,many\n"
    ).replace(",column,value,published", ",column,unit,published")
    with pytest.raises(WrongClaims) as refused:
        from_csv(text)
    places = [one.pointer for one in refused.value.errors]
    assert {"/lines/1/column", "/lines/1/unit", "/lines/3/published", "/lines/7"} <= set(places)


def test_every_number_in_csv_is_checked() -> None:
    with pytest.raises(WrongClaims) as refused:
        from_csv('source,measure,value,unit\nr,arrests,12k,arrests\nr,cash,198.088,pounds\n,cash,"92,0000",pounds\n')
    assert [one.pointer for one in refused.value.errors] == [
        "/lines/2/value",
        "/lines/3/value",
        "/lines/4/source",
        "/lines/4/value",
    ]


# Refusals


def errors_in(value: Any, **keys: Any) -> list[tuple[str, str]]:
    with pytest.raises(WrongClaims) as refused:
        read_claims(value, MEASURES, **keys)
    assert refused.value.detail.startswith(refused.value.errors[0].pointer)
    return [(one.pointer, one.detail) for one in refused.value.errors]


F = "/claims/0/figures/0"


@pytest.mark.parametrize(
    ("value", "place", "words"),
    [
        pytest.param([], "", "Expected a table", id="not-a-table"),
        pytest.param(document(block(figure(1)), format="claims/2"), "/format", "claims/1", id="another-format"),
        pytest.param(document(block(figure(1)), figures=[]), "/figures", "Unknown key", id="unknown-key-of-the-file"),
        pytest.param(document(block(figure(1)), source=[{}]), "/source", "table of sources", id="sources-as-a-list"),
        pytest.param(document(block(figure(1)), forces="surrey"), "/forces", "Expected a list", id="one-force-as-text"),
        pytest.param(
            document(block(figure(1)), forces=["a", "a"]), "/forces", "a is duplicated in the list", id="duplicate"
        ),
        pytest.param(document(block(figure(1)), operation="No Such"), "/operation", "Expected a code", id="not-a-code"),
        pytest.param(document(), "/claims", "no figures", id="nothing-claimed"),
        pytest.param(document(claims=block(figure(1))), "/claims", "Expected a list", id="claims-as-a-table"),
        pytest.param(document(block(source="x")), "/claims/0/figures", "missing", id="no-figures"),
        pytest.param(document(block(figure(1), source="x")), "/claims/0/source", r"\[source\.x\]", id="no-such-source"),
        pytest.param(document({"figures": [figure(1)]}), "/claims/0/source", "missing", id="no-source"),
        pytest.param(document(block(figure(1), force="kent")), "/claims/0/force", "Unknown key", id="misspelt-scope"),
        pytest.param(
            document(block(figure(1), days=["2023-01-17"] * 3)), "/claims/0/days", "found a list of 3", id="three-days"
        ),
        pytest.param(
            document(block(figure(1), forces=["Surey Police"])),
            "/claims/0/forces",
            r"code or name of a force.*'Surey Police'\. Did you mean surrey\?",
            id="misspelt-force",
        ),
        pytest.param(
            document(block(figure(1), days=["2023-01-19", "2023-01-17"])),
            "/claims/0/days",
            "before",
            id="days-reversed",
        ),
        pytest.param(document(block(figure(1), days=["17", "19"])), "/claims/0/days", "Expected a day", id="not-days"),
        pytest.param(
            document(block(figure(1), as_of="2023-01-17T10:00:00")),
            "/claims/0/as_of",
            "Expected a moment",
            id="no-zone",
        ),
        pytest.param(
            document(block(figure(1), as_of=datetime(2023, 1, 17, 10))),  # noqa: DTZ001 - the error under test
            "/claims/0/as_of",
            "Expected a moment",
            id="a-toml-moment-without-a-zone",
        ),
        pytest.param(
            document(block(figure(1), forces=["kent"], without_forces=["kent"])),
            "/claims/0/without_forces",
            "No force is left",
            id="no-force-left",
        ),
        pytest.param(document(block("170 arrests")), F, "Expected a table", id="a-figure-as-text"),
        pytest.param(document(block(figure("92,0000"))), f"{F}/value", "arrests: Expected digits", id="92,0000"),
        pytest.param(
            document(block(figure("198.088", measure="cash", unit="pounds"))),
            f"{F}/value",
            r"cash: Expected 2 digits after the point.*198\.088",
            id="198.088-pounds",
        ),
        pytest.param(document(block(figure("nearly 12k"))), f"{F}/value", "nearly 12k", id="nearly-12k"),
        pytest.param(
            document(block(figure(5700.0, measure="cash", unit="pounds"))),
            f"{F}/value",
            r"the float 5700\.0",
            id="float",
        ),
        pytest.param(document(block(figure(1, rounded_to=0.5))), f"{F}/rounded_to", "the float", id="float-rounded-to"),
        pytest.param(document(block(figure(1, to=2.0))), f"{F}/to", "the float", id="float-to"),
        pytest.param(document(block(figure(None))), f"{F}/value", "the value is missing", id="no-value"),
        pytest.param(document(block(figure(1, unit=None))), f"{F}/unit", "arrests: the unit is missing", id="no-unit"),
        pytest.param(
            document(block(figure(1, unit="people"))), f"{F}/unit", "found 'people'", id="unit-of-another-measure"
        ),
        pytest.param(document(block(figure(1, unit=7))), f"{F}/unit", "Expected a text", id="unit-not-a-text"),
        pytest.param(
            document(block(figure(1, measure="Arrests"))), f"{F}/measure", "Expected a code", id="not-a-measure"
        ),
        pytest.param(document(block(figure(1, says="over"))), f"{F}/says", "more than, at least", id="unknown-word"),
        pytest.param(document(block(figure(1, qualifier="exact"))), f"{F}/qualifier", "Unknown key", id="unknown-key"),
        pytest.param(document(block(figure(0, "nearly"))), f"{F}/value", "below 0", id="nearly-zero"),
        pytest.param(document(block(figure(30, to=20))), f"{F}/to", "below", id="range-reversed"),
        pytest.param(document(block(figure(30, "more than", to=40))), f"{F}/to", "Expected no to", id="open-range"),
        pytest.param(
            document(block(figure(30, "at least", rounded_to=10))),
            f"{F}/rounded_to",
            "already a bound",
            id="rounded-bound",
        ),
        pytest.param(document(block(figure(131, rounded_to=10))), f"{F}/rounded_to", "divides", id="not-a-multiple"),
        pytest.param(document(block(figure(131, rounded_to=0))), f"{F}/rounded_to", "rounded to 0", id="to-zero"),
        pytest.param(
            document(block(figure("1", measure="drug_weight", unit="kilograms", rounded_to="0.5"))),
            f"{F}/rounded_to",
            "not finer",
            id="finer-than-printed",
        ),
        pytest.param(
            document(block(figure("several", "no number", to=3))),
            f"{F}/to",
            "no number was printed",
            id="to-without-number",
        ),
        pytest.param(
            document(block(figure(1, category="Knife!"))), f"{F}/category", "category path", id="not-a-category"
        ),
        pytest.param(
            document(block(figure(1, category="knife", without_category="knife"))),
            f"{F}/without_category",
            "No category is left",
            id="no-category-left",
        ),
        pytest.param(
            document(block(figure(1, measure="foreign_cash", unit="EUR", category="USD"))),
            f"{F}/category",
            "Expected EUR",
            id="figure-in-two-currencies",
        ),
        pytest.param(
            document(breakdowns=(breakdown({"a": 1}, by="place"),)), "/breakdown/0/by", "force, category, day", id="by"
        ),
        pytest.param(document(breakdowns=(breakdown([]),)), "/breakdown/0/lines", "missing", id="no-lines"),
        pytest.param(
            document(breakdowns=(breakdown([{"category": "knife", "value": 1}]),)),
            "/breakdown/0/lines/0/category",
            "Unknown key",
            id="line-by-another-key",
        ),
        pytest.param(
            document(breakdowns=(breakdown({"kent": 1}, forces=["surrey"]),)),
            "/breakdown/0/lines/kent/force",
            "outside",
            id="line-outside",
        ),
        pytest.param(
            document(breakdowns=(breakdown({"kent": 1}, complete="yes"),)),
            "/breakdown/0/complete",
            "true or",
            id="complete",
        ),
        pytest.param(
            document(breakdowns=(breakdown({"kent": "12k"}),)),
            "/breakdown/0/lines/kent/value",
            "12k",
            id="line-misprint",
        ),
        pytest.param(
            document(block(figure(1)), sources={"x": {"force_count": 7.0}}), "/source/x/force_count", "7.0", id="count"
        ),
        pytest.param(
            document(block(figure(1)), sources={"x": {"name": 1}}), "/source/x/name", "Unknown key", id="source"
        ),
        pytest.param(
            document(block(figure(1)), sources={"x": {"published": "24/01"}}),
            "/source/x/published",
            "Expected",
            id="day",
        ),
    ],
)
def test_an_error_is_reported_with_its_place(value: Any, place: str, words: str) -> None:
    found = errors_in(value)
    assert place in [pointer for pointer, _detail in found]
    detail = next(detail for pointer, detail in found if pointer == place)
    assert re.search(words, detail), detail


def test_all_errors_are_listed_at_once() -> None:
    figures = [figure("92,0000"), figure("12k", unit="people"), figure("x", unit=None), figure(1.0, says="over")]
    found = errors_in(document(block(*figures, source="nobody", colour="red"), format="claims/0"))
    assert [pointer for pointer, _detail in found] == [
        "/format",
        "/claims/0/colour",
        "/claims/0/source",
        "/claims/0/figures/0/value",
        "/claims/0/figures/1/unit",
        "/claims/0/figures/1/value",
        "/claims/0/figures/2/unit",
        "/claims/0/figures/2/value",
        "/claims/0/figures/3/says",
        "/claims/0/figures/3/value",
    ]


def test_claims_about_another_operation_are_refused() -> None:
    found = errors_in(document(block(figure(1)), operation="lantern"), operation="pandilla")
    assert [pointer for pointer, _detail in found] == ["/operation"]


def test_the_number_of_figures_is_limited() -> None:
    assert len(read(block(*[figure(1)] * MOST_FIGURES)).claims) == MOST_FIGURES
    assert errors_in(document(block(*[figure(1)] * (MOST_FIGURES + 1))))[0][0] == "/claims"


@pytest.mark.parametrize(
    ("body", "media"),
    [
        pytest.param(b"format = ", TOML, id="broken-toml"),
        pytest.param(b'format = "a"\nformat = "b"', TOML, id="a-key-twice"),
        pytest.param(b"\xff", TOML, id="not-utf-8"),
        pytest.param(b"x = " + b"[" * 5_000, TOML, id="nested-too-deeply"),
        pytest.param(b"a." * 50_000 + b"a = 1", TOML, id="a-key-of-many-parts"),
        pytest.param(b'source,value\n"x', CSV, id="an-open-quotation"),
        pytest.param(b"\xff", CSV, id="csv-not-utf-8"),
    ],
)
def test_an_unreadable_file_is_refused(body: bytes, media: str) -> None:
    with pytest.raises(ClaimsUnreadable):
        read_claims_body(body, media, MEASURES)


@pytest.mark.parametrize(
    "value", [10**5_000, -(10**30), 2.5, True, {}, [1]], ids=["huge", "negative", "float", "boolean", "table", "list"]
)
def test_a_value_of_any_type_is_refused_without_a_crash(value: Any) -> None:
    for key in ("format", "operation", "forces", "source", "claims", "breakdown"):
        errors_in(document(block(figure(1))) | {key: value, "more": 1})
    for key in ("measure", "value", "unit", "says", "to", "rounded_to", "category", "without_category"):
        errors_in(document(block(figure(1) | {key: value}), more=1))
    for key in ("source", "forces", "without_forces", "days", "as_of", "operation", "figures"):
        errors_in(document(block(figure(1)) | {key: value}, more=1))
