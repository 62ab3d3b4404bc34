"""What makes a model what it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import components
from components.recording.lineage import lineage, source_digest

FACTS = {"snapshot": "s", "code": "c", "lock": "l", "sections": {"training": {"seed": 7}}}


@pytest.mark.parametrize(
    "change",
    [{"snapshot": "t"}, {"code": "d"}, {"lock": "m"}, {"sections": {"training": {"seed": 8}}}],
    ids=lambda change: next(iter(change)),
)
def test_whatever_changes_gives_another_lineage(change):
    assert lineage(**FACTS) != lineage(**(FACTS | change))


def test_the_order_of_keys_does_not_matter():
    assert lineage(**{**FACTS, "sections": {"a": 1, "b": 2}}) == lineage(
        **{**FACTS, "sections": {"b": 2, "a": 1}}
    )


@pytest.fixture
def copied(tmp_path) -> Path:
    return Path(shutil.copytree(Path(components.__file__).parent, tmp_path / "components"))


def test_the_same_sources_elsewhere_have_the_same_digest(copied):
    assert source_digest(copied) == source_digest(Path(components.__file__).parent)


def test_a_changed_helper_gives_another_digest(copied):
    before = source_digest(copied)

    with (copied / "evaluation" / "metrics.py").open("a") as helper:
        helper.write("\n# changed\n")

    assert source_digest(copied) != before


def test_a_moved_module_gives_another_digest(copied):
    before = source_digest(copied)

    (copied / "step.py").rename(copied / "steps.py")

    assert source_digest(copied) != before


def test_documentation_and_compiled_files_do_not_matter(copied):
    before = source_digest(copied)

    (copied / "README.md").write_text("other")
    (copied / "__pycache__").mkdir(exist_ok=True)
    (copied / "__pycache__" / "step.cpython-311.pyc").write_text("other")

    assert source_digest(copied) == before
