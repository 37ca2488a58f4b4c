"""Names of snapshots and digests of content: equal content, equal name, for ever."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.errors import JiqunError
from jiqun.facts.store.snapshot import (
    frame_digest,
    list_snapshots,
    load_snapshot,
    save_snapshot,
    snapshot_id,
)

FRAME = pl.DataFrame(
    {
        "code": ["乙", None, "甲", ""],
        "value": [1, 2, None, 4],
        "share": [0.5, float("nan"), -0.0, None],
        "flag": [True, False, None, True],
        "day": [date(2026, 1, 1), None, date(2025, 12, 31), date(1969, 1, 1)],
        "at": [datetime(2026, 1, 1, tzinfo=UTC), None, None, datetime(1960, 1, 1, tzinfo=UTC)],
        "fen": [Decimal("1.50"), None, Decimal("-2.00"), Decimal(0)],
    }
)


PINNED = "aa1db99f0aed2793749e23ac262f5272e62cbf7811219b8004565b8b05e07798"


def test_snapshot_id_is_the_hash_of_the_versions() -> None:
    text = '{"firm":3,"place":1}'
    assert snapshot_id({"place": 1, "firm": 3}) == hashlib.sha256(text.encode()).hexdigest()


def test_snapshot_is_written_once(tmp_path: Path) -> None:
    first = save_snapshot(tmp_path, {"firm": 3})
    assert save_snapshot(tmp_path, {"firm": 3}) == first
    second = save_snapshot(tmp_path, {"firm": 4})
    assert list_snapshots(tmp_path) == [first, second]


def test_changed_snapshot_file_is_noticed(tmp_path: Path) -> None:
    taken = save_snapshot(tmp_path, {"firm": 3})
    path = tmp_path / f"{taken.id}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "versions": {"firm": 2}}))
    for identity in (taken.id, "0" * 64, "../x"):
        with pytest.raises(JiqunError, match="E-STORE-SNAPSHOT"):
            load_snapshot(tmp_path, identity)


def test_digest_is_pinned() -> None:
    """An appeal compares with a digest of years ago: a new library must not change it."""
    assert frame_digest(FRAME) == PINNED
    # Independently: one text column, one row; count, name and type, no nulls, length, content.
    content = b"1" + b"\x1ea\x1ftext\x1f" + b"\x00" + (1).to_bytes(8, "little") + b"x"
    assert frame_digest(pl.DataFrame({"a": ["x"]})) == hashlib.sha256(content).hexdigest()


def test_digest_ignores_order_and_layout() -> None:
    shuffled = FRAME.select(reversed(FRAME.columns)).sample(fraction=1, shuffle=True, seed=3)
    chunks = pl.concat([FRAME[2:], FRAME[:2]], rechunk=False)
    narrow = FRAME.with_columns(pl.col("value").cast(pl.UInt8), pl.col("code").cast(pl.Categorical))
    assert {frame_digest(one) for one in (FRAME, shuffled, chunks, narrow)} == {frame_digest(FRAME)}
    zero = pl.DataFrame({"a": [0.0]})
    assert frame_digest(zero) == frame_digest(pl.DataFrame({"a": [-0.0]}))


@pytest.mark.parametrize(
    "other",
    [
        FRAME.with_columns(pl.col("value").fill_null(0)),  # unknown is not zero
        FRAME.with_columns(pl.col("code").fill_null("")),
        FRAME.with_columns(pl.col("share").fill_nan(None)),
        FRAME.rename({"flag": "flags"}),
        FRAME.with_columns(pl.col("value").cast(pl.Float64)),
        FRAME[:3],
    ],
)
def test_digest_sees_every_difference(other: pl.DataFrame) -> None:
    assert frame_digest(other) != frame_digest(FRAME)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=3), min_size=2, max_size=2))
def test_texts_do_not_run_together(pair: list[str]) -> None:
    one = pl.DataFrame({"a": [pair[0]], "b": [pair[1]]})
    other = pl.DataFrame({"a": [pair[0] + pair[1]], "b": [""]})
    assert (frame_digest(one) == frame_digest(other)) == (pair[1] == "")


def test_nested_content_is_refused() -> None:
    with pytest.raises(JiqunError, match="E-STORE-TYPE"):
        frame_digest(pl.DataFrame({"a": [[1, 2]]}))
