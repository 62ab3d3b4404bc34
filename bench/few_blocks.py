"""How few blocks are enough for an interval? (docs/decisions/0005-bootstrap.md)

The difference of two equal models is drawn for rows that share a little within a day, many times over, and three
intervals say whether it lies above 0; each should do so in 2.5 % of the cases. One core, about a minute:

    python -m bench.few_blocks
"""

from __future__ import annotations

import numpy as np

from components.evaluation.bootstrap import interval

SEED, TIMES, RESAMPLES, ROWS_A_DAY = 1, 4000, 500, 100


def promoted(random: np.random.Generator, days: int, shared: float) -> tuple[bool, bool, bool]:
    """Whether the plain percentile interval, the expanded one and that of single rows lie above 0.

    Args:
        random: Where chance comes from.
        days: How many blocks.
        shared: Correlation of two rows of one day.
    """
    of_day = np.sqrt(shared) * random.normal(size=(days, 1))
    differences = of_day + np.sqrt(1 - shared) * random.normal(size=(days, ROWS_A_DAY))
    counts = random.multinomial(days, np.full(days, 1 / days), size=RESAMPLES)
    samples = counts @ differences.mean(axis=1) / days
    # The bootstrap of the mean of so many single rows is the normal interval.
    error = differences.std() / np.sqrt(differences.size)
    return (
        bool(np.quantile(samples, 0.025) > 0),
        interval(float(differences.mean()), samples, 0.95, days).low > 0,
        bool(differences.mean() - 1.96 * error > 0),
    )


def main() -> None:
    """Print the shares as a Markdown table."""
    random = np.random.default_rng(SEED)
    print("| days | correlation within a day | plain | expanded | row by row |\n|---|---|---|---|---|")
    for days in (4, 5, 6, 8, 10, 20, 40):
        for shared in (0.0, 0.02, 0.3):
            shares = np.mean([promoted(random, days, shared) for _ in range(TIMES)], axis=0)
            print(
                f"| {days} | {shared} | " + " | ".join(f"{share:.1%}" for share in shares) + " |", flush=True
            )


if __name__ == "__main__":
    main()
