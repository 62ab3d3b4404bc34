"""What Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from prometheus_client import Counter, Gauge, Histogram, Summary

from components.contracts.schema import Column
from components.serving.form import Rows
from components.serving.lookup import Outcome
from components.serving.outputs import Answers
from components.stores.tally import Tally

if TYPE_CHECKING:
    from components.serving.served import Served

BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_seconds = Histogram(
    "evergreen_request_seconds",
    "From the last byte of a request to its answer.",
    ["protocol"],
    buckets=BUCKETS,
)
_requests = Counter("evergreen_requests", "Requests by how they were answered.", ["protocol", "status"])
_under_way = Gauge("evergreen_requests_under_way", "Requests that wait for their answer.")
_rows = Counter("evergreen_rows", "Rows that were predicted.")
_predictions = Counter("evergreen_predictions", "Predictions by class.", ["version", "label"])
_value = Summary("evergreen_predicted_value", "Predicted numbers, for regression.", ["version"])
_non_finite = Counter("evergreen_non_finite", "Rows for which the model gave no finite number.")
_missing = Counter("evergreen_missing_values", "Values that were missing, by column.", ["column"])
_strange = Counter("evergreen_strange_values", "Values outside the schema's range or domain.", ["column"])
_lookups = Counter(
    "evergreen_lookups",
    "Rows by feature view and how its features came: given, found, missing or stale.",
    ["view", "outcome"],
)
_lookup_seconds = Histogram(
    "evergreen_lookup_seconds", "Time to look a request's features up.", buckets=BUCKETS
)
_not_looked_up = Counter(
    "evergreen_lookup_failures", "Requests refused because the online feature store could not be read."
)
_unlogged = Counter("evergreen_log_refusals", "Predictions withheld since the log could not keep them.")
_unanswered = Counter(
    "evergreen_unanswered_predictions",
    "Predictions that the log took too long to keep: kept, perhaps, and not answered.",
)
_model = Gauge("evergreen_model_info", "The model that serves.", ["version", "digest", "run", "engine"])
_since = Gauge("evergreen_model_loaded_timestamp_seconds", "When the model that serves was loaded.")
_until = Gauge("evergreen_model_trained_until_timestamp_seconds", "Last event time it was trained on.")
_log = {
    name: Gauge(f"evergreen_log_{name}", told)
    for name, told in {
        "appended_rows": "Predictions kept on this machine since the start.",
        "shipped_rows": "Predictions brought to the log's place since the start.",
        "pending_rows": "Predictions on this machine only.",
        "pending_bytes": "Bytes on this machine only, what earlier processes left included.",
        "dropped_rows": "Predictions not kept because the disk was full.",
        "sampled_out_rows": "Predictions that the sample leaves out.",
        "damaged_bytes": "Bytes cut off or altered on this machine.",
        "retries": "How often the log's place could not be written.",
    }.items()
}
_shipped = Gauge(
    "evergreen_log_last_shipped_timestamp_seconds", "When predictions last came to the log's place."
)
_age = Gauge("evergreen_model_age_seconds", "Time since the last event that the model was trained on.")


def served(model: Served) -> None:
    """A model begins to serve."""
    release, until = model.release, model.manifest.trained_until
    _model.clear()
    _model.labels(release.version, release.digest, release.run, model.engine.name).set(1)
    _since.set(model.since.timestamp())
    _until.set(float("nan") if until is None else until.timestamp())
    _age.set_function(lambda: float("nan") if until is None else (datetime.now(UTC) - until).total_seconds())


def logged(tally: Tally) -> None:
    """The prediction log begins to count."""
    for name, gauge in _log.items():
        gauge.set_function(partial(_amount, tally, name))
    _shipped.set_function(lambda: tally.last_shipped.timestamp() if tally.last_shipped else float("nan"))


def _amount(tally: Tally, name: str) -> float:
    return float(getattr(tally, name))


def watched(under_way: Callable[[], float]) -> None:
    """A server begins to answer requests."""
    _under_way.set_function(under_way)


def observe(protocol: str, status: int, seconds: float) -> None:
    """A request was answered."""
    counter, histogram = _of(protocol, status)
    counter.inc()
    histogram.observe(seconds)


@cache
def _of(protocol: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(protocol, str(status)), _seconds.labels(protocol)


class Counts:
    """The counters of one model, looked up once: labels cost more than counting."""

    def __init__(self, model: Served) -> None:
        version = model.release.version
        self._value = _value.labels(version)
        self._classes = {
            value: _predictions.labels(version, name)
            for value, name in zip(model.manifest.classes, model.classes, strict=True)
        }
        self._checks: list[tuple[str, Callable[[Any], bool], Counter]] = [
            (column.name, _outside(column), _strange.labels(column.name))
            for column in model.form.inputs
            if column.domain is not None or column.min is not None or column.max is not None
        ]
        self._missing = [
            (column.name, _missing.labels(column.name)) for column in model.form.inputs if column.nullable
        ]

    def count(self, rows: Rows, answers: Answers) -> None:
        """Rows were answered."""
        _rows.inc(rows.count)
        if self._classes:
            for label, counter in self._classes.items():
                if times := answers.labels.count(label):
                    counter.inc(times)
        else:
            for number in answers.labels:
                self._value.observe(number)
        for name, counter in self._missing:
            if missing := rows.columns[name].count(None):
                counter.inc(missing)
        for name, is_outside, counter in self._checks:
            if strange := sum(map(is_outside, rows.columns[name])):
                counter.inc(strange)


def not_finite(rows: int) -> None:
    """A model gave no number for rows."""
    _non_finite.inc(rows)


def given(views: Iterable[str], rows: int) -> None:
    """Rows came with the features of some views."""
    for view in views:
        _lookup(view, "given").inc(rows)


def looked_up(counts: Mapping[tuple[str, Outcome], int], seconds: float) -> None:
    """A request's features were looked up: view and outcome to rows."""
    _lookup_seconds.observe(seconds)
    for (view, outcome), rows in counts.items():
        _lookup(view, outcome).inc(rows)


def not_looked_up() -> None:
    """The online feature store could not be read."""
    _not_looked_up.inc()


@cache
def _lookup(view: str, outcome: str) -> Counter:
    return _lookups.labels(view, outcome)


def not_logged(rows: int) -> None:
    """Predictions were withheld."""
    _unlogged.inc(rows)


def not_answered(rows: int) -> None:
    """Predictions may be in the log, and nobody was told them."""
    _unanswered.inc(rows)


def _outside(column: Column) -> Callable[[Any], bool]:
    low, high = column.min, column.max
    if low is None and high is None:
        allowed = frozenset(column.domain or ()) | {None}
        return lambda value: value not in allowed
    domain = None if column.domain is None else frozenset(column.domain)

    def outside(value: Any) -> bool:
        if value is None:
            return False
        if domain is not None and value not in domain:
            return True
        return (low is not None and value < low) or (high is not None and value > high)

    return outside
