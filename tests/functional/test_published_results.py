"""Some fifty published results put through the service, as they were printed and as they may go wrong.

Each figure comes out as it was printed, what contradicts itself is found and nothing else is, what is misprinted is
refused, and the statement says nothing that is not so.
"""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.domain.statement.second_views import SECOND_VIEWS
from tests.databases import database as temporary_database
from tests.factories.doctored import LIMITS, as_csv, as_toml, changed_digits, doubled, misprints, swapped_digits
from tests.factories.releases import RELEASES, Printed, Release
from tests.functional.calls import Caller, Json, refused
from tests.functional.published import Published, publishing

STATEMENTS = Path(__file__).parent / "statements"
ROOT = re.compile(r"\(root [0-9a-f]{64}\)")
# How many mistakes an answer lists.
MOST_LISTED = 50
WORDED = ["border-2021-02", "county-lines-2024-11", "scorpion-2024-10", "trigger-2023-03"]

each_release = pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.key)


@pytest.fixture(scope="module")
def on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("published") / "oprecord.db")
    with publishing(f"sqlite:///{path}") as published:
        yield published


@pytest.fixture(scope="module")
def on_postgresql(postgres_server_url: str, postgres_template: str) -> Iterator[Published]:
    with temporary_database(postgres_server_url, template=postgres_template) as url, publishing(url) as published:
        yield published


@pytest.fixture(params=["sqlite", "postgresql"])
def published(request: pytest.FixtureRequest) -> Published:
    found: Published = request.getfixturevalue(f"on_{request.param}")
    return found


def reconciled(lead: Caller, release: Release, claims: Json, **sent: Any) -> Json:
    response = lead.post(f"/v1/operations/{release.operation}/reconciliation", **(sent or {"json": claims}))
    assert response.status_code == 200, response.json
    answer: Json = response.json
    return answer


def claims_of(release: Release, *figures: tuple[Printed, Json]) -> Json:
    """Return a claims file of these figures, each beside the claim that is made of it."""
    claims = release.claims()
    named = {part.operation: part for part in release.parts}
    blocks = [one.block | inside_of(one, named) | {"figures": [claim]} for one, claim in figures]
    return claims | {"claims": blocks}


def inside_of(one: Printed, parts: dict[str, Release]) -> Json:
    """Return what says that a figure is of an operation inside."""
    found = [part for part in parts.values() if any(one is each for each in part.figures)]
    return {"operation": part.operation, "source": part.key} if (part := next(iter(found), None)) else {}


def test_there_are_fifty_and_each_says_where_it_was_printed() -> None:
    assert len(RELEASES) >= 50
    assert all(part.told["url"].startswith("http") for one in RELEASES for part in (one, *one.parts))


@each_release
def test_each_figure_comes_out_as_it_was_printed(published: Published, release: Release) -> None:
    lead = published.lead_of(release)
    for part in (release, *release.parts):
        for one in (each for each in part.figures if each.record is not False):
            narrowed = {"category": one.category or (one.unit if one.measure == "foreign_cash" else None)}
            narrowed |= {"force": one.force}
            if one.days:
                narrowed |= {"day_from": str(one.days[0])}
            query = {name: value for name, value in narrowed.items() if value}
            found = lead.figures(
                part.operation, "quantity", "qualifier", "display", "outstanding", measure=one.measure, **query
            )
            assert found == [(one.quantity, one.qualifier, one.display, [])], one.row


@each_release
def test_what_forces_recorded_adds_up_to_the_whole(published: Published, release: Release) -> None:
    lead, added = published.lead_of(release), Counter[tuple[str, str | None]]()
    for figure in lead.totals(release.operation, by="force")["figures"]:
        added[figure["measure"], figure.get("category")] += figure["quantity"]
    whole = lead.totals(release.operation)["figures"]
    assert added == {(one["measure"], one.get("category")): one["quantity"] for one in whole}


@each_release
def test_printed_figures_agree_and_contradictions_are_found(published: Published, release: Release) -> None:
    answer = reconciled(published.lead_of(release), release, release.claims())
    wanted = [one.status or "agrees" for one in release.all_figures()]
    assert [claim["status"] for claim in answer["claims"]] == wanted
    wrong = [finding for finding in answer["findings"] if finding["kind"] != "note"]
    assert sorted(finding["rule"] for finding in wrong) == sorted(release.told.get("rules", []))
    assert answer["all_agree"] == (set(wanted) == {"agrees"} and not wrong)


@each_release
def test_the_three_forms_of_a_file_say_the_same(on_sqlite: Published, release: Release) -> None:
    lead, claims = on_sqlite.lead_of(release), release.claims()
    as_json = reconciled(lead, release, claims)
    toml = reconciled(lead, release, claims, data=as_toml(claims).encode(), content_type="application/toml")
    csv = reconciled(lead, release, claims, data=as_csv(claims).encode(), content_type="text/csv")
    assert toml == as_json
    without_places = [[one | {"place": None} for one in answer["claims"]] for answer in (csv, as_json)]
    assert without_places[0] == without_places[1]
    assert rules(csv) == rules(as_json)


def rules(answer: Json) -> list[str]:
    return sorted(finding["rule"] for finding in answer["findings"])


@each_release
def test_a_wrong_digit_is_found(on_sqlite: Published, release: Release) -> None:
    exact = [one for one in release.all_figures() if one.record is not False and one.qualifier == "exact"]
    wrong = [(one, text) for one in exact for text in (*changed_digits(one.value), *swapped_digits(one.value))]
    figures = [(one, one.claim | {"value": text}) for one, text in wrong if "rounded_to" not in one.claim]
    answer = reconciled(on_sqlite.lead_of(release), release, claims_of(release, *figures))
    passed = [claim["printed"] for claim in answer["claims"] if claim["status"] != "differs"]
    assert (passed, len(answer["claims"])) == ([], len(figures))


