"""`oprecord publish`: preview the statement and what speaks against it, then publish; or make a publication public."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from service.cli.calling.service import Json, RemoteService, calls_service, service_of
from service.cli.output import as_json, print_json, remark
from service.cli.remote.words import moment_text
from service.plurals import counted


@click.command()
@click.argument("operation")
@click.option("--label", type=click.Choice(("provisional", "final")), help="Publish the figures under this label.")
@click.option("--embargo", metavar="INSTANT", help="Let only coordinators read it until then: 2024-03-08T09:30:00Z.")
@click.option("--make-public", type=int, metavar="N", help="Let anyone read publication N. It cannot be undone.")
@click.option("--yes", is_flag=True, help="Do not ask before publishing.")
@calls_service
@as_json
def publish(operation: str, *, url: str | None, secret: str | None, as_json: bool, **asked: Any) -> None:
    """Publish the figures of an OPERATION, after a preview and a question. Without a label, only the preview is shown.

    Example: oprecord publish spring-2024 --label provisional
    """
    service, address = service_of(url, secret), f"operations/{operation}/publications"
    if asked["make_public"] is not None:
        number = asked["make_public"]
        _confirm(f"Let anyone read publication {number} of {operation}? It cannot be undone.", yes=asked["yes"])
        answer = service.post(f"{address}/{number}/public", {})["publication"]
        since = moment_text(answer["public_since"])
        done = f"Publication {number} is public from {since}: {service.client.url}/v1/public/{operation}/{number}"
    else:
        preview = service.get(f"operations/{operation}/statement")
        _preview(service, operation, preview)
        if asked["label"] is None:
            remark("Nothing was published. Give --label provisional or --label final.")
            return
        _confirm(f"Publish these {asked['label']} figures? You cannot change a publication.", yes=asked["yes"])
        body = {"label": asked["label"], "embargo_until": asked["embargo"]}
        # So that nothing slips in between the preview and the publication. A whole is published as of now.
        body |= {} if preview["parts"] else {"as_of_seq": preview["as_of"]["seq"]}
        answer = service.post(address, body)["publication"]
        done = (
            f"Published {answer['label']} figures as publication {answer['number']}, at event {answer['as_of']['seq']}."
        )
    print_json(answer) if as_json else remark(done)


def _preview(service: RemoteService, operation: str, preview: Json) -> None:
    remark(f"{preview['headline']} ({operation} at event {preview['as_of']['seq']})")
    for figure in preview["figures"]:
        remark(f"  {figure['text']}")
    owed = Counter[str]()
    for one in preview["outstanding"]:
        owed[one["name"]] += one["days"]
    for name, days in owed.items():
        remark(f"Warning: {name} owes {counted(days, 'return')}.")
    if more := preview.get("outstanding_not_listed"):
        are = "is" if more == 1 else "are"
        remark(f"Warning: {counted(more, 'further return')} {are} not in. See: oprecord returns {operation}")
    pairs = sum(1 for _ in service.pages(f"operations/{operation}/possible-duplicates", "pairs", limit=500))
    if pairs:
        remark(f"Warning: {counted(pairs, 'possible duplicate')} not decided. See: oprecord duplicates {operation}")


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(question, abort=True, err=True)
