"""Merkle trees, digests and the canonical text against published values."""

from __future__ import annotations

import hashlib
import random

import pytest

from jiqun.core.audit.canonical import DIGESTS, LEAF, clean, digest_of, entry_text
from jiqun.core.audit.merkle import root_of_path, tree_path, tree_root
from jiqun.errors import JiqunError

SHA256 = DIGESTS["sha256"]
# Test vectors of RFC 6962 as the reference implementation of Certificate Transparency has them.
INPUTS = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def _leaves(inputs: list[bytes]) -> bytes:
    return b"".join(SHA256(LEAF + one) for one in inputs)


def _recursive(inputs: list[bytes]) -> bytes:
    """The definition of RFC 6962, 2.1, word for word."""
    if len(inputs) == 1:
        return hashlib.sha256(b"\x00" + inputs[0]).digest()
    split = 1
    while split * 2 < len(inputs):
        split *= 2
    both = _recursive(inputs[:split]) + _recursive(inputs[split:])
    return hashlib.sha256(b"\x01" + both).digest()


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_the_rfc(count: int) -> None:
    assert tree_root(_leaves(INPUTS[:count]), SHA256).hex() == ROOTS[count - 1]


def test_the_root_of_nothing_is_the_digest_of_nothing() -> None:
    assert tree_root(b"", SHA256).hex() == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize("count", [9, 17, 31, 100, 257])
def test_levels_from_the_left_make_the_recursive_tree(count: int) -> None:
    inputs = [random.Random(count).randbytes(9) + bytes([at % 256]) for at in range(count)]
    assert tree_root(_leaves(inputs), SHA256) == _recursive(inputs)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 64, 100])
def test_every_leaf_has_a_path_to_the_root_and_no_other_leaf_takes_it(count: int) -> None:
    leaves = _leaves([bytes([at]) for at in range(count)])
    root = tree_root(leaves, SHA256)
    for index in range(count):
        path = tree_path(leaves, index, SHA256)
        assert root_of_path(leaves[32 * index : 32 * index + 32], path, SHA256) == root
        assert root_of_path(SHA256(b"another"), path, SHA256) != root


def test_sm3_is_that_of_the_standard() -> None:
    # GB/T 32905-2016, A.1 and A.2.
    sm3 = digest_of("sm3")
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abcd" * 16).hex() == (
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )


def test_an_unknown_digest_is_refused() -> None:
    with pytest.raises(JiqunError) as caught:
        digest_of("md5")
    assert caught.value.code == "E-AUDIT-HASH"


def test_no_two_entries_share_a_text() -> None:
    row = ("sha256", "", "a:1", 1, 5, None, "u", "o", "r", "x.y", "why", "{}", "{}", "q")
    assert entry_text(*row).split("\x1f") == ["" if one is None else str(one) for one in row]
    texts = {entry_text(*row)}
    for at, other in enumerate(
        ("sm3", "0", "a:2", 2, 6, 1, "v", "p", "s", "x.z", "", "[]", "1", "")
    ):
        texts.add(entry_text(*row[:at], other, *row[at + 1 :]))
    assert len(texts) == 1 + len(row)


def test_a_separator_typed_by_a_person_does_not_reach_the_text() -> None:
    assert clean("a\x1fb\x00c\nd\ud800", 0) == "a b c\nd?"
    assert clean("一二三", 2) == "一二"
