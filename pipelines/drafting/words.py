"""What column names usually mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


LABEL = {
    **dict.fromkeys(_set("label target y class classification outcome response"), 6),
    **dict.fromkeys(_set("churn churned fraud fraudulent default defaulted survived diagnosis"), 5),
    **dict.fromkeys(_set("converted conversion clicked returned cancelled canceled readmitted"), 5),
    **dict.fromkeys(_set("species attrition spam approved purchased failed failure late"), 4),
    **dict.fromkeys(_set("price sales revenue demand quality progression delayed disease"), 4),
    **dict.fromkeys(_set("delay consumption salary result grade score rating status"), 2),
    **dict.fromkeys(_set("income cost value amount duration type category median"), 1),
}
"""Words in a label's name, and how telling they are."""

FLAG = _set("is has did was will")
"""What a yes-or-no column's name begins with."""

EVENT = _set(
    "event occurred happened timestamp datetime time date day when created ordered order start started pickup begin "
    "began departure sched scheduled booking booked purchase purchased transaction sold sale opened ts hour month"
)
"""Words for when a row happened."""

LATER = _set(
    "updated modified end ended closed finish finished completed resolved arrival arrived delivered delivery shipped "
    "paid settled returned cancelled canceled dropoff expiry expires expiration due until available loaded ingested "
    "inserted recorded received landed reported changed last"
)
"""Words for what comes after it."""

AVAILABLE = _set("available loaded ingested ingestion inserted recorded received landed reported known")
"""Words for when a row could first be read."""

OTHER_TIMES = _set("birth birthday birthdate dob born founded built")
"""Words for times that are a property, not an event."""

KEY = _set("id uuid guid key pid identifier index number no nr num code sku ref reference")
"""Words for what names a row or a thing."""

ENTITY = _set("id uuid guid key pid")
"""Those that surely do."""

CODE = KEY | _set(
    "zip zipcode postcode postal type category class region store shop product station group kind sector branch "
    "department plant line flight route"
)
"""Words for whole numbers that are names."""

PARTS = _set("year quarter month week weekday dayofweek day hour minute second")
"""Words for the parts of a date."""

SIGNED = _set(
    "temp temperature temperatures celsius fahrenheit dewp dewpoint lat latitude lon lng longitude elevation altitude "
    "balance change delta diff difference log growth returns delay profit net score index anomaly offset x y z"
)
"""Words for numbers that may be negative, though none was seen."""

AFTERWARDS = _set("after afterwards post outcome result final resolution resolved refund refunded reason")
"""Words for what is known only after the outcome."""

BEFORE = _set(
    "previous prev prior before last past lag lagged former earlier expected scheduled sched planned"
)
"""Words for what was known before."""

MISSING = _set("NA N/A n/a na #N/A NaN nan NULL null None none - -- ? .") | {""}
"""What people write where there is no number."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words(name: str) -> tuple[str, ...]:
    """The words of a column's name, in lower case: `arrDelay_min` has arr, delay and min."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return tuple(word.lower() for word in _WORD.findall(plain))


def has(name: str, among: Collection[str]) -> bool:
    """Whether one of a name's words is among these."""
    return any(word in among for word in words(name))


def names_a_thing(name: str) -> bool:
    """Whether a name is an identifier's: `id`, `customer_id`, `customerId`, `PID`, `order no`."""
    parts = words(name)
    return bool(parts) and (parts[-1] in KEY or parts[0] in ("id", "uuid", "guid"))
