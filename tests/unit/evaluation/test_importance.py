import numpy as np
import pyarrow as pa

from components.evaluation.importance import importance, sample

ROWS = pa.table({"told": np.arange(50.0), "idle": np.arange(50.0), "y": np.arange(50.0)})


def loss(rows):
    return float(np.mean((rows["told"].to_numpy() - rows["y"].to_numpy()) ** 2))


def test_what_the_model_uses_is_important_and_what_it_does_not_is_not():
    found = importance(loss, ROWS, ["idle", "told"], seed=0)
    assert list(found) == ["told", "idle"]
    assert found["told"] > 100
    assert found["idle"] == 0


def test_the_seed_decides_the_shuffles():
    first, again, other = (importance(loss, ROWS, ["told"], seed)["told"] for seed in (1, 1, 2))
    assert first == again != other


def test_a_sample_has_no_row_twice():
    drawn = sample(ROWS, 20, seed=0)["told"].to_pylist()
    assert len(set(drawn)) == 20
    assert drawn == sorted(drawn)
    assert sample(ROWS, 100, seed=0) is ROWS
