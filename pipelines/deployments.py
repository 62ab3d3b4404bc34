"""What the commands say about what serves."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from components.contracts.release import Change, Deployment
from components.contracts.smoke import SmokeReport
from components.serving.rollout import Status
from components.stores.folders import read_golden


def ask_line(deployment: Deployment) -> str:
    """A command that asks for a prediction of the model's first golden row, and works as it stands.

    Raises:
        ModelError: The model's folder has no golden rows.
        StoreError: The model's folder cannot be read.
    """
    row = read_golden(deployment.release.address).rows[0]
    url = f"{deployment.endpoint}/v1/models/{deployment.release.use_case}:predict"
    body = json.dumps({"instances": [row]}, ensure_ascii=False)
    return f"curl -s -H 'Content-Type: application/json' -d {shlex.quote(body)} {url}"


def smoke_line(found: SmokeReport) -> Text:
    """How a candidate behaved in the predictor."""
    if found.problem is not None:
        return Text(f"in the predictor: {found.problem}", "yellow")
    refused = sum(request.refused for request in found.bad_requests)
    return Text(
        f"in the predictor: {found.golden_rows} golden rows differ by {found.difference:.2g} at most; "
        f"{refused} of {len(found.bad_requests)} bad requests refused; "
        f"a single row takes {found.latency_ms:.1f} ms (99 %: {found.latency_p99_ms:.1f} ms)"
    )


def status_line(use_case: str, found: Status) -> Text:
    """Whether a use case is served, where, and since when."""
    if found.deployment is None:
        return Text(f"{use_case}: {found.problem}", "dim")
    release, where = found.deployment.release, found.deployment.endpoint
    if not found.problem:
        since = f"{found.deployment.since:%Y-%m-%d %H:%M} UTC"
        return Text(f"{use_case}: version {release.version} serves at {where} since {since}", "green")
    advice = f"; `evergreen serve up {use_case}` serves the champion"
    return Text(
        f"{use_case}: version {release.version} does not serve at {where}: {found.problem}{advice}",
        "red" if found.is_broken else "dim",
    )


def deployments_table(changes: Sequence[Change]) -> Table:
    """What came to serve, and in place of what; latest first."""
    table = Table(
        "since", "", "version", "in place of", "trained by", "endpoint", title="served", title_justify="left"
    )
    for change in changes:
        release = change.deployment.release
        table.add_row(
            f"{change.time:%Y-%m-%d %H:%M:%S}",
            Text(change.kind, "yellow" if change.kind == "rollback" else "green"),
            release.version,
            change.replaced,
            release.run,
            change.deployment.endpoint,
        )
    return table
