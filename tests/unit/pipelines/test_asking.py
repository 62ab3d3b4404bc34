"""Predictions as a file or as lines."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from components.contracts.errors import DataError, RolloutError
from components.serving.endpoint import Endpoint
from pipelines.asking import Told, ask, write

TOLD = [
    Told(1, {"id": "a", "label": True, "probabilities": {"false": 0.25, "true": 0.75}}),
    Told(2, None, "'size' is a text"),
    Told(3, {"id": "c", "label": False, "probabilities": {"false": 0.5, "true": 0.5}}),
]
COLUMNS = ["row", "id", "label", "probability.false", "probability.true"]


class Server(BaseHTTPRequestHandler):
    """Doubles whole numbers; refuses a request with anything else, and fails at 13."""

    def do_POST(self):
        rows = json.loads(self.rfile.read(int(self.headers["content-length"])))["instances"]
        values = [row["x"] for row in rows]
        self.server.asked.append(len(rows))
        wrong = [i for i, value in enumerate(values) if not isinstance(value, int)]
        if 13 in values:
            self._answer(500, {"error": "the predictor failed"})
        elif wrong:
            problems = [{"field": "x", "row": i, "problem": "is a text"} for i in wrong]
            self._answer(422, {"error": "the rows do not fit", "problems": problems})
        else:
            self._answer(200, {"predictions": [{"value": 2 * value} for value in values]})

    def _answer(self, status, told):
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        """Say nothing."""


@pytest.fixture
def server():
    made = HTTPServer(("127.0.0.1", 0), Server)
    made.asked = []
    thread = Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def asked(server):
    def answers(*values, batch=4):
        with Endpoint(f"http://127.0.0.1:{server.server_port}", "shop") as endpoint:
            return list(ask(endpoint, [{"x": value} for value in values], batch))

    return answers


def test_rows_are_sent_in_batches_and_answered_in_their_order(asked, server):
    assert asked(1, 2, 3, 4, 5) == [Told(i, {"value": 2 * i}) for i in range(1, 6)]
    assert server.asked == [4, 1]


def test_rows_that_are_refused_are_named_and_the_others_answered(asked):
    found = asked(1, "two", 3, 4, "five", 6)

    assert [told.row for told in found] == [1, 2, 3, 4, 5, 6]
    assert [told.row for told in found if told.prediction is None] == [2, 5]
    assert found[1].error == "'x' is a text"


def test_a_predictor_that_fails_ends_it(asked):
    with pytest.raises(RolloutError, match="the predictor failed"):
        asked(1, 13)


def test_nobody_there_is_told():
    with (
        Endpoint("http://127.0.0.1:1", "shop") as endpoint,
        pytest.raises(RolloutError, match="does not answer"),
    ):
        list(ask(endpoint, [{"x": 1}]))


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_table_has_a_column_per_class(tmp_path, ending):
    write(TOLD, tmp_path / f"told{ending}")

    read = csv.read_csv if ending == ".csv" else pq.read_table
    table = read(tmp_path / f"told{ending}")
    assert table.column_names == COLUMNS
    assert table.column("row").to_pylist() == [1, 3]
    assert table.column("probability.true").to_pylist() == [0.75, 0.5]


def test_lines_are_as_the_predictor_answers(tmp_path, capsys):
    write(TOLD, tmp_path / "told.jsonl")
    write(TOLD, None)

    assert (tmp_path / "told.jsonl").read_text() == capsys.readouterr().out
    assert json.loads((tmp_path / "told.jsonl").read_text().splitlines()[1]) == {
        "row": 3,
        **TOLD[2].prediction,
    }


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"told\.xlsx ends with none of \.csv, \.parquet, \.jsonl"):
        write(TOLD, tmp_path / "told.xlsx")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="cannot be written"):
        write(TOLD, tmp_path / "nowhere" / "told.csv")
