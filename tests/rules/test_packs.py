"""Rule packs: they load, agree with themselves, and their vectors hold in the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jiqun.engine.indices.energy import coal_equivalent
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.regional.complexity import proximity
from jiqun.engine.regional.quotient import location_quotient
from jiqun.errors import JiqunError
from jiqun.rules import loader

PACKS = sorted(
    (path.parent.name, path.stem)
    for path in loader.FOLDER.glob("*/*.yaml")
    if path.parent.name not in loader.TYPED
)


def _quotient(given: Mapping[str, Any]) -> float:
    return float(
        location_quotient(
            np.array([[given["cell"]]], dtype=float),
            region_total=[given["region"]],
            industry_total=[given["industry"]],
            grand_total=given["total"],
        )[0, 0]
    )


def _proximity(given: Mapping[str, Any]) -> float:
    return float(proximity(np.array(given["matrix"], dtype=float))[0, 1])


def _tce(given: Mapping[str, Any]) -> float:
    """Tonnes of coal equivalent of amounts in kWh and m³."""
    amounts = {
        name: Figure(np.array([given[name] * 1000]), np.array([True]))
        for name in ("electricity", "natural_gas")
    }
    coefficients = loader.pack("energy", "gbt2589-2020").values()
    found = coal_equivalent(amounts, coefficients, electricity=given["way"])
    return float(found.value[0]) / 1e6


CALLS: Mapping[str, Callable[[Mapping[str, Any]], float]] = {
    "location_quotient": _quotient,
    "proximity": _proximity,
    "tce": _tce,
}
VECTORS = [
    pytest.param(vector, id=f"{topic}-{vector['name']}")
    for topic, version in PACKS
    for vector in loader.pack(topic, version).vectors
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the chain's pack that a test may spoil."""
    source = loader.FOLDER / "chain" / "jiqun-2026.1.yaml"
    (tmp_path / "chain").mkdir()
    (tmp_path / "chain" / source.name).write_text(source.read_text(encoding="utf-8"))
    monkeypatch.setattr(loader, "FOLDER", tmp_path)
    loader.pack.cache_clear()
    yield tmp_path / "chain"
    loader.pack.cache_clear()


def _refused(call: Callable[[], object]) -> JiqunError:
    with pytest.raises(JiqunError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(("topic", "version"), PACKS)
def test_each_pack_loads_with_words_and_source(topic: str, version: str) -> None:
    found = loader.pack(topic, version)
    assert (found.topic, found.version) == (topic, version)
    for text in (found.title, found.source):
        assert text["zh"]
        assert text["en"]
    for parameter in found.parameters.values():
        assert parameter.zh
        assert parameter.en
        assert parameter.unit
    assert found.vectors, "a pack without test vectors proves nothing"


@pytest.mark.parametrize("vector", VECTORS)
def test_vectors_of_the_packs(vector: Mapping[str, Any]) -> None:
    assert CALLS[vector["call"]](vector["given"]) == pytest.approx(vector["expect"], abs=5e-5)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("value: 0.70, min: 0.5", "value: 0.30, min: 0.5", "value outside min..max"),
        ('mark: "◆"}', 'mark: "!"}', "unknown mark"),
        ("version: jiqun-2026.1", "version: jiqun-2026.2", "differs from the file's name"),
    ],
)
def test_a_pack_that_contradicts_itself_does_not_load(
    folder: Path, before: str, after: str, what: str
) -> None:
    path = folder / "jiqun-2026.1.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    error = _refused(lambda: loader.pack("chain", "jiqun-2026.1"))
    assert error.code == "E-PACK"
    assert what in error.message_en
    assert error.status == 500


def test_every_contradiction_is_named_at_once(folder: Path) -> None:
    path = folder / "jiqun-2026.1.yaml"
    spoilt = path.read_text(encoding="utf-8").replace(
        "value: 0.70, min: 0.5", "value: 0.3, min: 0.5"
    )
    path.write_text(spoilt.replace("value: 1.5, min: 1.0", "value: 99, min: 1.0"), encoding="utf-8")
    error = _refused(lambda: loader.pack("chain", "jiqun-2026.1"))
    assert "leading.coverage" in error.message_en
    assert "leading.lq_threshold" in error.message_en


def test_an_unknown_version_names_those_there_are(folder: Path) -> None:
    error = _refused(lambda: loader.pack("chain", "2019"))
    assert (error.code, error.status) == ("E-PACK-UNKNOWN", 404)
    assert "jiqun-2026.1" in error.hint_zh
    assert "jiqun-2026.1" in error.hint_en


def test_the_newest_pack_that_has_begun_is_in_force(folder: Path) -> None:
    text = (folder / "jiqun-2026.1.yaml").read_text(encoding="utf-8")
    later = text.replace("jiqun-2026.1", "jiqun-2027.1").replace("2026-01-01", "2027-01-01")
    (folder / "jiqun-2027.1.yaml").write_text(later, encoding="utf-8")
    assert loader.latest("chain", date(2026, 12, 31)).version == "jiqun-2026.1"
    assert loader.latest("chain", date(2027, 1, 1)).version == "jiqun-2027.1"
    assert _refused(lambda: loader.latest("chain", date(2025, 12, 31))).code == "E-PACK-UNKNOWN"


def test_changes_collect_every_problem() -> None:
    pack = loader.pack("chain", "jiqun-2026.1")
    changes = {
        "leading.coverage": 0.6,
        "leading.share_min": 7.0,
        "no.such": 1.0,
        "single_source": float("nan"),
    }
    error = _refused(lambda: pack.values(changes))
    assert error.code == "E-PARAMETER"
    assert [problem.column for problem in error.fields] == [
        "leading.share_min", "no.such", "single_source",
    ]  # fmt: skip
    assert "0.01" in error.fields[0].message_en
    assert "0.9" in error.fields[0].message_zh


def test_changes_lie_over_the_defaults() -> None:
    pack = loader.pack("chain", "jiqun-2026.1")
    assert pack.values({"leading.coverage": 0.6}) == pack.values() | {"leading.coverage": 0.6}
    assert pack.values()["leading.coverage"] == 0.7
