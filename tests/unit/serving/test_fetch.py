"""What brings a model into a pod."""

from __future__ import annotations

from components.serving.fetch import main


def test_a_model_comes_whole(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "manifest.json").write_text("{}")

    assert main([str(tmp_path / "store"), str(tmp_path / "models")]) == 0
    assert (tmp_path / "models" / "manifest.json").read_text() == "{}"


def test_what_is_not_there_is_said_in_one_line(tmp_path, capsys):
    assert main([str(tmp_path / "none"), str(tmp_path / "models")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'none'} is not there, or holds nothing\n"
