import pytest

from components.contracts.errors import SourceError
from components.stores.databases import expand, redact, shown


def test_names_without_a_value_are_all_told():
    with pytest.raises(
        SourceError, match=r"extraction\.connection needs PGPASSWORD, PGUSER from the environment"
    ):
        expand("postgres://${PGUSER}:${PGPASSWORD}@host/db", {})


def test_a_password_may_hold_any_character():
    address = "postgres://${PGUSER}:${PGPASSWORD}@${HOST}/db"

    assert expand(address, {"PGUSER": "me", "PGPASSWORD": "p@s/s:w", "HOST": "h:5432"}) == (
        "postgres://me:p%40s%2Fs%3Aw@h:5432/db"
    )


def test_a_secret_is_taken_out_of_what_a_driver_says():
    address, environment = "postgres://me:${PGPASSWORD}@host/db", {"PGPASSWORD": "p@ss word"}

    assert redact("x p%40ss%20word y p@ss word", address, environment) == "x ${PGPASSWORD} y ${PGPASSWORD}"
    assert redact("no hidden word", "postgres://me:hidden@host/db", {}) == "no *** word"


def test_an_address_is_shown_without_its_password():
    assert shown("postgres://me:hidden@host/db") == "postgres://me:***@host/db"
    assert shown("postgres://me:${PGPASSWORD}@host/db") == "postgres://me:${PGPASSWORD}@host/db"
