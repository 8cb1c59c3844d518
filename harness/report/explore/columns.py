"""Requests as columns of small numbers: a page holds tens of thousands of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd


class Words:
    """Numbers words in the order in which they first come."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._numbers: dict[str, int] = {}
        for word in words:
            self.number(word)

    def number(self, word: str) -> int:
        """The number of a word, a new one for a new word."""
        return self._numbers.setdefault(word, len(self._numbers))

    @property
    def words(self) -> list[str]:
        """Every word, at the place of its number."""
        return list(self._numbers)


def steps(values: Sequence[int] | np.ndarray[Any, Any]) -> list[int]:
    """Differences to the value before, the first to 0: ascending numbers in few digits."""
    differences: list[int] = np.diff(np.asarray(values, np.int64), prepend=np.int64(0)).tolist()
    return differences


def request_columns(requests: pd.DataFrame, start_ns: int, lanes: Words, servers: Words) -> dict[str, Any]:
    """The requests of `Series.requests` as the page holds them.

    Keys `at_ms` (since the start, each as a difference to the one before), `lane` and `server` (numbers),
    `took_ms`, `weight` (how many a row stands for), `extra` (places of rows of none, as differences).
    """
    if requests.empty:
        return {"at_ms": [], "lane": [], "server": [], "took_ms": [], "weight": 1, "extra": []}
    weight = requests["weight"].to_numpy(np.int64)
    return {
        "at_ms": steps((requests["intended_ns"].to_numpy(np.int64) - start_ns) // 1_000_000),
        "lane": [lanes.number(lane) for lane in requests["lane"]],
        "server": [
            servers.number(server_name(node, release))
            for node, release in zip(requests["node"], requests["release"], strict=True)
        ],
        "took_ms": [short_ms(took_ms) for took_ms in requests["latency_ms"].tolist()],
        "weight": int(weight.max()),
        "extra": steps(np.flatnonzero(weight == 0)),
    }


def server_name(node: str | None, release: str | None) -> str:
    """Node and release as one word, in the form that the page takes apart again."""
    return f"{node or ''}\n{release or ''}"


def short_ms(took_ms: float) -> float | int:
    """Three digits are more than a screen shows."""
    return round(took_ms) if took_ms >= 10 else round(took_ms, 1)
