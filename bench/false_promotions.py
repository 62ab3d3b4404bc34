"""How often does a model that is no better get promoted? (docs/false-promotions.md)

Two models of one process, trained on independent rows, meet on fresh ones, many times over; then one of them is
trained in a world that has moved on. Everything is drawn from one seed. One core, about five minutes:

    python -m bench.false_promotions
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from bench.meetings import Meeting, flights_meetings, linear_meetings
from components.contracts.metrics import higher_is_better
from components.contracts.reports import Cost, EvaluationReport
from components.contracts.sections import Bootstrap, Gate, Validation
from components.contracts.smoke import SmokeReport
from components.evaluation.comparison import Role, compare
from components.evaluation.metrics import values
from components.evaluation.predictions import Predictions
from components.evaluation.units import Units
from components.validation.gates import judge

SEED = 20130101
METRICS = {"classification": ("roc_auc", "log_loss"), "regression": ("rmse",)}
RULES = {"a bare >": "#8d99a6", "row by row": "#e08a1e", "by day": "#4c8c6b"}
"""Rule to its colour; the last one is the project's."""
SOUND = SmokeReport(golden_rows=1, requests=1, latency_ms=0.0, latency_p99_ms=0.0)
"""Nothing speaks against these models but what they predict."""
FIGURE = Path(__file__).parent.parent / "docs" / "figures" / "false-promotions.svg"


class Decision(NamedTuple):
    """What one meeting came to for one metric."""

    metric: str
    gain: float
    promoted: dict[str, bool]
    """By rule."""
    worse: bool
    """Whether the candidate turns out the worse one on later rows."""


def decisions(meetings: Iterator[Meeting], times: int, metrics: tuple[str, ...]) -> list[Decision]:
    """What each rule says of so many meetings."""
    return [
        decision
        for seed, met in enumerate(islice(meetings, times))
        for decision in decide(met, metrics, seed)
    ]


def decide(met: Meeting, metrics: tuple[str, ...], seed: int) -> Iterator[Decision]:
    """What each rule says of one meeting."""
    days, of = np.unique(met.day, return_inverse=True)
    rows = evaluation(met, metrics, Units(np.arange(len(of)), len(of)), seed)
    blocks = evaluation(met, metrics, Units(of, len(days)), seed)
    for metric in metrics:
        better = Validation(gates=(Gate(metric=metric, over_champion=0.0),))
        gain = blocks.over_champion[metric].value
        said = gain > 0, judge(better, rows, SOUND).passed, judge(better, blocks, SOUND).passed
        yield Decision(metric, gain, dict(zip(RULES, said, strict=True)), is_worse(met, metric))


def is_worse(met: Meeting, metric: str) -> bool:
    """Whether the candidate does worse on the later rows."""
    candidate, champion = (
        values([metric], model)[metric] for model in (met.later_candidate, met.later_champion)
    )
    return candidate < champion if higher_is_better(metric) else candidate > champion


def evaluation(met: Meeting, metrics: tuple[str, ...], units: Units, seed: int) -> EvaluationReport:
    """The report that the gates read."""
    models: dict[Role, Predictions] = {"candidate": met.candidate, "champion": met.champion}
    found = compare(models, [], metrics, units, Bootstrap(seed=seed))
    return EvaluationReport(
        rows=len(met.day),
        blocks=units.size,
        candidate=found.scores["candidate"],
        baseline={},
        champion=found.scores["champion"],
        over_baseline={},
        over_champion=found.gains["champion"],
        candidate_model="candidate",
        champion_model="champion",
        cost=Cost(size_mb=0, latency_ms=0, latency_p99_ms=0),
    )


class Rate(NamedTuple):
    """A share of meetings and its exact binomial interval (Clopper and Pearson) of 95 %."""

    value: float
    low: float
    high: float


def rate(found: list[Decision], metric: str, rule: str, worse: bool = False) -> Rate:
    """How often a rule promoted, or promoted a candidate that turned out worse."""
    said = [one.promoted[rule] and (one.worse or not worse) for one in found if one.metric == metric]
    exact = binomtest(sum(said), len(said)).proportion_ci()
    return Rate(sum(said) / len(said), exact.low, exact.high)


def same_process() -> dict[str, dict[str, Rate]]:
    """A/A: how often each rule promotes one of two models of one process, by world and metric."""
    plan = [
        ("linear", "classification", linear_meetings, 1000),
        ("linear", "regression", linear_meetings, 1000),
        ("flights", "classification", flights_meetings, 400),
        ("flights", "regression", flights_meetings, 400),
    ]
    print(f"| world: metric | meetings | {' | '.join(f'{rule} (and worse later)' for rule in RULES)} |")
    rates = {}
    for world, task, meetings, times in plan:
        found = decisions(meetings(np.random.default_rng(SEED), task), times, METRICS[task])
        for metric in METRICS[task]:
            rates[f"{world}: {metric}"] = {rule: rate(found, metric, rule) for rule in RULES}
            told = [
                f"{r.value:.1%} [{r.low:.1%}, {r.high:.1%}] ({rate(found, metric, rule, worse=True).value:.1%})"
                for rule, r in rates[f"{world}: {metric}"].items()
            ]
            print(f"| {world}: {metric} | {times} | {' | '.join(told)} |", flush=True)
    return rates


def better_models() -> dict[float, dict[str, Rate]]:
    """Power: how often each rule promotes a model whose log loss is lower, by how much it is on average."""
    print(f"| log loss lower by | {' | '.join(RULES)} |")
    rates = {}
    for moved in (0.2, 0.35, 0.5, 0.7, 1.0):
        found = decisions(
            linear_meetings(np.random.default_rng(SEED), "classification", moved), 100, ("log_loss",)
        )
        gain = float(np.mean([decision.gain for decision in found]))
        rates[gain] = {rule: rate(found, "log_loss", rule) for rule in RULES}
        told = " | ".join(f"{r.value:.0%}" for r in rates[gain].values())
        print(f"| {gain:.4f} | {told} |", flush=True)
    return rates


def draw(rates: dict[str, dict[str, Rate]], power: dict[float, dict[str, Rate]]) -> None:
    """The figure of docs/false-promotions.md."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "false-promotions", "font.size": 9})
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for place, (rule, colour) in enumerate(RULES.items()):
        found = [by_rule[rule] for by_rule in rates.values()]
        across = np.arange(len(found)) + 0.27 * (place - 1)
        left.bar(across, [r.value for r in found], 0.25, color=colour, label=rule)
        spread = [[r.value - r.low for r in found], [r.high - r.value for r in found]]
        left.errorbar(across, [r.value for r in found], spread, fmt="none", ecolor="#1f2933", elinewidth=1)
        right.plot(
            list(power), [by_rule[rule].value for by_rule in power.values()], "o-", color=colour, label=rule
        )
    left.axhline(0.05, color="#b3261e", linestyle="--", linewidth=1)
    left.set_xticks(range(len(rates)), [name.replace(": ", "\n") for name in rates])
    left.set(title="Promoted: one of two models of one process", ylim=(0, 0.6))
    right.set(
        title="Promoted when it is better",
        xlabel="how much lower its log loss is",
        ylim=(0, 1.02),
        xlim=(0, None),
    )
    right.legend(frameon=False, loc="lower right")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.yaxis.set_major_formatter("{x:.0%}")
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(FIGURE, metadata={"Date": None})


def main() -> None:
    """Simulate, print the rates and draw them."""
    started = time.process_time()
    draw(same_process(), better_models())
    print(f"{FIGURE} written; {time.process_time() - started:.0f} s of processor time", flush=True)


if __name__ == "__main__":
    main()
