"""Where things are kept, read from the environment or `.env`."""

from __future__ import annotations

import pytest

from components.contracts.errors import UseCaseError
from components.settings import Settings


def test_a_file_in_another_encoding_is_named(tmp_path, monkeypatch):
    (tmp_path / ".env").write_bytes("EVERGREEN_HOME=caché".encode("latin1"))
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UseCaseError, match=r"\.env is not UTF-8 text"):
        Settings()
