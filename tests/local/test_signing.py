"""`evergreen sign` and `evergreen verify`, on a model that is registered."""

from __future__ import annotations

import pytest

from components.stores.registry import Registry
from components.stores.runs import Runs
from tests.builders import header
from tests.certificates import Authority, write
from tests.local.conftest import Workplace
from tests.models import written

pytestmark = pytest.mark.local

OURS, THEIRS = Authority.new("ours"), Authority.new("theirs")


class Signing(Workplace):
    """A place whose settings name a key and its certificate."""

    def environment(self) -> dict[str, str]:
        files = {"KEY": "key.pem", "CERTIFICATE": "chain.pem"}
        named = {f"EVERGREEN_SIGNING_{name}": str(self.folder / file) for name, file in files.items()}
        return {**super().environment(), **named}

    def may_sign(self, authority: Authority) -> None:
        """Have a new key and a certificate of an authority."""
        key, certificate = authority.issue("pipeline")
        write(self.folder / "key.pem", key)
        write(self.folder / "chain.pem", certificate)


@pytest.fixture
def place(tmp_path) -> Signing:
    """With one model of `housing`, which is champion."""
    place = Signing(tmp_path)
    runs = Runs(place.settings)
    registry = Registry(runs, "housing")
    runs.open(header("r", use_case="housing"))
    told = {"run": "r", "snapshot": "s", "lineage": "l"}
    version = registry.register(str(written(tmp_path)), runs.id_of("housing", "r"), told)
    registry.promote(version, standing="")
    write(tmp_path / "roots.pem", OURS.certificate)
    return place


def test_a_model_is_signed_and_signed_again(place):
    def verified() -> tuple[int, str]:
        done = place.call("verify", "housing", "--roots", "roots.pem")
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    code, said = verified()
    assert (code, "is not signed" in said) == (1, True)

    place.may_sign(THEIRS)
    assert place.call("sign", "housing").returncode == 0
    code, said = verified()
    assert (code, "its signature does not hold" in said) == (1, True)

    place.may_sign(OURS)
    assert "version 1 is signed" in place.call("sign", "housing", "--version", "1").stdout
    assert verified() == (0, "the signature of version 1 holds\n")


def test_without_a_key_or_whom_to_trust_it_says_what_to_set(new_workplace):
    assert "EVERGREEN_SIGNING_KEY" in new_workplace.call("sign", "housing").stderr
    assert "--roots" in new_workplace.call("verify", "housing").stderr
