"""What a store that refuses has to say, in a sentence a user can act on."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from components.contracts.errors import StoreError

PLACES = {
    errno.ENOSPC: ("the disk is full", "free some space there, or set EVERGREEN_HOME to a larger disk"),
    errno.EDQUOT: (
        "the disk quota is used up",
        "free some space there, or set EVERGREEN_HOME to another disk",
    ),
    errno.EROFS: ("the file system is read-only", "set EVERGREEN_HOME or EVERGREEN_STORE to one that is not"),
    errno.EACCES: ("permission was denied", "ask for the right to it, or use another address"),
    errno.EPERM: ("permission was denied", "ask for the right to it, or use another address"),
    errno.ENOTDIR: ("a part of the path is a file", "move that file away, or use another address"),
    errno.EEXIST: ("a part of the path is a file", "move that file away, or use another address"),
    errno.ENOENT: ("it is not there", "check the address"),
}
"""What the system says of a place that cannot be used: the cause, and what to do."""

_BY_WORDS = (
    (r"OAuth2 access token|credential|UNAUTHENTICATED|INVALID_ACCESS_KEY|SIGNATURE|code: 401", "there are no valid credentials",
     "sign in: GOOGLE_APPLICATION_CREDENTIALS for gs://, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for s3://"),
    (r"NO_SUCH_BUCKET|bucket does not exist|CreateResumableUpload.*code: 404|code: 404.*CreateResumableUpload",
     "the bucket does not exist", "create it, or correct the address"),
    (r"ACCESS_DENIED|PERMISSION_DENIED|code: 403", "permission was denied",
     "give this account the right to it, or use another address"),
    (r"NETWORK_CONNECTION|resolve host|Couldn't connect|Could not connect|UNAVAILABLE", "the endpoint cannot be reached",
     "check the network, AWS_ENDPOINT_URL and STORAGE_EMULATOR_HOST"),
)  # fmt: skip


@contextmanager
def explained(uri: str, doing: str) -> Iterator[None]:
    """Tell what went wrong with an address: which one, what the system said and what to do.

    Args:
        uri: The address.
        doing: What could not be done with it, as in `read`.

    Raises:
        StoreError: In place of an `OSError`, which is what pyarrow raises for clouds too.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(sentence(uri, doing, error)) from error


def sentence(uri: str, doing: str, error: OSError) -> str:
    """Which address, what the system said, what to do."""
    said = re.sub(r"\s*\(Request ID:[^)]*\)", "", str(error)).partition(" error_info=")[0].strip()
    for words, cause, advice in _BY_WORDS:
        if re.search(words, str(error), re.DOTALL):
            return f"{uri} cannot be {doing}: {cause}; {advice} ({said})"
    # pyarrow raises this one without its number.
    number = error.errno or (errno.ENOENT if isinstance(error, FileNotFoundError) else 0)
    cause, advice = PLACES.get(number, (said or type(error).__name__, "check the address"))
    return f"{uri} cannot be {doing}: {cause}; {advice}"
