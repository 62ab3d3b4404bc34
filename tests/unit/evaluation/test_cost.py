import pytest

from components.evaluation.cost import cost


def test_the_time_of_single_rows_is_told_without_the_warm_up(tmp_path):
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "file").write_bytes(b"x" * 2_000_000)
    now, answered = [0.0], []

    def answer(rows):
        answered.append(rows)
        now[0] += 1.0 if len(answered) <= 2 else 0.004

    found = cost(tmp_path, answer, [{"a": 1}, {"a": 2}], clock=lambda: now[0], calls=20)
    assert (found.size_mb, found.latency_ms, found.latency_p99_ms) == pytest.approx((2.0, 4.0, 4.0))
    assert len(answered) == 22
    assert answered[:2] == [[{"a": 1}], [{"a": 2}]]