@each_release
def test_a_doubled_threshold_is_found(on_sqlite: Published, release: Release) -> None:
    figures = [one for one in release.all_figures() if one.says in LIMITS]
    for one in figures:
        twice = one.claim | {"value": doubled(one.value)}
        answer = reconciled(on_sqlite.lead_of(release), release, claims_of(release, (one, one.claim), (one, twice)))
        assert rules(answer) == ["thresholds_apart"], twice


@each_release
def test_a_misprint_is_refused_with_its_place(on_sqlite: Published, release: Release) -> None:
    lead = on_sqlite.lead_of(release)
    made = [(one, claim) for one in release.all_figures() for claim in misprints(one)]
    made += [(release.figures[0], claim) for claim in release.told.get("misprints", [])]
    for start in range(0, len(made), MOST_LISTED):
        sent = made[start : start + MOST_LISTED]
        response = lead.post(f"/v1/operations/{release.operation}/reconciliation", json=claims_of(release, *sent))
        problem = refused(response, 422, "wrong_claims")
        named = {error["pointer"].rpartition("/")[0] for error in problem["errors"]}
        passed = [claim for number, (_one, claim) in enumerate(sent) if f"/claims/{number}/figures/0" not in named]
        assert passed == []


@each_release
def test_an_inconsistent_breakdown_is_found(on_sqlite: Published, release: Release) -> None:
    """What forces recorded agrees as a complete breakdown; with a line too few, or a wrong one, it does not."""
    lead = on_sqlite.lead_of(release)
    measure, unit, total = lead.figures(release.operation, "measure", "unit", "quantity")[0]
    query = {"measure": measure, "by": "force"}
    lines = dict(lead.figures(release.operation, "force", "quantity", **query))
    if len(lines) < 2 or lead.figures(release.operation, "qualifier", "display", measure=measure)[0][0] != "exact":
        return

    def broken(broken_lines: dict[str, int]) -> list[str]:
        whole = {"source": "release", "figures": [{"measure": measure, "unit": unit, "value": total}]}
        by_force = {"source": "release", "by": "force", "complete": True, "measure": measure, "unit": unit}
        claims = {"claims": [whole], "breakdown": [by_force | {"lines": broken_lines}]}
        return rules(reconciled(lead, release, release.claims() | claims))

    assert broken(lines) == []
    for force, quantity in lines.items():
        assert "parts_above_whole" in broken(lines | {force: quantity + 1})
        if quantity:
            assert "breakdown_below_whole" in broken({one: each for one, each in lines.items() if one != force})
            assert "breakdown_below_whole" in broken(lines | {force: quantity - 1})


@each_release
def test_a_missing_force_is_found(on_sqlite: Published, release: Release) -> None:
    lead, claims = on_sqlite.lead_of(release), release.claims()
    forces = [one["force"] for one in release.participants if one["reports"] != "nothing" and "kind" not in one]

    def differs(*forces: str) -> bool:
        sources = {key: {} for key in claims["source"]} | {"release": {"forces": list(forces)}}
        return "forces_differ" in rules(reconciled(lead, release, claims | {"source": sources}))

    if len(forces) > 1 and not release.parts:
        assert not differs(*forces)
        assert all(differs(*(one for one in forces if one != force)) for force in forces)


@each_release
def test_the_statement_says_what_was_printed_and_no_more(on_sqlite: Published, release: Release) -> None:
    lead = on_sqlite.lead_of(release)
    said = lead.get(f"/v1/operations/{release.operation}/statement", headers={"Accept": "application/json"}).json
    shown = {(one["measure"], one.get("category")): one for one in lead.totals(release.operation)["figures"]}
    for line in said["figures"]:
        figure = shown.pop((line["measure"], line["category"]), {"display": "0", "quantity": 0})
        assert figure["display"] in line["text"]
    left = {measure for measure, _category in shown} - {"officers_deployed"}
    assert left <= SECOND_VIEWS.keys()
    headline = said["headline_figure"]
    (figure,) = [one for one in said["figures"] if one["measure"] == headline["measure"]]
    assert headline["quantity"] <= figure["quantity"]
    assert headline["quantity"] < figure["quantity"] or headline["qualifier"] == figure["qualifier"]
    assert (said["status"], said["outstanding"]) == ("final", [])
    check_breakdown(said)
    assert [part["operation"] for part in said["parts"]] == [part.operation for part in release.parts]
    assert "no other force" not in said["who"] or release.told.get("by")


def check_breakdown(said: Json) -> None:
    """Check that nobody has a zero who may have made what was reported for no single force."""
    if said["breakdown"] is None:
        return
    rows = said["breakdown"]["forces"]
    if "no-single-force" in [row["force"] for row in rows]:
        assert all(row["quantity"] for row in rows), "no zero was tallied"
    if all(row["qualifier"] == "exact" for row in rows):
        (headline,) = [one for one in said["figures"] if one["measure"] == said["breakdown"]["measure"]]
        assert sum(row["quantity"] for row in rows) == headline["quantity"]


@pytest.mark.parametrize("name", WORDED)
def test_some_statements_whole(published: Published, name: str) -> None:
    (release,) = [one for one in RELEASES if one.key == name]
    address = f"/v1/operations/{release.operation}/statement"
    said = published.lead_of(release).get(address, headers={"Accept": "text/plain"}).get_data(as_text=True)
    assert ROOT.sub("(root)", said) == (STATEMENTS / f"{name}.txt").read_text()
