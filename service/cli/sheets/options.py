"""The options of the commands that call a service as one force: its address, the operation and the credential."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.core import ParameterSource

from service.cli.calling.given_credentials import cleaned
from service.cli.calling.service import CREDENTIAL, Command

url_option = click.option(
    "--url", required=True, metavar="URL", help="Address of the service, such as http://127.0.0.1:8000."
)


def operation_option(about: str) -> Callable[[Command], Command]:
    """Return the option --operation, with what it is for."""
    return click.option("--operation", required=True, help=about)


def _credential(context: click.Context, parameter: click.Parameter, given: str | None) -> str:
    """Return the credential that was given, cleaned.

    Raises:
        click.UsageError: there is none.
        CredentialUnusable: it was not copied correctly.
    """
    from_environment = context.get_parameter_source(str(parameter.name)) is ParameterSource.ENVIRONMENT
    found = cleaned(given or "", CREDENTIAL if from_environment else "--as")
    if not found:
        raise click.UsageError(
            f"There is no credential: set {CREDENTIAL} to your force's, or give it with --as.", context
        )
    return found


credential_option = click.option(
    "--as",
    "secret",
    envvar=CREDENTIAL,
    metavar="CREDENTIAL",
    callback=_credential,
    help=f"The force's credential. Prefer {CREDENTIAL}, which other users of the machine cannot see.",
)
