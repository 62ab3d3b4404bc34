from __future__ import annotations

import numpy as np
import pytest

from components.contracts.errors import SourceError, UseCaseError
from components.contracts.schema import TableSchema
from pipelines.drafting import check_schema, infer_schema
from tests.builders import use_case
from tests.unit.drafting.conftest import COIN, NOISE, OTHER, RANDOM, ROWS, days, frame

CITY = RANDOM.choice(["a", "b", "c"], ROWS)
ROWS_OF_A_SHOP = frame(at=days(), id=range(ROWS), size=abs(OTHER), colour=CITY, sold=COIN.astype(bool))

VARIETY = {
    "text dates": {"when": days().strftime("%d.%m.%Y"), "target": COIN},
    "ISO text": {"when": days().strftime("%Y-%m-%dT%H:%M:%SZ"), "target": COIN},
    "seconds": {"event_ts": days().as_unit("s").astype("int64"), "target": COIN},
    "gaps": {"size": np.where(COIN, OTHER, np.nan)[::-1], "none": [None] * ROWS, "target": OTHER},
    "infinite numbers": {"size": np.where(CITY == "a", np.inf, OTHER), "target": COIN},
    "yes and no": {"member": np.where(OTHER > 0, "yes", "no"), "churned": np.where(COIN, "Y", "N")},
    "odd names": {"a b": OTHER, "null": CITY, "é: #'\"": RANDOM.normal(size=ROWS), "target": COIN},
    "money": {"paid": [f"${abs(one):.2f}" for one in OTHER], "target": COIN},
    "a leak": {"copy": COIN * 2.5, "target": COIN},
    "parts of a date": {"year": days().year, "month": days().month, "target": OTHER},
    "copies of rows": {
        "order_id": [0, *range(ROWS - 1)],
        "noise": [NOISE[0], *NOISE[:-1]],
        "target": [1, *COIN[:-1]],
    },
    "rare classes": {"class": np.where(np.arange(ROWS) < 2, "once", CITY)},
}


CASES = [(name, "parquet") for name in VARIETY] + [
    (name, "csv") for name in ("text dates", "gaps", "odd names")
]


@pytest.mark.parametrize(("name", "suffix"), CASES)
def test_what_is_drafted_holds_for_the_rows_it_was_drafted_from(look_at_file, tmp_path, name, suffix):
    case, drafted = look_at_file(frame().assign(**VARIETY[name]), suffix=suffix)

    found = check_schema(case, drafted.schema, str(tmp_path / "data"))

    assert [anomaly.message for anomaly in found if anomaly.severity == "error"] == []


@pytest.fixture
def shop(tmp_path):
    """The rows of a small use case."""
    ROWS_OF_A_SHOP.to_parquet(tmp_path / "sales.parquet")
    return str(tmp_path)


def test_a_schema_is_inferred_with_the_roles_of_the_use_case(shop):
    case = use_case(table={"task": "classification", "label": "sold", "event_time": "at", "key": ["id"]})

    schema = infer_schema(case, shop)

    assert schema.column("id").unique
    assert schema.names("serving") == ("noise", "at", "id", "size", "colour")
    assert schema.column("colour").domain == ("a", "b", "c")
    assert (schema.column("size").min, schema.column("at").type) == (0, "timestamp")


def test_inferring_tells_what_the_rows_do_not_have(shop):
    case = use_case(table={"task": "classification", "label": "bought"})

    with pytest.raises(UseCaseError, match=r"table\.label names 'bought'"):
        infer_schema(case, shop)


def test_inferring_tells_what_cannot_be_read(tmp_path):
    with pytest.raises(SourceError, match=r"sales\.parquet"):
        infer_schema(use_case(), str(tmp_path))


def test_checking_tells_everything_that_is_wrong_at_once(shop, tmp_path):
    schema = infer_schema(use_case(), shop)
    broken = ROWS_OF_A_SHOP.assign(size=ROWS_OF_A_SHOP["size"] * -1, colour="violet", id=1)
    broken.to_parquet(tmp_path / "sales.parquet")

    found = check_schema(use_case(), schema, shop)

    assert {"size", "colour", "id"} <= {one.column for one in found if one.severity == "error"}


def test_checking_holds_the_use_case_against_the_schema_first(shop):
    schema = TableSchema.model_validate({"columns": [{"name": "at", "type": "timestamp"}]})

    with pytest.raises(UseCaseError, match="disagree"):
        check_schema(use_case(), schema, shop)


def test_gaps_are_judged_by_the_worst_of_times(tmp_path):
    late = np.where(np.arange(ROWS) < 100, np.nan, OTHER)
    ROWS_OF_A_SHOP.assign(size=late).to_parquet(tmp_path / "sales.parquet")

    assert infer_schema(use_case(), str(tmp_path)).column("size").max_null_fraction == 1


def test_the_order_of_the_rows_does_not_matter(shop, tmp_path):
    before = infer_schema(use_case(), shop)
    ROWS_OF_A_SHOP.sample(frac=1, random_state=1).to_parquet(tmp_path / "sales.parquet", index=False)

    assert infer_schema(use_case(), shop) == before
