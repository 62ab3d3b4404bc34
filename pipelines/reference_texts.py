"""The hand-written parts of the use-case reference; a test holds the examples against the models."""

from __future__ import annotations

EXAMPLE = """\
# yaml-language-server: $schema=usecase.schema.json
name: orders
description: Will an order be returned?
table:
  task: classification
  label: returned
  positive: true
  event_time: ordered_at
  available_time: return_period_ended_at
  key: [order_id]
extraction:
  tables:
    orders: orders
    customers: customers.parquet
  query: SELECT o.*, c.country FROM orders o LEFT JOIN customers c USING (customer_id)
  window:
    length: 12 months
analysis:
  top: 30
preparation:
  features:
    numeric: [price, items]
    categorical: [country, payment]
    calendar: [ordered_at]
  split:
    by: time
training:
  algorithms: [gradient-boosting]
  search:
    candidates: 16
evaluation:
  metrics: [roc_auc, log_loss]
  slices:
    - column: country
validation:
  gates:
    - metric: roc_auc
      bound: 0.7
      over_baseline: 0.02
    - metric: log_loss
      over_champion: 0
"""

SCHEMA_EXAMPLE = """\
# yaml-language-server: $schema=table.schema.json
columns:
  - name: price
    type: float64
    min: 0
  - name: country
    type: string
    nullable: true
    max_null_fraction: 0.1
  - name: returned
    type: boolean
    environments: [training]
drift:
  warn: 0.25
"""

INTRODUCTION = """\
# The use-case file

<!-- Written by `python -m pipelines.reference`; edit the models in components/contracts instead. -->

One YAML file, `pipelines/usecases/NAME.yaml`, makes the system serve a data set: one section per step, in the order
of the steps. What the rows must look like is in `NAME.schema.yaml` beside it ([below](#the-schema-file)).
`evergreen usecase init NAME --data FILE_OR_FOLDER` drafts both by looking at the data, and
`evergreen usecase check FILE` says what is wrong with them.

With the comment in the first line an editor that knows JSON Schema completes and checks the file while you type
(in VS Code, the YAML extension).

- A *period* is a whole number of hours, days, weeks, months or years: `59 days`, `12 months`.
- An *instant* is a date, which means its midnight, or a date and time, in UTC unless it says otherwise:
  `2013-01-01`, `2013-01-01T06:00:00Z`.

The whole of a small one:
"""

SCHEMA_INTRODUCTION = """\
## The schema file

`NAME.schema.yaml`, beside the use case: what the rows must look like. `evergreen schema infer NAME` writes it from the
data, a person reviews it, and git keeps it. A run stops at rows that do not fit, with everything that is wrong at once;
`evergreen schema check NAME` tells the same without a run.
"""
