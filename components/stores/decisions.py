"""Decisions in the metadata store: one table in its database, in which an event is decided once.

Deciding reads the history and adds to it. Both happen in one transaction that excludes every other of the same
database, so that events that come twice, at once or out of order still start one run per window. What is decided is
kept before it is started (an outbox): a starter that is down loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from components.contracts.decisions import Decision, Event, Outcome, Record, State
from components.contracts.errors import StoreError
from components.settings import Settings

Rule = Callable[[Event, Sequence[Record]], Decision]

LEASE = timedelta(minutes=5)
"""How long one process has to start a run before another may try."""

_METADATA = sa.MetaData()
_TABLE = sa.Table(
    "evergreen_decisions",
    _METADATA,
    sa.Column("event", sa.String(300), primary_key=True),
    sa.Column("use_case", sa.String(64), nullable=False, index=True),
    sa.Column("ends", sa.String(40), nullable=False),
    # The second guard beside the transaction: no two decisions to train share a window.
    sa.Column("training", sa.String(200), unique=True),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("run", sa.String(100), nullable=False, default=""),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("error", sa.Text, nullable=False, default=""),
    sa.Column("leased", sa.String(40), nullable=False, default=""),
    sa.Column("outcome", sa.Text),
)


class Decisions:
    """What was decided, why, and what followed."""

    def __init__(self, settings: Settings) -> None:
        self._uri = _address(settings)
        try:
            self._engine = _engine(self._uri)
            with self._transaction() as connection:
                _METADATA.create_all(connection)
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise StoreError(
                f"the database of decisions {sa.make_url(self._uri)!r} cannot be used: {error}"
            ) from error

    def settle(self, event: Event, rule: Rule, run: str = "") -> Record:
        """Decide an event, or give the decision it got when it was delivered before.

        Args:
            event: What knocked.
            rule: Decides by the event and the use case's earlier decisions; `components.triggering.policy` is one.
            run: The run that whoever asks starts at once, if it is decided; nothing waits then.
        """
        with self._transaction() as connection:
            known = self._one(connection, event.id)
            if known is not None:
                return known
            decision = rule(event, self._history(connection, event.use_case))
            started = run if decision.trains else ""
            state: State = "started" if started else "waiting" if decision.trains else "held"
            connection.execute(
                sa.insert(_TABLE).values(
                    event=event.id,
                    use_case=event.use_case,
                    ends=event.end.isoformat(),
                    training=event.window if decision.trains else None,
                    decision=decision.model_dump_json(),
                    state=state,
                    run=started,
                )
            )
            return Record(decision=decision, state=state, run=started)

    def history(self, use_case: str) -> tuple[Record, ...]:
        """All decisions of a use case, latest window first."""
        with self._transaction() as connection:
            return self._history(connection, use_case)

    def lease(self, use_case: str, now: datetime) -> Record | None:
        """A decision that waits to be started and that nobody else is starting; the earliest first.

        Args:
            use_case: Whose.
            now: The present. A process that leased a decision and died loses it after `LEASE`.
        """
        with self._transaction() as connection:
            free = (
                sa.select(_TABLE)
                .where(
                    _TABLE.c.use_case == use_case,
                    _TABLE.c.state == "waiting",
                    _TABLE.c.leased < now.isoformat(),
                )
                .order_by(_TABLE.c.ends)
            )
            row = connection.execute(free).first()
            if row is None:
                return None
            self._update(
                connection, row.event, leased=(now + LEASE).isoformat(), attempts=row.attempts + 1, error=""
            )
            return _record(row)

    def started(self, event: Event, run: str) -> None:
        """Keep that the run of a decision was started."""
        with self._transaction() as connection:
            self._update(connection, event.id, state="started", run=run, leased="", error="")

    def failed(self, event: Event, error: str) -> None:
        """Keep why a run could not be started; it waits on, and may be tried at once."""
        with self._transaction() as connection:
            self._update(connection, event.id, error=error, leased="")

    def conclude(self, event: Event, outcome: Outcome) -> None:
        """Keep whether the training of a decision helped."""
        with self._transaction() as connection:
            self._update(connection, event.id, outcome=outcome.model_dump_json())

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        """Alone: SQLite's write lock from the beginning, elsewhere a lock on the table."""
        with self._engine.connect() as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.begin()
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('evergreen_decisions'))")
            yield connection
            connection.commit()

    def _one(self, connection: sa.Connection, event: str) -> Record | None:
        row = connection.execute(sa.select(_TABLE).where(_TABLE.c.event == event)).first()
        return None if row is None else _record(row)

    def _history(self, connection: sa.Connection, use_case: str) -> tuple[Record, ...]:
        asked = sa.select(_TABLE).where(_TABLE.c.use_case == use_case).order_by(_TABLE.c.ends.desc())
        return tuple(_record(row) for row in connection.execute(asked))

    def _update(self, connection: sa.Connection, event: str, **values: object) -> None:
        connection.execute(sa.update(_TABLE).where(_TABLE.c.event == event).values(**values))


def _record(row: sa.Row) -> Record:  # type: ignore[type-arg]
    return Record(
        decision=Decision.model_validate_json(row.decision),
        state=row.state,
        run=row.run,
        attempts=row.attempts,
        error=row.error,
        outcome=None if row.outcome is None else Outcome.model_validate_json(row.outcome),
    )


def offered(settings: Settings) -> Decisions | None:
    """Where decisions are kept, if there is a database for them: an MLflow server's own is not ours to know."""
    return None if _is_server(settings) else Decisions(settings)


def _is_server(settings: Settings) -> bool:
    return (settings.decisions or settings.mlflow_uri()).startswith("http")


def _address(settings: Settings) -> str:
    uri = settings.decisions or settings.mlflow_uri()
    if _is_server(settings):
        raise StoreError(
            "the metadata store is a server, and decisions need its database; set EVERGREEN_DECISIONS to the address of one, "
            "as in postgresql://USER:PASSWORD@HOST/NAME or sqlite:////PATH/decisions.db"
        )
    return uri


def _engine(uri: str) -> sa.Engine:
    if not uri.startswith("sqlite:///"):
        return sa.create_engine(uri)
    Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    # Autocommit, because a transaction of ours begins with BEGIN IMMEDIATE and not with the driver's BEGIN.
    return sa.create_engine(uri, isolation_level="AUTOCOMMIT", connect_args={"timeout": 300})
