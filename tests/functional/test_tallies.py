"""Tallies, measures registered by an operation, and qualifiers: what a figure may claim."""

from tests.factories.bodies import activity, arrest, correction, declared, new_id, seizure, withdrawal
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, refused


def test_a_force_that_reports_tallies_sends_every_measure_as_one(live: str, lead: Caller, client_for: ClientFor):
    essex = client_for("essex")
    essex.record(
        live,
        activity("arrests", 14, force="essex", category="knife"),
        activity("arrests", 3, force="essex"),
        activity("drug_weight", 250_000, force="essex", category="b/cannabis"),
        activity("drug_seizures", 0, force="essex"),
        activity("drug_seizures_by_class", 2, force="essex", category="a"),
    )
    figures = lead.figures(live, "measure", "category", "display", by="category")
    assert figures == [
        ("arrests", "unstated", "3"),
        ("arrests", "knife", "14"),
        ("drug_seizures", None, "0"),
        ("drug_seizures_by_class", "a", "2"),
        ("drug_weight", "b", "250 g"),
        ("drug_weight", "b/cannabis", "250 g"),
    ]
    refused(essex.send(live, arrest(force="essex")), 422, "force_reports_tallies", "/type")
    refused(essex.send(live, seizure(force="essex")), 422, "force_reports_tallies", "/type")
    foreign = activity("foreign_cash", 5, force="essex")
    refused(essex.send(live, foreign), 422, "unknown_code", "/data/category")
    for currency in ("GBP", "QQQ"):
        wrong = activity("foreign_cash", 5, force="essex", category=currency)
        refused(essex.send(live, wrong), 422, "unknown_code", "/data/category")
    essex.record(live, activity("foreign_cash", 5, force="essex", category="EUR"), declared(force="essex"))


def test_a_force_that_reports_events_has_its_core_measures_counted_for_it(live: str, surrey: Caller):
    for measure in ("arrests", "weapons", "drug_weight", "cash"):
        refused(surrey.send(live, activity(measure, 1)), 422, "force_reports_events", "/data/measure")
    surrey.record(live, activity("stop_and_searches", 40), activity("people_safeguarded", 2, category="child"))
    refused(surrey.send(live, activity("stop_and_search", 1)), 422, "unknown_code", "/data/measure")
    refused(surrey.send(live, activity("stop_and_searches", 1, category="x")), 422, "unknown_code", "/data/category")
    wrong = activity("people_safeguarded", 1, category="dog")
    refused(surrey.send(live, wrong), 422, "unknown_code", "/data/category")


def test_tallies_and_counted_events_add_up(live: str, surrey: Caller, lead: Caller, client_for: ClientFor):
    surrey.record(live, arrest(count=2), arrest("drugs"))
    client_for("essex").record(live, activity("arrests", 10, force="essex", qualifier="at_least"))
    assert lead.figures(live, "quantity", "qualifier", measure="arrests") == [(13, "at_least")]
    assert lead.figures(live, "force", "display", by="force") == [("surrey", "3"), ("essex", "at least 10")]


def test_qualifiers_of_standing_versions_are_combined(live: str, surrey: Caller):
    def figure() -> tuple[int, str, str]:
        return surrey.figures(live, "quantity", "qualifier", "display", measure="vehicles_stopped")[0]

    about = activity(quantity=5, qualifier="about")
    surrey.record(live, activity(quantity=100), activity(quantity=50, qualifier="at_least"))
    assert figure() == (150, "at_least", "at least 150")
    surrey.record(live, activity(quantity=50, qualifier="more_than"))
    assert figure() == (200, "more_than", "more than 200")
    surrey.record(live, about)
    assert figure() == (205, "about", "about 205")
    surrey.record(live, correction(about, data={"measure": "vehicles_stopped", "quantity": 5}))
    assert figure() == (205, "more_than", "more than 205")
    under = activity(quantity=1, qualifier="under")
    surrey.record(live, under)
    assert figure()[1] == "about"
    surrey.record(live, withdrawal(under))
    assert figure() == (205, "more_than", "more than 205")


