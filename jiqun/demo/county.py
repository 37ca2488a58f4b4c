"""Write the demo county's folder: files as a county would hand them over, and ``county.toml``."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from jiqun.demo import (
    economy,
    firms,
    input_output,
    parcels,
    permu,
    places,
    reports,
    supervision,
    tables,
    titles,
    trade,
)
from jiqun.demo.firms import FULL
from jiqun.demo.reference import FOLDER

SEED = 20261122
MAPPING = "county.toml"


def generate(folder: Path, *, seed: int = SEED, firms: int = FULL) -> list[Path]:
    """Write the synthetic county (合成数据) and return the files written, ``county.toml`` last.

    Args:
        folder: made if it is absent; files of the same names are replaced.
        seed: equal seeds give equal bytes.
        firms: how many firms the county has; the table of cells follows them. At least 200.

    Raises:
        ValueError: fewer than 200 firms, with which the cluster would lose its parts.
    """
    if firms < 200:
        msg = f"a demo county needs at least 200 firms, not {firms}"
        raise ValueError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(10)]
    table = input_output.build(streams[0])
    districts = places.counties(streams[1])
    output = dict(zip(table.codes, table.output.tolist(), strict=True))
    peers = economy.simulate(streams[2], districts, output)
    pattern = peers.values["establishments"][-1, 0]
    return [
        *tables.references(folder, places.table(districts)),
        *tables.national(folder, table),
        *tables.peers(folder, peers),
        *_firm_tables(folder, streams[3:], pattern, table, firms),
        *tables.records(folder),
        Path(shutil.copyfile(FOLDER / MAPPING, folder / MAPPING)),
    ]


def _firm_tables(
    folder: Path,
    streams: list[np.random.Generator],
    pattern: np.ndarray,
    table: input_output.Table,
    count: int,
) -> list[Path]:
    """Everything that comes from the firms, the county's own industry cells included."""
    register = firms.register(streams[0], pattern, count)
    years = firms.panel(streams[0], register)
    known = firms.with_scale(register, years)
    panel = tables.panel_frame(known, years)
    links = trade.links(streams[1], register, years, table)
    return [
        *tables.county(folder, firms.cells(register, years)),
        *tables.register(folder, known, trade.outsiders(count)),
        *tables.side_industries(streams[2], folder, known),
        *reports.yearly(streams[3], folder, panel, known),
        *reports.monthly(streams[3], folder, panel, known, count / FULL),
        *tables.trade(folder, links, known),
        *titles.titles(streams[4], folder, panel, known),
        *permu.permu(streams[5], folder, panel, known),
        *parcels.parcels(streams[6], folder, panel, known),
        *supervision.supervision(folder, panel, known),
    ]
