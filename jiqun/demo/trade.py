"""Who bought what from whom in the last year: purchases by input–output recipe, sales outside.

Sellers and buyers outside the county carry valid codes of the invented peer counties; they are in
no register, which is how a module can tell that a sale left the county.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from jiqun.demo import input_output
from jiqun.demo.codes import issue
from jiqun.demo.firms import FULL, Panel, Register, sectors_of
from jiqun.demo.places import county_codes

LINKS = 5600  # drawn at full size; equal pairs are merged
OUTSIDE = 900  # different counterparts outside the county
SOLD = 0.94  # at most this share of a seller's revenue is in links
TRADERS = ("513", "529")


@dataclass(frozen=True, slots=True)
class _Side:
    """What the draws need: arrays over firms that were present in the last year."""

    firm: np.ndarray
    sector: np.ndarray
    group: np.ndarray
    product: np.ndarray
    revenue: np.ndarray
    outside: np.ndarray
    output: np.ndarray


def _side(firms: Register, years: Panel) -> _Side:
    present = years.present[:, -1]
    table = firms.table.with_columns(pl.Series("sector", sectors_of(firms.table))).filter(present)
    return _Side(
        firm=table["firm"].to_numpy(),
        sector=table["sector"].to_numpy(),
        group=table["group"].to_numpy(),
        product=table["products"].str.split(";").list.first().to_numpy(),
        revenue=years.values["revenue"][present, -1].astype(float),
        outside=table["outside"].to_numpy(),
        output=years.values["output"][present, -1].astype(float),
    )


def outsiders(firms: int) -> list[str]:
    """Codes of counterparts outside the county, spread over the peer counties."""
    peers = county_codes()[1:]
    each = max(1, round(OUTSIDE * firms / FULL / len(peers)))
    return [code for peer in peers for code in issue(peer, each, start=7_000)]


def _draw(rng: np.random.Generator, weight: np.ndarray, count: int) -> np.ndarray:
    return rng.choice(len(weight), count, p=weight / weight.sum())


def _purchases(
    rng: np.random.Generator, side: _Side, table: input_output.Table, away: np.ndarray, count: int
) -> pl.DataFrame:
    """Inputs of the county's makers: the supplying sector by recipe, inside where it has makers."""
    makers = np.flatnonzero(side.sector < "37")
    buyer = makers[_draw(rng, np.sqrt(side.output[makers]), count)]
    place = {code: i for i, code in enumerate(table.codes)}
    goods = np.array([code < "37" for code in table.codes])
    recipe = np.where(goods[:, None], table.coefficients, 0.0)
    supply = np.array([side.output[side.sector == code].sum() for code in table.codes])
    column = np.array([place[code] for code in side.sector[buyer]])
    cumulated = np.cumsum(recipe / recipe.sum(axis=0), axis=0)
    wanted = (rng.random(count) > cumulated[:, column]).sum(axis=0)
    demand = recipe @ np.array([side.output[side.sector == c].sum() for c in table.codes])
    cover = np.clip(supply / np.maximum(demand, 1.0), 0, 0.85)
    local = rng.random(count) < cover[wanted]
    seller = np.full(count, -1)
    for code in sorted(set(wanted[local].tolist())):
        sellers = np.flatnonzero(side.sector == table.codes[code])
        mine = np.flatnonzero(local & (wanted == code))
        seller[mine] = sellers[_draw(rng, side.revenue[sellers], len(mine))]
    names = np.array([name.split("、")[0] for name in _sector_names()])
    far = rng.integers(0, len(away), count)
    size = side.output[buyer] * recipe[wanted, column] * rng.lognormal(-1.2, 0.6, count)
    return pl.DataFrame(
        {
            "seller": np.where(seller >= 0, side.firm[seller], away[far]),
            "buyer": side.firm[buyer],
            "product": np.where(seller >= 0, side.product[seller], names[wanted]),
            "value": np.maximum(np.rint(size), 1.0),
        }
    ).filter(pl.col("seller") != pl.col("buyer"))


def _sector_names() -> list[str]:
    return input_output.sectors_frame()["name_zh"].to_list()


def _sales(
    rng: np.random.Generator, side: _Side, away: np.ndarray, count: int, *, local: bool
) -> pl.DataFrame:
    """Sales of finished goods: outside the county, or to the county's own traders."""
    share = (1 - side.outside) * 0.6 if local else side.outside
    if local:
        share = np.where(np.isin(side.group, ["176", "182", "183"]), share, 0.0)
    seller = _draw(rng, side.revenue**0.7 * share, count)
    traders = np.flatnonzero(np.isin(side.group, TRADERS))
    buyers = side.firm[traders] if local else away
    links = np.bincount(seller, minlength=len(side.firm))
    size = side.revenue * share * SOLD / np.maximum(links, 1)
    return pl.DataFrame(
        {
            "seller": side.firm[seller],
            "buyer": buyers[rng.integers(0, len(buyers), count)],
            "product": side.product[seller],
            "value": np.maximum(np.rint(size[seller] * rng.uniform(0.7, 1.0, count)), 1.0),
        }
    )


def links(
    rng: np.random.Generator, firms: Register, years: Panel, table: input_output.Table
) -> pl.DataFrame:
    """Return seller, buyer, product and value (万元 of the last year), one row per link.

    No seller sells more than its revenue.
    """
    side = _side(firms, years)
    count = round(LINKS * firms.table.height / FULL)
    away = np.array(outsiders(firms.table.height))
    drawn = pl.concat(
        [
            _purchases(rng, side, table, away, round(count * 0.55)),
            _sales(rng, side, away, round(count * 0.33), local=False),
            _sales(rng, side, away, round(count * 0.12), local=True),
        ]
    )
    merged = drawn.group_by("seller", "buyer", "product", maintain_order=True).agg(
        pl.col("value").sum()
    )
    revenue = pl.DataFrame({"seller": side.firm, "revenue": side.revenue})
    limited = merged.join(revenue, on="seller", how="left", maintain_order="left").with_columns(
        (pl.col("revenue") * SOLD / pl.col("value").sum().over("seller")).alias("room")
    )
    kept = pl.min_horizontal(pl.col("room").fill_null(1.0), pl.lit(1.0))
    value = (pl.col("value") * kept).floor().cast(pl.Int64)
    return limited.select("seller", "buyer", "product", value).filter(pl.col("value") > 0)