def test_each_qualifier_has_its_own_wording(live: str, surrey: Caller):
    said = {
        "exact": "7",
        "more_than": "more than 7",
        "at_least": "at least 7",
        "under": "nearly 7",
        "at_most": "up to 7",
        "about": "about 7",
    }
    for qualifier, display in said.items():
        event = activity(quantity=7, qualifier=qualifier)
        surrey.record(live, event)
        assert surrey.figures(live, "qualifier", "display") == [(qualifier, display)]
        surrey.record(live, withdrawal(event))


def test_units_are_written_for_people(live: str, surrey: Caller):
    lines = [
        {"kind": "drug", "drug": "a/cocaine", "weight_milligrams": 1_250_000, "value_pence": 1_000_050},
        {"kind": "cash", "currency": "GBP", "amount_minor": 1_234_500, "qualifier": "about"},
        {"kind": "ammunition", "rounds": 1_200},
        {"kind": "phone"},
    ]
    surrey.record(live, seizure(*lines))
    measures = "drug_weight,drug_value,cash,ammunition,phones"
    shown = surrey.figures(live, "display", "unit", measure=measures)
    assert shown == [
        ("1,200", "rounds"),
        ("1.25 kg", "milligrams"),
        ("£10,000.50", "pence"),
        ("about £12,345", "pence"),
        ("1", "phones"),
    ]


def test_an_operation_counts_a_measure_of_its_own(live: str, surrey: Caller, lead: Caller):
    refused(surrey.send(live, activity("dogs_seized", 2)), 422, "unknown_code", "/data/measure")
    new = {"measure": "dogs_seized", "label": "dogs seized", "unit": "dogs", "categories": ["banned", "stray"]}
    assert lead.change(live, "measures", id=new_id(), **new).status_code == 201
    surrey.record(live, activity("dogs_seized", 2, category="banned"), activity("dogs_seized", 1))
    assert surrey.figures(live, "unit", "quantity", measure="dogs_seized") == [("dogs", 3)]
    by_category = surrey.figures(live, "category", "quantity", measure="dogs_seized", by="category")
    assert by_category == [("unstated", 1), ("banned", 2)]
    (shown,) = [one for one in lead.get(f"/v1/operations/{live}").json["measures"] if one["measure"] == "dogs_seized"]
    assert (shown["core"], shown["additive"], shown["categories"]) == (False, True, ["unstated", "banned", "stray"])


def test_an_operation_breaks_a_known_measure_down_further(live: str, surrey: Caller, lead: Caller):
    path = "violence/emergency_worker"
    refused(surrey.send(live, arrest(path)), 422, "unknown_code", "/data/reason")
    assert lead.change(live, "measures", id=new_id(), measure="arrests", categories=[path]).status_code == 201
    surrey.record(live, arrest(path), arrest("violence", count=2))
    by_reason = surrey.figures(live, "category", "quantity", measure="arrests", by="category")
    assert by_reason == [("violence", 3), (path, 1)]
    other = lead.change(live, "measures", id=new_id(), measure="arrests", categories=["wizardry/worst"])
    refused(other, 422, "unknown_code", "/categories/0")


def test_a_measure_that_does_not_add_up_is_shown_by_its_categories(live: str, surrey: Caller, lead: Caller):
    new = {"measure": "patrols", "label": "patrols", "unit": "patrols", "additive": False, "open": True}
    assert lead.change(live, "measures", id=new_id(), **new).status_code == 201
    surrey.record(live, activity("patrols", 2, category="river"), activity("patrols", 3, category="market"))
    assert surrey.figures(live, "category", "quantity") == [("market", 3), ("river", 2)]


def test_a_substance_and_a_property_need_not_be_in_the_catalogue(live: str, surrey: Caller):
    lines = [{"kind": "drug", "drug": "b/cannabis/resin", "plants": 3}, {"kind": "other", "property": "cigarettes"}]
    surrey.record(live, seizure(*lines))
    refused(surrey.send(live, seizure({"kind": "drug", "drug": "d/nutmeg"})), 422, "unknown_code", "/data/lines/0/drug")
    assert surrey.figures(live, "category", "quantity", measure="other_property") == [("cigarettes", 1)]
