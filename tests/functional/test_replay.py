"""An operation of January 2023, replayed from its forces' messages: the published figures are reproduced."""

import tomllib

from tests.factories.logs import SEED
from tests.functional.apps import Pandilla

OPERATION = "pandilla-2023-01"
EVENING_OF_18_JANUARY = "2023-01-18T18:00:00Z"
FORCES = ["metropolitan", "btp", "surrey", "hertfordshire", "thames-valley", "sussex", "west-midlands"]
BY_FORCE = [100, 10, 21, 7, 18, 7, 16]
DAYS = ["2023-01-17", "2023-01-18", "2023-01-19"]


def test_every_published_figure_is_reproduced(replayed_pandilla: Pandilla):
    """The figures of the release as totals, without the rules for comparing them."""
    claims = tomllib.loads((SEED / "claims.toml").read_text())
    # The release rounds its own 179 down in its headline.
    overall = [figure for figure in claims["claims"][0]["figures"] if figure.get("note") != "headline"]
    for figure in overall:
        (found,) = replayed_pandilla.lead.totals(OPERATION, measure=figure["measure"])["figures"]
        pounds = figure["unit"] == "pounds"
        quantity = int(figure["value"].replace(",", "")) * (100 if pounds else 1)
        wanted = ("pence" if pounds else figure["unit"], quantity, figure.get("says", "exact").replace(" ", "_"))
        assert (found["unit"], found["quantity"], found["qualifier"]) == wanted
    assert len(overall) == 6
    lines = [(line["force"], int(line["value"])) for line in claims["breakdown"][0]["lines"]]
    assert lines == replayed_pandilla.lead.figures(OPERATION, "force", "quantity", measure="arrests", by="force")


def test_figures_are_shown_as_people_write_them(replayed_pandilla: Pandilla):
    measures = "arrests,weapons,drug_seizures,vehicles,cash,officers_deployed"
    shown = replayed_pandilla.lead.figures(OPERATION, "measure", "display", measure=measures)
    assert shown == [
        ("arrests", "179"),
        ("weapons", "30"),
        ("drug_seizures", "40"),
        ("vehicles", "66"),
        ("cash", "£5,700"),
        ("officers_deployed", "more than 1,200"),
    ]


def test_the_same_question_about_a_past_evening_gets_the_figures_of_that_evening(replayed_pandilla: Pandilla):
    answer = replayed_pandilla.lead.totals(OPERATION, measure="arrests", as_of=EVENING_OF_18_JANUARY)
    assert [figure["quantity"] for figure in answer["figures"]] == [92]
    seq = answer["as_of"]["seq"]
    assert answer["as_of"]["recorded_at"] <= EVENING_OF_18_JANUARY
    assert answer["log_size"] > seq
    by_seq = replayed_pandilla.lead.totals(OPERATION, measure="arrests", as_of_seq=seq)
    assert (by_seq["figures"][0]["quantity"], by_seq["as_of"]) == (92, answer["as_of"])
    # What was due by then: the third day had not begun.
    assert {one["day_before"] for one in answer["completeness"]["outstanding"]} == {"2023-01-19"}


def test_the_figures_were_published_as_final_when_every_return_was_in(replayed_pandilla: Pandilla):
    lead, base = replayed_pandilla.lead, f"/v1/operations/{OPERATION}"
    publication = lead.get(f"{base}/publications/1").json
    assert (publication["label"], publication["published_at"]) == ("final", "2023-01-24T08:00:00Z")
    arrests = [
        one["quantity"] for one in publication["figures"] if (one["measure"], one["category"]) == ("arrests", None)
    ]
    assert arrests == [179, *BY_FORCE]
    seq = publication["as_of"]["seq"]
    declared = lead.get(f"{base}/returns", query_string={"as_of_seq": seq}).json["returns"]
    assert {(one["force"], one["day"]) for one in declared} == {(force, day) for force in FORCES for day in DAYS}
    assert {one["status"] for one in declared} == {"complete", "nil"}
    assert lead.totals(OPERATION, as_of_seq=seq)["as_of"]["root"] == publication["as_of"]["root"]
    assert lead.get(f"{base}/publications/1/difference").json["changes"] == []


def test_the_past_has_the_root_that_receipts_gave_then(replayed_pandilla: Pandilla):
    events = replayed_pandilla.lead.get(f"/v1/operations/{OPERATION}/events?after=99&limit=2").json["events"]
    again = {name: value for name, value in events[1].items() if name not in ("operation", "seq", "recorded_by")}
    receipt = replayed_pandilla.client_for(again["force"]).send(OPERATION, again)
    assert (receipt.status_code, receipt.json["seq"]) == (200, 101)
    assert replayed_pandilla.lead.totals(OPERATION, as_of_seq=101)["as_of"]["root"] == receipt.json["root"]


def test_totals_are_by_force_day_and_category(replayed_pandilla: Pandilla):
    def by(dimensions: str, *keys: str) -> list:
        return replayed_pandilla.lead.figures(OPERATION, *keys, "quantity", measure="arrests", by=dimensions)

    assert by("force", "force") == list(zip(FORCES, BY_FORCE, strict=True))
    assert [day for day, _quantity in by("day", "day")] == DAYS
    assert sum(quantity for _day, quantity in by("day", "day")) == 179
    assert sum(quantity for _reason, quantity in by("category", "category")) == 179
    everything = by("force,day,category", "force", "day", "category")
    assert sum(row[-1] for row in everything) == 179
    assert [force for force in FORCES if any(row[0] == force for row in everything)] == FORCES
    # In publishing order: forces as the operation lists them, days in sequence.
    assert [row[:2] for row in everything] == sorted((row[:2] for row in everything), key=lambda row: _order(*row))


def _order(force: str, day: str) -> tuple[int, str]:
    return FORCES.index(force), day


def test_totals_are_of_some_forces_or_of_all_but_some(replayed_pandilla: Pandilla):
    def arrests(**query: str) -> list[int]:
        return replayed_pandilla.lead.figures(OPERATION, measure="arrests", **query)

    assert arrests(force="surrey,sussex") == [28]
    assert arrests(without_force="metropolitan") == [79]
    assert arrests(force="surrey,sussex", without_force="sussex") == [21]
    assert arrests(force="surrey,sussex", by="force") == [21, 7]


def test_totals_are_of_some_days(replayed_pandilla: Pandilla):
    def arrests(**query: str) -> int:
        return sum(replayed_pandilla.lead.figures(OPERATION, measure="arrests", **query))

    days = [arrests(day_from=DAYS[0], day_before=DAYS[1]), arrests(day_from=DAYS[1], day_before=DAYS[2])]
    days.append(arrests(day_from=DAYS[2]))
    assert all(days)
    assert sum(days) == 179
    assert arrests(day_before=DAYS[2]) == days[0] + days[1]
    assert arrests(day_before=DAYS[0]) == 0


def test_totals_are_of_some_categories_or_of_all_but_some(replayed_pandilla: Pandilla):
    by_reason = dict(
        replayed_pandilla.lead.figures(OPERATION, "category", "quantity", measure="arrests", by="category")
    )

    def arrests(**query: str) -> list[int]:
        return replayed_pandilla.lead.figures(OPERATION, measure="arrests", **query)

    assert arrests(category="knife,drugs") == [by_reason["knife"] + by_reason["drugs"]]
    assert arrests(without_category="wanted") == [179 - by_reason["wanted"]]
    assert arrests(category="knife,drugs", by="category") == [by_reason["knife"], by_reason["drugs"]]
