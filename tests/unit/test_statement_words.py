"""The words of a statement: they match the number, stage and unit, and every format escapes them."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.statement.as_json import statement_json
from service.domain.model.events import Event, FiguresPublished, RecordedBy, RecordedEvent, Window
from service.domain.model.reference_data import measure_catalogue
from service.domain.model.vocabulary import QUALIFIERS
from service.exports.statement.formats import HTML, MARKDOWN, PLAIN, laid_out
from service.exports.statement.words import worded
from service.usecases.querying.publications import Publication
from tests.factories.operations import NAME, operation_state
from tests.factories.setup import LEAD, ForceJoinedFactory, MeasureRegisteredFactory, OperationClosedFactory
from tests.factories.statements import StatedFigure, declared, owed, statement_answer

NIGHTS = (
    Window(starts_at=datetime(2023, 1, 20, 20, tzinfo=UTC), ends_at=datetime(2023, 1, 21, 4, tzinfo=UTC)),
    Window(starts_at=datetime(2023, 1, 31, 20, tzinfo=UTC), ends_at=datetime(2023, 2, 1, 4, tzinfo=UTC)),
)
MANY = tuple(
    Window(starts_at=datetime(2023, 1, day, tzinfo=UTC), ends_at=datetime(2023, 1, day + 1, tzinfo=UTC))
    for day in range(1, 15, 2)
)
LEFT_OUT = "Left out, since they are what is listed seen in another way and not to be added to it"
LATER = datetime(2024, 1, 1, tzinfo=UTC)


def words(*figures, **given):
    return worded(statement_answer(*figures, **given))


def bullet(measure, quantity, *, operation=None, **fields):
    (line,) = [
        text
        for text in words(StatedFigure(measure, quantity, **fields), operation=operation).bullets
        if measure == "arrests" or not text.endswith("arrests")
    ]
    return line


@pytest.mark.parametrize(
    ("measure", "quantity", "text"),
    [
        ("arrests", 1, "1 arrest"),
        ("arrests", 0, "0 arrests"),
        ("arrests", 1_234, "1,234 arrests"),
        ("weapons", 30, "30 knives and weapons recovered"),
        ("weapons", 1, "1 knife or weapon recovered"),
        ("drug_seizures", 40, "40 drug seizures"),
        ("drug_weight", 2_451_300, "2.4513 kg of drugs weighed"),
        ("drug_value", 1_200_000, "drugs with an estimated street value of £12,000"),
        ("vehicles", 66, "66 vehicle seizures"),
        ("cash", 570_000, "£5,700 cash seized"),
        ("cash", 570_005, "£5,700.05 cash seized"),
        ("people_safeguarded", 1, "1 person safeguarded"),
    ],
)
def test_a_figure_has_its_unit_and_agrees_in_number(measure, quantity, text):
    assert bullet(measure, quantity) == text


@pytest.mark.parametrize(
    ("measure", "category", "quantity", "text"),
    [
        ("foreign_cash", "EUR", 125_000, "1,250.00 EUR foreign cash seized"),
        ("foreign_cash", "JPY", 125_000, "125,000 JPY foreign cash seized"),
        ("foreign_cash", "KWD", 125_000, "125.000 KWD foreign cash seized"),
        ("other_property", "tobacco_packs", 2, "2 items of other property seized (tobacco packs)"),
        ("drug_seizures_by_substance", "a/crack_cocaine", 3, "3 drug seizures (class A: crack cocaine)"),
        ("drug_seizures_by_class", "unstated", 3, "3 drug seizures (class not stated)"),
    ],
)
def test_a_figure_that_is_not_additive_names_its_category(measure, category, quantity, text):
    assert bullet(measure, quantity, category=category) == text


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (2_451_300, "2.5 kg of drugs weighed"),
        (1_083_500, "1.1 kg of drugs weighed"),
        (40_700_000, "40.7 kg of drugs weighed"),
        (3_749, "3.7 g of drugs weighed"),
        (40, "40 mg of drugs weighed"),
    ],
)
def test_the_public_reads_weights_to_one_decimal_place(quantity, text):
    answer = statement_answer(StatedFigure("drug_weight", quantity))
    public, whole = worded(answer, public=True), worded(answer)
    note = "Weights are given to one decimal place."
    is_rounded = public.bullets != whole.bullets
    assert text in public.bullets
    assert (note in public.notes, note in whole.notes) == (is_rounded, False)
    assert is_rounded == (quantity not in (40_700_000, 40))


def test_the_public_reads_the_rest_of_a_weight_to_one_decimal_place():
    whole, part, rest = (
        StatedFigure("drug_weight", quantity, force=force)
        for quantity, force in ((2_451_300, None), (1_000_000, "surrey"), (1_451_300, None))
    )
    answer = statement_answer(whole, part, not_attributed=(rest,))
    tables = [worded(answer, public=public).table for public in (True, False)]
    assert [table and table.rows[-1] for table in tables] == [
        ("Not attributed to a force", "1.5 kg"),
        ("Not attributed to a force", "1.4513 kg"),
    ]


@pytest.mark.parametrize(
    ("label", "unit", "text"),
    [
        ("dogs deployed", "dogs", "dogs deployed: 1"),
        ("patrol time", "hours", "patrol time (hours): 1"),
        ("fines", "pence", "fines: £0.01"),
    ],
)
def test_a_registered_measure_is_given_by_its_label_and_unit(label, unit, text):
    operation = operation_state(MeasureRegisteredFactory(measure="own", label=label, unit=unit))
    assert bullet("own", 1, operation=operation) == text


@pytest.mark.parametrize("measure", measure_catalogue())
def test_every_measure_of_the_catalogue_has_its_words(measure):
    known = measure_catalogue()[measure]
    category = None if known.additive else known.categories[0] if known.categories else "EUR"
    made = words(StatedFigure(measure, 1, category=category), outstanding=owed("surrey"))
    (text,) = [text for text in (*made.bullets, made.method) if text]
    assert not text.startswith(f"{known.label}:")
    assert "1" in text


@pytest.mark.parametrize(
    ("qualifier", "when_in", "when_outstanding"),
    [
        ("exact", "230 arrests", "at least 230 arrests"),
        ("more_than", "more than 230 arrests", "more than 230 arrests"),
        ("at_least", "at least 230 arrests", "at least 230 arrests"),
        ("under", "nearly 230 arrests", "nearly 230 arrests so far"),
        ("at_most", "up to 230 arrests", "up to 230 arrests so far"),
        ("about", "about 230 arrests", "about 230 arrests so far"),
    ],
)
def test_a_figure_carries_the_weakest_qualifier(qualifier, when_in, when_outstanding):
    assert bullet("arrests", 230, qualifier=qualifier) == when_in
    assert bullet("arrests", 230, qualifier=qualifier, outstanding=owed("surrey")) == when_outstanding


@pytest.mark.parametrize(
    ("quantity", "qualifier", "headline"),
    [
        (179, "exact", "More than 170 arrests"),
        (230, "exact", "More than 200 arrests"),
        (39, "exact", "39 arrests"),
        (1, "exact", "1 arrest"),
        (0, "exact", "No arrests"),
        (230, "more_than", "More than 230 arrests"),
        (1_234, "about", "About 1,234 arrests"),
        (200, "under", "Nearly 200 arrests"),
        (200, "at_most", "Up to 200 arrests"),
    ],
)
def test_the_headline(quantity, qualifier, headline):
    assert words(StatedFigure("arrests", quantity, qualifier)).headline == headline


@given(quantity=st.integers(0, 3_000) | st.integers(0, 10**7), more=st.none() | st.integers(0, 100))
def test_no_headline_states_more_than_is_known(quantity, more):
    """`more` is what outstanding returns will add; None: every return is in."""
    outstanding = () if more is None else owed("surrey")
    headline = words(StatedFigure("arrests", quantity, outstanding=outstanding)).headline
    stated, whole = int((re.sub(r"\D", "", headline)) or 0), quantity + (more or 0)
    if headline.startswith("More than"):
        assert stated < quantity <= whole
    elif headline.startswith("At least"):
        assert stated == quantity <= whole
    else:
        assert stated == quantity
        assert more is None or headline == "No arrests so far"


def test_the_headline_while_more_may_come():
    def headline(quantity, qualifier="exact", **given):
        return words(StatedFigure("arrests", quantity, qualifier), **given).headline

    under_way = {"moment": NIGHTS[0].starts_at}
    assert headline(0, **under_way) == "No arrests so far"
    assert headline(39, **under_way) == "39 arrests so far"
    assert headline(45, **under_way) == "More than 40 arrests"
    assert headline(45, "about", **under_way) == "About 45 arrests so far"
    assert headline(39, parts=[operation_state(ends_at=None)]) == "39 arrests so far"
    officers = words(StatedFigure("officers_deployed", 12), **under_way)
    assert officers.method == "12 officers were deployed so far."


def test_the_headline_while_a_return_is_outstanding():
    assert words(StatedFigure("arrests", 12, outstanding=owed("surrey"))).headline == "At least 12 arrests"
    assert words(StatedFigure("arrests", 0, outstanding=owed("surrey"))).headline == "No arrests so far"
    assert words(outstanding=owed("surrey")).headline == "No results have been recorded yet"
    dogs = StatedFigure("other_property", 4, category="dog", outstanding=owed("surrey"))
    assert words(dogs).headline == "Results of Lantern"


@pytest.mark.parametrize(
    ("opening", "moment", "when", "date_line"),
    [
        ({}, LATER, "It took place from 16 to 22 January 2023.", "From 16 to 22 January 2023:"),
        ({}, NIGHTS[0].starts_at, "It is under way: from 16 to 22 January 2023.", "Since 16 January 2023, so far:"),
        (
            {"starts_at": datetime(2022, 12, 30, tzinfo=UTC), "ends_at": datetime(2023, 1, 3, tzinfo=UTC)},
            LATER,
            "It took place from 30 December 2022 to 2 January 2023.",
            "From 30 December 2022 to 2 January 2023:",
        ),
        (
            {"days": NIGHTS[:1]},
            LATER,
            "It took place on the night of 20 to 21 January 2023.",
            "On the night of 20 to 21 January 2023:",
        ),
        (
            {"days": NIGHTS},
            LATER,
            "It took place on the nights of 20 to 21 January and 31 January to 1 February 2023.",
            "On the nights of 20 to 21 January and 31 January to 1 February 2023:",
        ),
        (
            {"days": MANY},
            LATER,
            "It took place on 7 days between 1 January 2023 and 13 January 2023.",
            "On 7 days between 1 January 2023 and 13 January 2023:",
        ),
        (
            {"starts_at": datetime(2023, 1, 17, tzinfo=UTC), "ends_at": datetime(2023, 1, 18, tzinfo=UTC)},
            LATER,
            "It took place on 17 January 2023.",
            "On 17 January 2023:",
        ),
        (
            {"ends_at": None},
            LATER,
            "It has been under way since 16 January 2023.",
            "Since 16 January 2023, so far:",
        ),
    ],
)
def test_when_it_took_place(opening, moment, when, date_line):
    made = words(StatedFigure("arrests", 3), operation=operation_state(**opening), moment=moment)
    assert (made.when, made.date_line) == (when, date_line)


def test_when_it_is_planned_or_was_closed_early():
    before = datetime(2023, 1, 1, tzinfo=UTC)
    made = words(moment=before)
    assert made.when == "It is to take place from 16 to 22 January 2023."
    assert made.provisional == "Provisional: the operation has not begun."
    closed = operation_state(OperationClosedFactory())
    made = words(operation=closed, moment=NIGHTS[0].starts_at)
    assert made.when == "It was to take place from 16 to 22 January 2023 and has been closed."
    assert made.provisional == ""


def test_who_led_and_who_took_part():
    assert words().who == (
        "Lantern was led by Metropolitan Police Service. Four police forces and one other body took part: "
        "Metropolitan Police Service, Surrey Police, Kent Police, Essex Police and Lantern coordination desk."
    )


@pytest.mark.parametrize(
    ("forces", "lead", "who"),
    [
        (["surrey"], "surrey", "Lantern was led by Surrey Police; no other force took part."),
        (["surrey"], "lantern-desk", "Lantern was led by the desk. One police force took part: Surrey Police."),
        ([], "lantern-desk", "Lantern was led by the desk."),
    ],
)
def test_who_took_part_if_there_are_few(forces, lead, who):
    operation = operation_state()
    desk = replace(operation.participants["lantern-desk"], name="the desk")
    named = {force: operation.participants[force] for force in forces}
    if lead == desk.force:
        named[lead] = desk
    assert words(operation=replace(operation, participants=named, lead_force=lead)).who == who


def test_officers_deployed():
    def method(quantity, qualifier="exact", *, officers_by_day=False, **fields):
        officers = StatedFigure("officers_deployed", quantity, qualifier, **fields)
        return words(officers, officers_by_day=officers_by_day).method

    assert method(1_200, "more_than") == "More than 1,200 officers were deployed."
    assert method(1) == "1 officer was deployed."
    assert method(900, officers_by_day=True) == "More than 850 officers were deployed, counted anew on each day."
    assert method(1_234, "about", outstanding=owed("surrey")) == "About 1,234 officers were deployed so far."


def test_outstanding_returns_are_named_with_their_days():
    total = StatedFigure("arrests", 9, outstanding=owed("surrey", "kent"))
    mine = StatedFigure("arrests", 4, force="surrey")
    made = words(total, mine, StatedFigure("cash", 1), declarations=declared("metropolitan", "essex"))
    assert made.table is not None
    assert made.table.rows == (("Metropolitan Police Service", "0"), ("Essex Police", "0"))
    assert made.table.remark == (
        "Not shown apart, since returns are outstanding: Surrey Police and Kent Police. What Surrey Police recorded "
        "so far is in the total."
    )
    some = "(17 January 2023; some figures only)"
    assert made.owing == f"Returns are outstanding from Surrey Police {some} and Kent Police {some}."
    assert made.provisional == "Provisional: figures may change when the outstanding returns are in."


@pytest.mark.parametrize(
    ("label", "embargo_until", "text"),
    [
        ("final", None, "Publication 2, of 24 July 2023 at 10:00: final figures."),
        (
            "provisional",
            datetime(2023, 7, 24, 23, 1, tzinfo=UTC),
            "Publication 2, of 24 July 2023 at 10:00, under embargo until 25 July 2023 at 00:01: provisional figures.",
        ),
    ],
)
def test_a_publication_is_named_with_its_london_time_embargo_and_label(label, embargo_until, text):
    published = FiguresPublished(label=label, number=2, embargo_until=embargo_until)
    moment = datetime(2023, 7, 24, 9, tzinfo=UTC)
    event = Event(id=uuid4(), force=LEAD, data=published)
    signed = RecordedBy(force=LEAD, role="coordinator")
    recorded = RecordedEvent(event=event, operation=NAME, seq=13, recorded_at=moment, recorded_by=signed)
    publication = Publication(operation=operation_state(), recorded=recorded)
    made = worded(replace(statement_answer(StatedFigure("arrests", 9), label=label), publication=publication))
    assert made.publication == text
    assert made.provisional == ("Provisional: figures may change." if label == "provisional" else "")
    assert words(StatedFigure("arrests", 9)).publication == ""


def test_the_notes():
    residual = ForceJoinedFactory(joining="rest", name="Not by force", kind="residual", reports="tallies")
    operation = replace(operation_state(residual), imported=True)
    made = words(
        StatedFigure("arrests", 9, "about", outstanding=owed("surrey")),
        StatedFigure("other_property", 4, category="dog"),
        StatedFigure("drug_seizures", 4),
        StatedFigure("drug_seizures_by_class", 4, category="a"),
        StatedFigure("arrests", 3, "about", force="rest"),
        operation=operation,
    )
    assert made.notes == (
        'Where returns are outstanding, a figure is a lower bound ("at least", "more than") or is said "so far".',
        "Given only as a bound or an estimate, all of it or a part: arrests.",
        f"{LEFT_OUT}: drug seizures by class.",
        "Shown by category and never added up: other property seized.",
        "What was reported for no single force stands under: Not by force.",
        "The record was imported: when each entry was recorded is as its source says.",
    )
    assert made.footer == (
        "Marking: OFFICIAL-SENSITIVE",
        f"From the record of lantern as of entry 12, recorded on 24 January 2023 at 00:00 (root {'5e' * 32}).",
    )


def test_with_a_residual_force_others_may_have_taken_part():
    rest = ForceJoinedFactory(joining="rest", name="Not by force", kind="residual", reports="tallies")
    operation = operation_state(rest)
    figures = StatedFigure("arrests", 9), StatedFigure("arrests", 2, force="surrey")
    residual = StatedFigure("arrests", 7, force="rest")
    assert " Four police forces and one other body took part: " in words(*figures, operation=operation).who
    made = words(*figures, residual, operation=operation)
    assert " At least four police forces and one other body took part: " in made.who
    assert made.table.rows == (("Surrey Police", "2"), ("Not by force", "7"))
    assert made.table.remark == (
        "Nothing is shown for Metropolitan Police Service, Kent Police and Essex Police: part of what was reported for "
        "no single force may be theirs."
    )
    alone = {force: operation.participants[force] for force in ("metropolitan", "rest")}
    operation = replace(operation, participants=alone)
    assert words(*figures[:1], residual, operation=operation).who == "Lantern was led by Metropolitan Police Service."
    who = words(*figures[:1], operation=operation).who
    assert who == "Lantern was led by Metropolitan Police Service; no other force took part."


def test_how_weapons_were_recovered_is_named_only_beside_the_weapons_themselves():
    recovered = StatedFigure("weapons_by_acquisition", 9), StatedFigure("weapons_by_acquisition", 9, force="surrey")
    made = words(*recovered, StatedFigure("arrests", 0))
    assert (made.table.title, made.table.column) == (
        "Knives and weapons recovered, by force",
        "Knives and weapons recovered",
    )
    assert made.bullets == ("0 arrests", "9 knives and weapons recovered")
    made = words(StatedFigure("weapons", 2), *recovered, StatedFigure("drug_seizures", 3), *views_of_drug_seizures(4))
    assert made.bullets[1:] == (
        "2 knives and weapons recovered",
        "3 drug seizures",
        "9 knives and weapons recovered (counted by how they were recovered)",
        "4 drug seizures (class A)",
    )
    assert made.notes[0] == (
        "Not to be added to what else is listed, since the same may be counted in both: knives and weapons by how they "
        "were recovered and drug seizures by class."
    )


def views_of_drug_seizures(quantity):
    return [StatedFigure("drug_seizures_by_class", quantity, category="a")]


def test_operations_inside_are_named_with_their_days():
    def part(**opening):
        return replace(operation_state(**opening), name="Dragnet")

    def made(*parts, **given):
        return words(StatedFigure("arrests", 9), parts=parts, **given)

    inside = made(part(starts_at=datetime(2023, 1, 18, tzinfo=UTC)))
    assert inside.date_line == "From 16 to 22 January 2023:"
    assert "The results of Dragnet (from 18 to 22 January 2023) are in these." in inside.notes
    assert inside.provisional == ""
    until_february = part(ends_at=datetime(2023, 2, 2, tzinfo=UTC))
    assert made(until_february, moment=LATER).date_line == "In this operation and those inside it:"
    under_way = made(until_february, moment=datetime(2023, 2, 1, tzinfo=UTC))
    assert under_way.date_line == "In this operation and those inside it, so far:"
    assert under_way.provisional == "Provisional: Dragnet is not over."
    assert made(part(ends_at=None)).date_line == "In this operation and those inside it, so far:"


@pytest.mark.parametrize(("place", "caveat"), [("parts", ""), ("other_parts", ", and not all are shown by force")])
def test_the_public_version_says_that_there_are_parts_and_names_none(place, caveat):
    part = replace(operation_state(ends_at=datetime(2023, 2, 2, tzinfo=UTC)), name="Dragnet")
    moment = datetime(2023, 2, 1, tzinfo=UTC)
    made = worded(statement_answer(StatedFigure("arrests", 9), moment=moment, **{place: (part,)}), public=True)
    assert f"Other operations are part of this one. Their results are in these figures{caveat}." in made.notes
    assert made.provisional == "Provisional: not all operations inside it are over."
    assert "Dragnet" not in str(made)


# Names cannot contain most of these characters; the escaping must not depend on that.
NASTY = '1. <b>A|B</b> & _C_ *D* [e](f) "g" `h`'


def test_html_escapes_names_and_labels():
    html = laid_out(nasty(), HTML)
    assert "<b>" not in html
    assert html.count("1. &lt;b&gt;A|B&lt;/b&gt; &amp; _C_ *D* [e](f) &#34;g&#34; `h`") == 4


def test_markdown_escapes_names_and_labels():
    markdown = laid_out(nasty(), MARKDOWN)
    escaped = r"1\. \<b>A|B\</b> & \_C\_ \*D\* \[e](f) \"g\" \`h\`".replace(r"\"", '"')
    assert f"\n{escaped} was led by" in markdown
    assert f"\n- {escaped} (things): 3\n" in markdown
    in_cell = escaped.replace(r"1\.", "1.").replace("|", r"\|")
    assert f"| {in_cell} | 0 |" in markdown


def test_plain_text_is_not_escaped():
    assert f"\n{NASTY} was led by" in laid_out(nasty(), PLAIN)


def nasty():
    operation = operation_state(MeasureRegisteredFactory(measure="own", label=NASTY, unit="things"))
    participants = operation.participants | {"surrey": replace(operation.participants["surrey"], name=NASTY)}
    operation = replace(operation, name=NASTY, participants=participants)
    return statement_answer(StatedFigure("arrests", 9), StatedFigure("own", 3), operation=operation)


@pytest.mark.parametrize("qualifier", QUALIFIERS)
def test_the_json_has_the_numbers_of_its_words(qualifier):
    answer = statement_answer(StatedFigure("arrests", 1_234, qualifier))
    found = statement_json(answer)
    headline = found["headline_figure"]
    assert f"{headline['quantity']:,}" in found["headline"]
    assert found["figures"][0]["quantity"] == 1_234
    assert found["figures"][0]["qualifier"] == qualifier
