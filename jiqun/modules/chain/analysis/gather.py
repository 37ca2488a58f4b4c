"""Puts together everything the chain engine needs of one place, from one snapshot."""

from __future__ import annotations

import numpy as np

from jiqun.core.factstore import rows as read
from jiqun.engine.regional.complexity import complexity
from jiqun.engine.regional.quotient import (
    expected_cells,
    fit_prior,
    location_quotient,
    quotient_posterior,
)
from jiqun.errors import JiqunError
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.bounds import place_bounds
from jiqun.modules.chain.analysis.entry import read_entry
from jiqun.modules.chain.analysis.evidence import invoiced_outside, trend
from jiqun.modules.chain.analysis.inputs import (
    Activity,
    ChainInputs,
    Flags,
    Floats,
    Scope,
    Specialisation,
)
from jiqun.modules.chain.analysis.links import read_links
from jiqun.modules.chain.analysis.panel import SIZE_MEASURES, Panel, read_panel
from jiqun.rules.loader import Pack

NEIGHBOURS = 10
Note = tuple[str, str]


def _size_measure(panel: Panel, row: int) -> str:
    """The first measure, in order of preference, that the place has at the finest level."""
    detail = panel.detail
    for measure in SIZE_MEASURES:
        if measure in panel.values and np.nansum(panel.values[measure][row, detail]) > 0:
            return measure
    return next(iter(panel.values))


def _total(panel: Panel, measure: str, rows: slice | int) -> Floats:
    """Totals of places: the level with the largest sum, because finer levels hide more."""
    levels = panel.classification.levels
    matrix = np.atleast_2d(panel.values[measure][rows])
    sums = [np.nansum(matrix[:, levels == level], axis=1) for level in np.unique(levels)]
    return np.max(np.stack(sums), axis=0)


def _in_scope(panel: Panel, pack: Pack) -> Flags:
    scope = pack.scopes.get(panel.classification.name)
    codes = [panel.classification.codes[i] for i in panel.detail]
    if scope is None:
        return np.ones(len(codes), dtype=bool)
    prefixes = tuple(str(prefix) for prefix in scope["prefixes"])
    return np.array([code.startswith(prefixes) for code in codes])


def _recruitable(panel: Panel, pack: Pack) -> Flags:
    barred = tuple(pack.scopes.get(panel.classification.name, {}).get("not_recruitable", {}))
    codes = [panel.classification.codes[i] for i in panel.detail]
    return np.array([not (barred and code.startswith(barred)) for code in codes])


def _neighbours(panel: Panel, row: int) -> list[int]:
    """The nearest places by great-circle distance; none where positions are unknown."""
    lon, lat = np.radians(panel.lonlat[:, 0]), np.radians(panel.lonlat[:, 1])
    half = (
        np.sin((lat - lat[row]) / 2) ** 2
        + np.cos(lat) * np.cos(lat[row]) * np.sin((lon - lon[row]) / 2) ** 2
    )
    half[row] = np.nan
    known = np.flatnonzero(~np.isnan(half))
    return [int(i) for i in known[np.argsort(half[known], kind="stable")][:NEIGHBOURS]]


def _complexity(matrix: Floats) -> tuple[Floats, list[Note]]:
    """Product complexity of each industry; unknown, with the reason, where it is not defined."""
    unknown = np.full(matrix.shape[1], np.nan)
    filled = np.nan_to_num(matrix)
    rows, columns = filled.sum(axis=1) > 0, filled.sum(axis=0) > 0
    try:
        unknown[columns] = complexity(filled[np.ix_(rows, columns)]).pci
    except JiqunError as error:
        return unknown, [
            (f"复杂度不计算：{error.message_zh}", f"no complexity: {error.message_en}")
        ]
    return unknown, []


