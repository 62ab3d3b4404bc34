"""What somebody asks for, by hand or by a clock, brought to the one door: recorded with who asked and why."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path

from components.contracts.decisions import Event, Evidence, Record
from components.contracts.errors import UseCaseError
from components.contracts.reports import Cause
from components.contracts.spec import period
from components.settings import Settings
from components.stores.decisions import Decisions
from components.triggering.policy import decide
from pipelines import library, local, start, watch

LONGEST = 80
"""Characters of a request's name: it is part of a key in the database."""


def ask(
    entry: library.Entry,
    cause: Cause,
    as_of: datetime,
    settings: Settings,
    reason: str = "",
    request: str = "",
    run: str = "",
) -> Record:
    """Bring a cause to the door by hand or by a clock; what it says of itself is all the evidence there is.

    Args:
        entry: The use case.
        cause: What knocks.
        as_of: The end of the window that it is about.
        settings: Where things are kept.
        reason: Why, in the words of whoever asks.
        request: What tells it from other requests of the window; without, there is one run of a window.
        run: The run that the caller starts at once, if it is decided.

    Raises:
        UseCaseError: The name of the request is too long.
    """
    if len(request) > LONGEST:
        raise UseCaseError(f"the name of a request has at most {LONGEST} characters, not {len(request)}")
    who = f"{_user()} asked for it" if cause == "manual" else "it was asked for from outside"
    event = Event(
        use_case=entry.case.name,
        cause=cause,
        start=as_of - period(entry.case.monitoring.window),
        end=as_of,
        evidence=Evidence(signal=True, found=(f"{who}: {reason}" if reason else who,)),
        request=request,
    )
    spec = entry.case.triggering
    return Decisions(settings).settle(event, lambda one, history: decide(one, history, spec), run)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "a person"


def ask_and_run(
    entry: library.Entry,
    cause: Cause,
    as_of: datetime,
    settings: Settings,
    build: Path,
    listen: local.Listener,
    reason: str = "",
    request: str = "",
) -> Record:
    """Bring a cause to the door, and wait for the end of the run that it leads to.

    What a person asks for is run here, with the settings that were asked for, and waits for nobody: a run that is
    stopped by hand must not begin again by itself. Other causes start what waits, as monitoring does.

    Returns:
        The decision; its run is the one that it led to, now or when it was asked for before.
    """
    if cause != "manual":
        asked = ask(entry, cause, as_of, settings, reason, request)
        watch.start_waiting(entry, settings, build, listen)
        records = Decisions(settings).history(entry.case.name)
        return next(one for one in records if one.decision.event.id == asked.decision.event.id)
    run = start.new_name()
    asked = ask(entry, cause, as_of, settings, reason, request or run, run)
    known = {one.run: one.status for one in start.history_of(entry.case.name, settings)}
    if known.get(asked.run, "interrupted") == "interrupted":
        start.train(entry, as_of, cause, settings, build, listen, asked.run)
    return asked
