"""Features about flights from New York: the weather, the aircraft, and how late flights have been lately.

`flights.schema.yaml` says what each column looks like, here as in training. Tables are relative to EVERGREEN_DATA.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from feast import Entity, FeatureView, ValueType

from components.contracts.schema import TableSchema
from components.features.fields import fields
from components.features.source import QuerySource

SCHEMA = TableSchema.load(Path(__file__).parent.parent / "flights.schema.yaml")
OWNER = "flights"
PUBLIC = {"privacy": "public"}

airport = Entity(
    name="airport",
    join_keys=["origin"],
    value_type=ValueType.STRING,
    description="The airport of departure, by its FAA code.",
)
destination = Entity(
    name="destination", join_keys=["dest"], value_type=ValueType.STRING, description="The airport of arrival."
)
airline = Entity(
    name="airline",
    join_keys=["carrier"],
    value_type=ValueType.STRING,
    description="The airline, by IATA's code.",
)
aircraft = Entity(
    name="aircraft",
    join_keys=["tailnum"],
    value_type=ValueType.STRING,
    description="One aeroplane, by its tail number.",
)

weather = FeatureView(
    name="weather",
    description="The last hourly observation at the airport of departure.",
    entities=[airport],
    schema=fields(
        SCHEMA,
        [
            "origin",
            "temp",
            "dewp",
            "humid",
            "wind_dir",
            "wind_speed",
            "wind_gust",
            "precip",
            "pressure",
            "visib",
        ],
    ),
    source=QuerySource(
        name="hourly_observations",
        tables={"weather": "weather.parquet"},
        # The hour in which clocks are set back comes twice; the store takes one of the two.
        query="SELECT * EXCLUDE (year, month, day, hour) FROM weather WHERE time_hour BETWEEN $since AND $until",
        timestamp_field="time_hour",
    ),
    ttl=timedelta(hours=3),  # an observation or two may be missing
    owner=OWNER,
    tags=PUBLIC,
)

aeroplanes = FeatureView(
    name="aeroplanes",
    description="What the register says of an aeroplane.",
    entities=[aircraft],
    schema=fields(SCHEMA, ["tailnum", "built", "manufacturer", "engine", "seats"]),
    source=QuerySource(
        name="register",
        tables={"planes": "planes.parquet"},
        # The register has no history, and what it says does not change: it holds from the beginning.
        query="""
            SELECT tailnum, year AS built, manufacturer, engine, seats, TIMESTAMPTZ '1970-01-01 00:00:00Z' AS since
            FROM planes
        """,
        timestamp_field="since",
    ),
    ttl=None,
    owner=OWNER,
    tags=PUBLIC,
)


def delays(name: str, of: str, entities: Sequence[Entity]) -> FeatureView:
    """How late flights were on average that landed in the last three hours, day and week.

    The averages change when a flight lands and when it is three hours, a day or a week ago that one landed: there is a row
    for each such instant, so that the latest row is exact at any time. Running sums make it one pass.
    """
    keys = [key for entity in entities for key in [entity.join_key]]
    spans = {"3h": "3 HOUR", "day": "1 DAY", "week": "7 DAY"}
    return FeatureView(
        name=f"delays_by_{name}",
        description=f"Minutes of delay on arrival, on average, of the flights {of} that landed lately.",
        entities=list(entities),
        schema=fields(SCHEMA, [*keys, *(f"{name}_delay_{span}" for span in spans)]),
        source=QuerySource(
            name=f"landings_by_{name}",
            tables={"flights": "flights"},
            query=_delays_query(name, ", ".join(keys), spans),
            timestamp_field="instant",
        ),
        ttl=timedelta(days=8),  # after a week without a landing the averages are null
        owner=OWNER,
        tags=PUBLIC,
    )


def _delays_query(name: str, keys: str, spans: dict[str, str]) -> str:
    def change(sign: str, shift: str, spans_changed: Sequence[str]) -> str:
        columns = [
            f"{f'{sign}1' if span in spans_changed else 0}::DOUBLE AS n_{span}, "
            f"{f'{sign}arr_delay' if span in spans_changed else 0}::DOUBLE AS sum_{span}"
            for span in spans
        ]
        return f"SELECT {keys}, landed{shift} AS instant, {', '.join(columns)} FROM landings"

    changes = [change("", "", list(spans))]
    changes += [change("-", f" + INTERVAL {length}", [span]) for span, length in spans.items()]
    sums = ", ".join(f"sum(n_{span}) AS n_{span}, sum(sum_{span}) AS sum_{span}" for span in spans)
    averages = ",\n  ".join(
        f"sum(sum_{span}) OVER past / nullif(sum(n_{span}) OVER past, 0) AS {name}_delay_{span}"
        for span in spans
    )
    return f"""
WITH departures AS (
  -- As in flights.yaml: the source has no instant of arrival.
  SELECT {keys}, arr_delay, time_hour + to_minutes(minute + dep_delay + air_time + 60) AS landed FROM flights
), landings AS (
  SELECT * FROM departures WHERE landed BETWEEN $since - INTERVAL 8 DAY AND $until AND arr_delay IS NOT NULL
), changes AS (
  {" UNION ALL ".join(changes)}
), net AS (
  SELECT {keys}, instant, {sums} FROM changes GROUP BY {keys}, instant
)
SELECT
  {keys}, instant,
  {averages}
FROM net
WINDOW past AS (PARTITION BY {keys} ORDER BY instant)"""


delays_by_origin = delays("origin", "from an airport", [airport])
delays_by_carrier = delays("carrier", "of an airline", [airline])
delays_by_route = delays("route", "from one airport to another", [airport, destination])