def _specialisation(
    cells: Floats, place: Floats, place_total: float, plant: Floats, national: Floats, total: float
) -> Specialisation:
    """Location quotients with plant equivalents as the evidence.

    Workers of one plant are not independent events, so a value is divided by the national size of
    a plant before it enters the Poisson likelihood: a thousand workers in one plant count as a few
    plants, not as a thousand.
    """
    unit = np.where(plant > 0, plant, np.nan)
    region = np.nansum(cells, axis=1)
    expected = expected_cells(
        cells, region_total=region, industry_total=national, grand_total=total
    )
    prior = fit_prior(cells / unit, expected / unit)
    own_expected = place_total * national / total if total > 0 else np.full(national.shape, np.nan)
    posterior = quotient_posterior(place / unit, own_expected / unit, prior)
    raw = location_quotient(
        place[None, :], region_total=[place_total], industry_total=national, grand_total=total
    )[0]
    return Specialisation(
        raw=raw,
        mean=posterior.mean,
        low=posterior.low,
        high=posterior.high,
        shape=prior.shape + place / unit,
        rate=prior.rate + own_expected / unit,
    )


def gather(store: Store, at: Snapshot, scope: Scope, pack: Pack) -> ChainInputs:
    """Read and prepare the inputs of one place.

    Raises:
        JiqunError: ``E-SCOPE-EMPTY``, ``E-CLASSIFICATION-UNKNOWN``.
    """
    panel = read_panel(store, at, scope)
    row = panel.places.index(scope.place)
    reference = [
        i for i in range(len(panel.places)) if i != row or _is_county(store, at, scope.place)
    ]
    detail, measure = panel.detail, _size_measure(panel, row)
    cells = panel.values[measure][:, detail]
    counts = panel.values.get("establishments")
    count_cells = counts[:, detail] if counts is not None else np.full(cells.shape, np.nan)
    national, national_count = (
        np.nansum(cells[reference], axis=0),
        np.nansum(count_cells[reference], axis=0),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        plant = np.where(national_count > 0, national / national_count, np.nan)
    place_total = float(_total(panel, measure, row)[0])
    total = float(np.sum(_total(panel, measure, slice(None))[reference]))
    employed = panel.values.get("employment")
    workers = (
        np.full(detail.size, np.nan)
        if employed is None
        else np.nansum(employed[:, detail][reference], axis=0)
    )
    low, high, hidden, evident = place_bounds(panel, row, measure, plant)
    pci, notes = _complexity(count_cells[reference] if counts is not None else cells[reference])
    if not (national_count > 0).any():
        notes.append((
            "没有单位数，无从判断专业化是否偶然，主导层不能确定；请装载单位数",
            "without counts of establishments specialisation cannot be told from chance: load them",
        ))  # fmt: skip
    links, more = read_links(store, at, panel.classification, detail, scope.place)
    near = [i for i in _neighbours(panel, row) if i in set(reference)]
    if not near:
        notes.append(
            ("没有坐标，邻近县需求未计入", "no coordinates: neighbours' demand is left out")
        )
    codes = tuple(panel.classification.codes[i] for i in detail)
    history = trend(store, at, scope, panel, measure)
    outside, sales = invoiced_outside(store, at, scope, codes)
    unread = sales.note("购销关系", "the trade links")
    notes += [unread] if unread else []
    activity = Activity(
        codes=codes,
        names_zh=tuple(panel.classification.names_zh[i] for i in detail),
        names_en=tuple(panel.classification.names_en[i] for i in detail),
        in_scope=_in_scope(panel, pack),
        recruitable=_recruitable(panel, pack),
        measure=measure,
        size=cells[row],
        low=low,
        high=high,
        hidden=hidden,
        evident=evident,
        count=count_cells[row],
        national_size=national,
        national_count=national_count,
        national_workers=workers,
        place_total=place_total,
        national_total=total,
        growth=history.growth,
        competitive=history.competitive,
        since=history.since,
        invoiced_outside=outside,
        complexity=pci,
        neighbour_size=np.nansum(cells[near], axis=0) if near else np.zeros(detail.size),
    )
    entry, entry_notes = read_entry(store, at, scope, panel)
    return ChainInputs(
        scope=scope,
        snapshot=at.id,
        activity=activity,
        specialisation=_specialisation(
            cells[reference], cells[row], place_total, plant, national, total
        ),
        links=links,
        entry=entry,
        notes=(*notes, *more, *entry_notes),
    )


def _is_county(store: Store, at: Snapshot, place: str) -> bool:
    found = read(store, "place", ["level"], at, place=place)
    return bool(found.height) and found["level"][0] == "county"
