"""The content of a statement and what it leaves out. A missing figure is not zero, and nothing unknown is stated."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from service.domain.statement.thresholds import StatedNumber
from tests.factories.operations import FORCES, operation_state
from tests.factories.setup import ForceJoinedFactory, OperationClosedFactory
from tests.factories.statements import StatedFigure, declared, owed, statement


def measures(made):
    return [line.measure.measure for line in made.lines]


def rows(made):
    return [
        (line.participant.force, line.stated.qualifier, line.stated.quantity, line.stated.so_far)
        for line in made.breakdown.lines
    ]


def by_force(**quantities):
    return [StatedFigure("arrests", quantity, force=force) for force, quantity in quantities.items()]


def test_the_order_is_arrests_weapons_drugs_vehicles_cash_and_then_the_catalogue():
    names = ["vehicles_stopped", "phones", "ammunition", "cash", "vehicles", "drug_seizures", "weapons", "arrests"]
    made = statement(*(StatedFigure(name, 3) for name in names))
    first = ["arrests", "weapons", "drug_seizures", "vehicles", "cash"]
    assert measures(made) == [*first, "ammunition", "phones", "vehicles_stopped"]


def test_the_headline_is_a_threshold_and_the_figure_is_exact():
    made = statement(StatedFigure("arrests", 179))
    assert made.headline.stated == StatedNumber("more_than", 170, "arrests")
    assert made.lines[0].stated == StatedNumber("exact", 179, "arrests")
    assert not made.is_provisional


def test_without_arrests_another_figure_makes_the_headline():
    made = statement(StatedFigure("vehicles", 66), StatedFigure("arrests", 0))
    assert made.headline.measure.measure == "vehicles"
    assert measures(made) == ["arrests", "vehicles"]


def test_zero_arrests_are_stated_only_when_every_return_is_in():
    assert statement().headline.stated == StatedNumber("exact", 0, "arrests")
    assert statement(outstanding=owed("surrey")).headline is None
    before = datetime(2023, 1, 15, tzinfo=UTC)
    assert statement(moment=before).headline is None
    operation = operation_state()
    only_the_desk = {"lantern-desk": operation.participants["lantern-desk"]}
    assert (
        statement(operation=replace(operation, participants=only_the_desk, lead_force="lantern-desk")).headline is None
    )


def test_officers_deployed_are_the_method_and_not_a_figure():
    made = statement(StatedFigure("officers_deployed", 1_200, "more_than"), StatedFigure("arrests", 1))
    assert made.officers.stated == StatedNumber("more_than", 1_200, "officers")
    assert measures(made) == ["arrests"]
    assert statement(StatedFigure("officers_deployed", 0)).officers is None


def test_a_second_view_is_stated_only_if_the_first_is_missing():
    views = [
        StatedFigure("drug_seizures_by_class", 3, category="a"),
        StatedFigure("weapons_by_acquisition", 5),
    ]
    made = statement(*views, StatedFigure("weapons", 5))
    assert measures(made) == ["arrests", "weapons", "drug_seizures_by_class"]
    assert [view.measure for view in made.left_out_views] == ["weapons_by_acquisition"]
    assert "weapons_by_acquisition" in measures(statement(*views))


def test_a_second_view_that_exceeds_the_first_is_stated():
    def views(made):
        return [one.measure for one in made.left_out_views], [one.measure for one in made.overlapping_views]

    first, second = StatedFigure("weapons", 5), StatedFigure("weapons_by_acquisition", 5)
    assert views(statement(first, second)) == (["weapons_by_acquisition"], [])
    assert views(statement(first, replace(second, quantity=6))) == ([], ["weapons_by_acquisition"])
    of_surrey = StatedFigure("weapons_by_acquisition", 1, force="surrey")
    made = statement(first, second, of_surrey)
    assert views(made) == ([], ["weapons_by_acquisition"]), "Surrey has it in the second view alone"
    assert measures(made) == ["arrests", "weapons", "weapons_by_acquisition"]
    assert views(statement(first, second, of_surrey, replace(first, force="surrey")))[1] == []


def test_a_figure_of_one_category_is_never_the_headline():
    made = statement(StatedFigure("other_property", 4, category="dog"), outstanding=owed("surrey"))
    assert made.headline is None
    assert measures(made) == ["other_property"]


def test_a_figure_that_is_not_additive_is_a_lower_bound_if_more_was_recorded_beneath_its_path():
    made = statement(
        StatedFigure("other_property", 3, category="watch"), StatedFigure("other_property", 2, category="watch/gold")
    )
    assert [line.stated.qualifier for line in made.lines[1:]] == ["at_least", "exact"]


def test_only_figures_with_an_outstanding_return_become_lower_bounds():
    made = statement(StatedFigure("arrests", 179), StatedFigure("cash", 100, outstanding=owed("surrey")))
    assert [line.stated.qualifier for line in made.lines] == ["exact", "at_least"]
    assert made.headline.stated.quantity == 170
    assert made.is_provisional
    assert [(one.participant.force, one.of_all_figures) for one in made.owing] == [("surrey", False)]


def test_a_breakdown_is_in_the_coordinators_order():
    made = statement(StatedFigure("arrests", 30), *by_force(essex=7, surrey=21, metropolitan=2))
    exact = [("metropolitan", 2), ("surrey", 21), ("kent", 0), ("essex", 7)]
    assert rows(made) == [(force, "exact", quantity, False) for force, quantity in exact]
    assert made.breakdown.left_out == ()


def test_a_force_without_a_return_has_no_line_and_no_zero():
    total = StatedFigure("arrests", 30, outstanding=owed("surrey", "kent"))
    made = statement(total, *by_force(metropolitan=9, surrey=21), declarations=declared("metropolitan", "essex"))
    assert rows(made) == [("metropolitan", "exact", 9, False), ("essex", "exact", 0, False)]
    assert [one.force for one in made.breakdown.left_out] == ["surrey", "kent"]
    assert [one.force for one in made.breakdown.in_total] == ["surrey"]
    assert [one.participant.force for one in made.owing] == ["surrey", "kent"]


def residual():
    return operation_state(ForceJoinedFactory(joining="rest", name="Not by force", kind="residual", reports="tallies"))


def test_a_force_that_may_have_made_residual_results_has_no_zero():
    figures = StatedFigure("arrests", 30), *by_force(surrey=21, rest=9)
    declarations = declared(*("metropolitan", "surrey", "essex"), status="complete") | declared("kent", status="nil")
    made = statement(*figures, operation=residual(), declarations=declarations)
    assert rows(made) == [("surrey", "exact", 21, False), ("kent", "exact", 0, False), ("rest", "exact", 9, False)]
    assert [one.force for one in made.breakdown.unattributed] == ["metropolitan", "essex"]
    assert [one.force for one in made.residuals] == ["rest"]
    tallied = statement(*figures, *by_force(essex=0), operation=residual(), declarations=declarations)
    assert ("essex", "exact", 0, False) in rows(tallied)


def test_a_residual_force_alone_makes_no_breakdown():
    made = statement(StatedFigure("arrests", 9), *by_force(rest=9), operation=residual())
    assert made.breakdown is None
    none_of_it = statement(StatedFigure("arrests", 9), *by_force(surrey=9, rest=0), operation=residual())
    assert rows(none_of_it)[-1] == ("rest", "exact", 0, False)
    assert ("kent", "exact", 0, False) in rows(none_of_it)


def test_a_return_that_does_not_cover_the_measure_does_not_count():
    total = StatedFigure("arrests", 30, outstanding=owed("surrey"))
    spoken = declared("metropolitan", "kent", "essex") | declared("surrey", measures=["drug_weight"])
    assert "surrey" not in [row[0] for row in rows(statement(total, *by_force(surrey=21), declarations=spoken))]


def test_a_partial_return_gives_a_lower_bound():
    total = StatedFigure("arrests", 30, outstanding=owed("surrey"))
    made = statement(total, *by_force(surrey=21))
    assert ("surrey", "at_least", 21, False) in rows(made)


def test_a_nil_for_one_day_is_not_a_zero_while_other_days_have_no_return():
    total = StatedFigure("arrests", 9, outstanding=owed("kent"))
    made = statement(total, *by_force(metropolitan=9), declarations=declared("metropolitan", "kent", status="nil"))
    assert "kent" not in [row[0] for row in rows(made)]
    assert [one.force for one in made.breakdown.left_out] == ["kent"]


@pytest.mark.parametrize(("quantity", "row"), [(0, ("exact", 0, True)), (7, ("at_least", 7, False))])
def test_a_tally_is_itself_a_return(quantity, row):
    total = StatedFigure("arrests", 9 + quantity, outstanding=owed("essex"))
    made = statement(total, *by_force(metropolitan=9, essex=quantity), declarations=declared("metropolitan"))
    assert ("essex", *row) in rows(made)


def test_without_any_return_there_is_no_breakdown():
    total = StatedFigure("arrests", 9, outstanding=owed("metropolitan", "surrey", "kent", "essex"))
    assert statement(total, *by_force(metropolitan=9), declarations={}).breakdown is None


def test_one_force_alone_is_the_total():
    operation = operation_state()
    alone = {"metropolitan": operation.participants["metropolitan"]}
    made = statement(StatedFigure("arrests", 9), operation=replace(operation, participants=alone))
    assert made.breakdown is None


def test_a_residual_force_is_not_listed_and_never_has_a_zero():
    residual = ForceJoinedFactory(joining="rest", name="Not by force", kind="residual", reports="tallies")
    operation = operation_state(residual)
    made = statement(StatedFigure("arrests", 9), *by_force(metropolitan=9), operation=operation)
    assert "rest" not in [one.force for one in made.forces]
    assert "rest" not in [row[0] for row in rows(made)]
    made = statement(StatedFigure("arrests", 9), *by_force(metropolitan=4, rest=5), operation=operation)
    assert ("rest", "exact", 5, False) in rows(made)


def test_the_forces_are_those_that_took_part():
    assert [one.force for one in statement().forces] == [one.force for one in FORCES]
    operation = replace(operation_state(), lead_force="lantern-desk")
    assert "lantern-desk" not in [one.force for one in statement(operation=operation).forces]


def test_a_statement_is_provisional_until_the_operation_is_over():
    during = datetime(2023, 1, 18, tzinfo=UTC)
    assert statement(StatedFigure("arrests", 9), moment=during).is_provisional
    closed = operation_state(OperationClosedFactory())
    assert not statement(StatedFigure("arrests", 9), moment=during, operation=closed).is_provisional
