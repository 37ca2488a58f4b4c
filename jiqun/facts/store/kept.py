"""Small frames kept in memory. A version of a table never changes, so neither does what was read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

import polars as pl

MOST, LARGEST = (
    128,
    8 << 20,
)  # frames; bytes of one: at most a gigabyte, in practice a few megabytes
Key = tuple[str, int, tuple[str, ...] | None]  # table, version, columns


class Kept:
    """The frames that were asked for last, by table, version and columns."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._frames: OrderedDict[Key, pl.DataFrame] = OrderedDict()
        self._lock = Lock()

    def frame(self, key: Key, read: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return the frame of ``key``, read now or before; a copy, whose columns are shared."""
        with self._lock:
            found = self._frames.get(key)
            if found is not None:
                self._frames.move_to_end(key)
                return found.clone()
        found = read()
        if found.estimated_size() <= LARGEST:
            with self._lock:
                self._frames[key] = found
                if len(self._frames) > MOST:
                    self._frames.popitem(last=False)
        return found.clone()
