"""Short numbers that stand for request ids, so that files are joined without keeping a text a line."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

NO_KEY = 0
"""Of a request without an id."""

_LENGTH = len("req-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
_DIGITS = np.array([*range(23, 27), *range(28, 40)])
"""Where the last 16 digits of such an id stand: 62 of their bits are random, so among ten million requests
two share them once in some ten thousand runs."""
_SEPARATORS = np.array([3, 12, 17, 22, 27])
_NO_DIGIT = 255


def _values() -> NDArray[np.uint8]:
    table = np.full(256, _NO_DIGIT, np.uint8)
    for value, digit in enumerate(b"0123456789abcdef"):
        table[digit] = value
    return table


_VALUES = _values()


def keys_of(ids: Sequence[str | None]) -> NDArray[np.uint64]:
    """The key of each id, in order."""
    texts = [b"" if text is None else text.encode(errors="surrogatepass") for text in ids]
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    begins = np.concatenate([np.zeros(1, np.int64), ends[:-1]]) if texts else ends
    return keys_in(np.frombuffer(b"".join(texts), np.uint8), begins, ends)


def keys_in(
    data: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """The keys of ids that stand in `data` from `begins` to before `ends`; of an empty one `NO_KEY`.

    Ids as the harness makes them are read as the numbers they are; any other is hashed.
    """
    keys = np.zeros(len(begins), np.uint64)
    rows = np.flatnonzero(ends - begins == _LENGTH)
    digits = _VALUES[data[begins[rows, None] + _DIGITS]]
    dashes = data[begins[rows, None] + _SEPARATORS] == ord("-")
    plain = (digits != _NO_DIGIT).all(axis=1) & dashes.all(axis=1)
    for place in range(len(_DIGITS)):
        keys[rows] = (keys[rows] << np.uint64(4)) | digits[:, place].astype(np.uint64)
    hashed = np.ones(len(begins), np.bool_)
    hashed[rows[plain]] = False
    for row in np.flatnonzero(hashed & (ends > begins)).tolist():
        text = data[begins[row] : ends[row]].tobytes()
        keys[row] = int.from_bytes(blake2b(text, digest_size=8).digest())
    # A key that came out as the one of no id is another's neighbour.
    keys[(keys == NO_KEY) & (ends > begins)] = NO_KEY + 1
    return keys
