"""Reads the panel place × industry of one classification and period from a snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiqun.core.factstore import rows as read
from jiqun.core.factstore import table as facts_table
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.inputs import Floats, Scope

# In order of preference, as what an industry's size is measured by.
FEWEST_REFERENCES = 5
SIZE_MEASURES = ("output", "employment", "establishments", "tax")


@dataclass(frozen=True, slots=True)
class Classification:
    """Codes of one classification, with names, parents and levels; ``position`` by code."""

    name: str
    codes: tuple[str, ...]
    names_zh: tuple[str, ...]
    names_en: tuple[str, ...]
    parents: tuple[str, ...]
    levels: NDArray[np.int64]
    position: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Panel:
    """Values of every place (rows) and every code of the classification (columns), all levels.

    ``values[measure]`` is (p, c) in base units; NaN where nothing is known. ``withheld`` marks
    cells whose own row says so; ``absent`` says what a missing row means for this panel.
    """

    classification: Classification
    period: str
    places: tuple[str, ...]
    names_zh: tuple[str, ...]
    lonlat: Floats
    values: Mapping[str, Floats]
    withheld: Mapping[str, NDArray[np.bool_]]
    absent: str
    level: int

    @property
    def detail(self) -> NDArray[np.intp]:
        """Columns at the finest level that the panel fills."""
        return np.flatnonzero(self.classification.levels == self.level)


def read_classification(store: Store, at: Snapshot, name: str) -> Classification:
    """Read one classification; JiqunError ``E-CLASSIFICATION-UNKNOWN`` names those there are."""
    frame = read(store, "industry", at=at, classification=name).sort("code")
    if frame.is_empty():
        every = read(store, "industry", ["classification"], at)
        known = sorted(every["classification"].unique())
        raise JiqunError(
            "E-CLASSIFICATION-UNKNOWN",
            f"没有行业分类“{name}”",
            f"there is no classification “{name}”",
            hint_zh="已装载：" + ("、".join(known) or "无"),
            hint_en="loaded: " + (", ".join(known) or "none"),
            kind=Kind.NOT_FOUND,
        )
    codes = tuple(frame["code"])
    zh = tuple(frame["name_zh"].fill_null(frame["name_en"]).fill_null(frame["code"]))
    en = tuple(frame["name_en"].fill_null(frame["name_zh"]).fill_null(frame["code"]))
    return Classification(
        name=name,
        codes=codes,
        names_zh=zh,
        names_en=en,
        parents=tuple(frame["parent"].fill_null("")),
        levels=frame["level"].to_numpy().astype(np.int64),
        position={code: i for i, code in enumerate(codes)},
    )


def read_places(store: Store, at: Snapshot) -> pl.DataFrame:
    """Return every place with its name, parent, level and position."""
    columns = ["place", "name_zh", "name_en", "parent", "level", "lon", "lat"]
    return store.current("place", at=at).select(columns).to_polars().sort("place")


def absent_rule(store: Store, sources: Sequence[str]) -> str:
    """Return what a missing row means in these sources; the most cautious where they differ."""
    ledger = store.freshness()
    stated = set(ledger.filter(pl.col("source").is_in(list(sources)))["absent"])
    if "suppressed" in stated:
        return "suppressed"
    return "zero" if stated == {"zero"} else "unknown"


def _cells(store: Store, at: Snapshot, scope: Scope) -> pl.DataFrame:
    columns = ["place", "industry", "measure", "value", "status", "source"]
    return read(
        store, "industry_cell", columns, at,
        classification=scope.classification, period=scope.period,
    )  # fmt: skip


def _no_cells(store: Store, at: Snapshot, scope: Scope) -> JiqunError:
    periods = periods_of(store, at, scope.classification)
    return JiqunError(
        "E-SCOPE-EMPTY",
        f"{scope.place} 在 {scope.period} 没有按 {scope.classification} 分类的行业数据",
        f"{scope.place} has no cells by {scope.classification} in {scope.period}",
        hint_zh="该分类已有的期间：" + ("、".join(periods) or "无；请先装载行业单元表"),
        hint_en="periods of that classification: "
        + (", ".join(periods) or "none; load cells first"),
        kind=Kind.NOT_FOUND,
    )


def _no_reference(scope: Scope, found: int) -> JiqunError:
    return JiqunError(
        "E-REFERENCE-MISSING",
        f"{scope.classification} {scope.period} 只有 {found} 个县的数据，无从比较，不能判断谁有专长",
        f"{scope.classification} {scope.period} has cells of {found} counties only: nothing to compare with",
        hint_zh=f"请装载参照区（至少 {FEWEST_REFERENCES} 个县）的行业单元；只有投入产出表时可用 jiqun run linkages",
        hint_en=f"load cells of a reference area ({FEWEST_REFERENCES} counties at least); for an "
        "input–output table alone use: jiqun run linkages",
    )


def read_panel(store: Store, at: Snapshot, scope: Scope) -> Panel:
    """Read the panel of ``scope``: its place, and all counties as the reference area.

    The reference rows are the places of level ``county`` that have cells; the scope's own place is
    added as the last row when it is not among them (a town, a park, a city). A scope without a place
    reads the reference rows alone.

    Raises:
        JiqunError: ``E-SCOPE-EMPTY`` when the place has no cells in that period,
            ``E-REFERENCE-MISSING`` when there are too few counties to compare with.
    """
    classification = read_classification(store, at, scope.classification)
    cells = _cells(store, at, scope)
    if cells.is_empty() or (scope.place and not (cells["place"] == scope.place).any()):
        raise _no_cells(store, at, scope)
    meta = read_places(store, at)
    counties = meta.filter(
        (pl.col("level") == "county") & pl.col("place").is_in(cells["place"].unique().implode())
    )
    rows = list(counties["place"])
    if len(rows) < FEWEST_REFERENCES:
        raise _no_reference(scope, len(rows))
    if scope.place and scope.place not in rows:
        rows.append(scope.place)
    by_place = {row["place"]: row for row in meta.iter_rows(named=True)}
    absent = absent_rule(store, cells["source"].unique().to_list())
    values, withheld = _matrices(cells, rows, classification, absent)
    filled = next(iter(values.values()))
    used = classification.levels[(~np.isnan(filled) & (filled > 0)).any(axis=0)]
    return Panel(
        classification=classification,
        period=scope.period,
        places=tuple(rows),
        names_zh=tuple(str(by_place.get(row, {}).get("name_zh") or row) for row in rows),
        lonlat=np.array([_position(by_place.get(row, {})) for row in rows]),
        values=values,
        withheld=withheld,
        absent=absent,
        level=int(used.max()) if used.size else 1,
    )


def _position(row: Mapping[str, object]) -> tuple[float, float]:
    lon, lat = row.get("lon"), row.get("lat")
    known = isinstance(lon, float) and isinstance(lat, float)
    return (lon, lat) if known else (float("nan"), float("nan"))  # type: ignore[return-value]


def _matrices(
    cells: pl.DataFrame, rows: Sequence[str], classification: Classification, absent: str
) -> tuple[dict[str, Floats], dict[str, NDArray[np.bool_]]]:
    places = pl.DataFrame({"place": rows, "r": np.arange(len(rows))})
    codes = pl.DataFrame(
        {"industry": classification.codes, "c": np.arange(len(classification.codes))}
    )
    placed = cells.join(places, on="place").join(codes, on="industry")
    shape = (len(rows), len(classification.codes))
    values: dict[str, Floats] = {}
    withheld: dict[str, NDArray[np.bool_]] = {}
    for (measure,), part in placed.group_by("measure"):
        matrix = np.full(shape, 0.0 if absent == "zero" else np.nan)
        hidden = np.zeros(shape, dtype=bool)
        r, c = part["r"].to_numpy(), part["c"].to_numpy()
        suppressed = (part["status"] == "suppressed").to_numpy()
        matrix[r, c] = np.where(
            suppressed, np.nan, part["value"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        )
        hidden[r, c] = suppressed
        values[str(measure)], withheld[str(measure)] = matrix, hidden
    ordered = [name for name in SIZE_MEASURES if name in values] + sorted(
        set(values) - set(SIZE_MEASURES)
    )
    return {name: values[name] for name in ordered}, withheld


def periods_of(store: Store, at: Snapshot, classification: str) -> list[str]:
    """Return the periods that have cells of a classification, oldest first."""
    cells = facts_table(store, "industry_cell", at, classification=classification)
    return sorted(cells.select("period").distinct().to_polars()["period"])


def places_within(store: Store, at: Snapshot | str, place: str) -> list[str]:
    """Return the place and every place that lies in it."""
    children: dict[str, list[str]] = {}
    for code, parent in read(store, "place", ["place", "parent"], at).iter_rows():
        children.setdefault(parent or "", []).append(code)
    found: list[str] = []
    todo = [place]
    while todo:
        code = todo.pop()
        found.append(code)
        todo += [child for child in children.get(code, []) if child not in found]
    return found
