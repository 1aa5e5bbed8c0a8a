"""The command `oprecord statement`, as those who run the service use it."""

import json

import pytest
from click.testing import CliRunner

from service.cli.main import cli
from service.domain.deciding.draft import Submission
from service.storage.db import Database
from service.usecases.querying.as_of import AsOfBeyondLog
from service.usecases.querying.publications import NoSuchPublication
from service.usecases.querying.statement import PublicationWithAsOf
from service.usecases.recording.publish import publish_figures
from service.wire.schemas import WrongFields
from tests.factories.credentials import CredentialFactory
from tests.factories.logs import recorded_live, recorded_seed
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import LEAD, FiguresPublishedFactory


def said(database_url: str, *arguments: str) -> str:
    # Invoked through the group: called directly, the command would keep another help option, which the reference shows.
    line = ["--database-url", database_url, "statement", *arguments]
    done = CliRunner().invoke(cli, line, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_statement_in_each_format(database: Database, database_url: str):
    operation = recorded_seed(database).name
    assert said(database_url, operation).startswith("# More than 170 arrests\n\nOperation Pandilla was led by")
    assert said(database_url, operation, "--format", "text").startswith("More than 170 arrests\n")
    assert said(database_url, operation, "--format", "html").startswith('<article lang="en-GB">\n')
    assert "OFFICIAL" in said(database_url, operation)
    assert "OFFICIAL" not in said(database_url, operation, "--audience", "public")
    found = json.loads(said(database_url, operation, "--format", "json", "--as-of-seq", "8"))
    assert found["headline"] == "No results have been recorded yet"
    with pytest.raises(AsOfBeyondLog):
        said(database_url, operation, "--as-of-seq", "1000000")


def test_the_statement_of_a_publication(database: Database, database_url: str):
    operation, _receipts = recorded_live(database)
    event, lead = FiguresPublishedFactory(label="final"), CredentialFactory(force=LEAD)
    publish_figures(database, operation=operation.name, sender=lead, submission=Submission(event))
    before = said(database_url, operation.name, "--publication", "1")
    assert "\nPublication 1, of " in before
    operation.record(ArrestRecordedFactory(count=100))
    assert said(database_url, operation.name, "--publication", "1") == before
    with pytest.raises(PublicationWithAsOf):
        said(database_url, operation.name, "--publication", "1", "--as-of-seq", "8")
    with pytest.raises(NoSuchPublication):
        said(database_url, operation.name, "--publication", "2")
    with pytest.raises(WrongFields):
        said(database_url, operation.name, "--publication", "the last")
