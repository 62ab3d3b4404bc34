"""Decide whether a candidate may serve.

Every comparison is written so that NaN refuses: `not value >= bound`, never `value < bound`.
"""

from __future__ import annotations

from collections.abc import Iterator

from components.contracts.metrics import higher_is_better
from components.contracts.reports import Estimate, EvaluationReport, SliceScore, Verdict
from components.contracts.sections import Gate, SliceGate, Validation
from components.contracts.smoke import SmokeReport
from components.validation.answers import objections


def judge(validation: Validation, evaluation: EvaluationReport, smoke: SmokeReport) -> Verdict:
    """Hold a candidate to every gate and collect each reason to refuse it.

    Without a champion, as on a use case's first run, the gates that compare with one do not apply. A champion that could
    not be measured refuses, unless the use case lets it go: nothing shows that the candidate is no worse.
    """
    own = (*_own(validation, evaluation), *objections(smoke, validation.budget))
    beside = tuple(_beside_the_champion(validation, evaluation))
    return Verdict(reasons=(*own, *beside), sound=not own, passed=not own and not beside)


def _own(validation: Validation, evaluation: EvaluationReport) -> Iterator[str]:
    """What does not depend on the champion."""
    if evaluation.non_finite:
        yield f"{evaluation.non_finite} of {evaluation.rows} predictions are not finite numbers; none may be"
    if evaluation.serving_problem is not None:
        yield f"as the model would be served, {evaluation.serving_problem}"
    for gate in validation.gates:
        yield from _bound(gate, evaluation)
        yield from _over_baseline(gate, evaluation)
    for rule in validation.slices:
        yield from _slice_bound(rule, evaluation)
    if not evaluation.cost.size_mb <= validation.budget.max_size_mb:
        yield (
            f"the model takes {_number(evaluation.cost.size_mb)} MB; "
            f"the budget is {_number(validation.budget.max_size_mb)} MB"
        )


def _beside_the_champion(validation: Validation, evaluation: EvaluationReport) -> Iterator[str]:
    if evaluation.champion_model is None:
        return
    if evaluation.champion_model == evaluation.candidate_model:
        yield f"the candidate is the champion itself (model {evaluation.champion_model[:12]}): there is nothing to replace"
        return
    if not evaluation.champion:
        yield from _unmeasured(validation, evaluation)
        return
    for gate in validation.gates:
        yield from _over_champion(gate, evaluation)
    for rule in validation.slices:
        yield from _slice_over_champion(rule, evaluation)


def _unmeasured(validation: Validation, evaluation: EvaluationReport) -> Iterator[str]:
    compared = {gate.metric for gate in validation.gates if gate.over_champion is not None}
    compared |= {rule.metric for rule in validation.slices if rule.over_champion is not None}
    if compared and validation.unmeasured_champion == "stays":
        yield (
            f"{', '.join(sorted(compared))} over the champion was not measured: "
            f"{evaluation.champion_problem or 'the evaluation does not say why'}. "
            "With --set validation.unmeasured_champion=goes a candidate that meets all other conditions replaces it"
        )


def _bound(gate: Gate, evaluation: EvaluationReport) -> Iterator[str]:
    if gate.bound is None:
        return
    found = evaluation.candidate.get(gate.metric)
    if found is None:
        yield f"{gate.metric} was not measured"
    elif not _meets(gate.metric, found.value, gate.bound):
        yield f"{gate.metric} is {_number(found.value)}; {_limit(gate.metric, gate.bound)}"


def _over_baseline(gate: Gate, evaluation: EvaluationReport) -> Iterator[str]:
    if gate.over_baseline is not None:
        yield from _gain(
            gate.metric, evaluation.over_baseline.get(gate.metric), gate.over_baseline, "baseline"
        )


def _over_champion(gate: Gate, evaluation: EvaluationReport) -> Iterator[str]:
    if gate.over_champion is not None:
        yield from _gain(
            gate.metric, evaluation.over_champion.get(gate.metric), gate.over_champion, "champion"
        )


def _gain(metric: str, gain: Estimate | None, margin: float, rival: str) -> Iterator[str]:
    if gain is None:
        yield f"{metric} over the {rival} was not measured"
    elif not gain.low > margin:
        yield f"{metric} gains {_estimate(gain)} over the {rival}; the interval must lie above {_number(margin)}"


def _slice_bound(rule: SliceGate, evaluation: EvaluationReport) -> Iterator[str]:
    if not evaluation.slices:
        yield f"{rule.metric} was not measured in any slice: the evaluation has none"
    if rule.bound is None:
        return
    for part in _large(rule, evaluation):
        value = part.candidate.get(rule.metric)
        if value is None:
            yield f"{rule.metric} was not measured in {_named(part)}"
        elif not _meets(rule.metric, value, rule.bound):
            yield f"{rule.metric} is {_number(value)} in {_named(part)}; {_limit(rule.metric, rule.bound)}"


def _slice_over_champion(rule: SliceGate, evaluation: EvaluationReport) -> Iterator[str]:
    if rule.over_champion is None:
        return
    for part in _large(rule, evaluation):
        gain = part.over_champion.get(rule.metric)
        if gain is None:
            yield f"{rule.metric} over the champion was not measured in {_named(part)}"
        elif not gain.high >= rule.over_champion:
            yield (
                f"{rule.metric} gains {_estimate(gain)} over the champion in {_named(part)}; "
                f"the interval may not lie below {_number(rule.over_champion)}"
            )


def _meets(metric: str, value: float, bound: float) -> bool:
    return value >= bound if higher_is_better(metric) else value <= bound


def _large(rule: SliceGate, evaluation: EvaluationReport) -> Iterator[SliceScore]:
    return (part for part in evaluation.slices if part.rows >= rule.min_rows)


def _limit(metric: str, bound: float) -> str:
    return f"it must be {_number(bound)} or {'more' if higher_is_better(metric) else 'less'}"


def _named(part: SliceScore) -> str:
    return f"{part.column} = {part.value} ({part.rows} rows)"


def _estimate(found: Estimate) -> str:
    return f"{_number(found.value)} [{_number(found.low)}, {_number(found.high)}]"


def _number(value: float) -> str:
    return f"{value + 0.0:.4g}"  # no minus zero
