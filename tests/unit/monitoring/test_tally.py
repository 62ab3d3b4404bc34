import numpy as np
import pyarrow as pa

from components.analysis.drift import psi
from components.analysis.statistics import describe
from components.contracts.sections import Analysis
from components.monitoring.tally import FIRST, NON_FINITE, NULL, Bins, day_of, tally
from tests.unit.monitoring.conftest import COLUMNS, DAILY, open_table, served


def counted(rows, reference=None):
    source = open_table(rows)
    statistics = describe(open_table(reference or rows), COLUMNS, Analysis(top=200), "reference")
    return tally(source, [Bins.of(column) for column in statistics.columns], day_of(source["event_time"]))


def test_every_row_is_in_one_bin_of_its_day():
    found = counted(served(days=5))

    for name in ("inputs.size", "inputs.colour"):
        assert found[name].counts.sum(axis=1).tolist() == [DAILY] * 5


def test_tenths_of_the_reference_hold_a_tenth_each():
    shares = counted(served())["inputs.size"].total[FIRST:] / (30 * DAILY)

    assert np.allclose(shares, 0.1, atol=0.01)


def test_nulls_nan_and_unknown_values_have_bins_of_their_own():
    rows = 10 * DAILY
    sizes = pa.array([None] * 100 + [float("nan")] * 50 + [float("inf")] * 25 + [10.0] * (rows - 175))
    colours = pa.array(["mauve"] * 30 + [None] * 20 + ["red"] * (rows - 50))
    broken = served(days=10, **{"inputs.size": sizes, "inputs.colour": colours})

    found = counted(broken, reference=served())

    assert found["inputs.size"].total[[NULL, NON_FINITE]].tolist() == [100, 75]
    assert found["inputs.colour"].total[[NULL, -1]].tolist() == [20, 30]


def test_tallies_of_parts_add_up_to_the_tally_of_the_whole():
    rows, reference = served(days=9), served()
    cut = 4 * DAILY + 17  # within a day
    first, second = (counted(part, reference) for part in (rows.slice(0, cut), rows.slice(cut)))

    whole = counted(rows, reference)

    for name, tallied in whole.items():
        both = second[name] + first[name]
        assert both.cells == tallied.cells
        assert np.array_equal(both.counts, tallied.counts)
        assert np.allclose(both.sizes, tallied.sizes)


def test_the_index_agrees_with_that_of_statistics():
    before, now = served(), served(start=40, seed=3)
    statistics = [describe(open_table(rows), COLUMNS, Analysis(), "x") for rows in (before, now)]
    found = counted(now, before)["inputs.colour"].total, counted(before)["inputs.colour"].total

    from components.analysis.drift import stability

    expected = psi(*(one.columns[1] for one in statistics))
    assert np.isclose(stability(found[1], found[0]), expected)
