"""What the chain lets people find: maps that were computed, and the industries on them."""

from __future__ import annotations

import polars as pl
from django.urls import reverse

from jiqun.core.factstore import store
from jiqun.core.scope import PageScope
from jiqun.core.search.source import Source
from jiqun.modules.chain.findings import CONTEXT, ENGINE
from jiqun.modules.chain.tabular import KINDS

KIND_WEIGHT = {"leading": 3.0, "supporting": 2.0, "potential": 1.0}


def _newest() -> list[tuple[str, PageScope]]:
    """The newest run of every scope."""
    found: dict[PageScope, str] = {}
    for run in store().runs(ENGINE):
        found.setdefault(
            PageScope(**{key: str(value) for key, value in run.scope.items()}), run.run
        )
    return [(run, scope) for scope, run in found.items()]


def stamp() -> str:
    """The runs that are shown now."""
    return f"{store().root}:" + ",".join(sorted(run for run, _ in _newest()))


def maps() -> pl.DataFrame:
    """One entry per map."""
    names = dict(store().current("place").select("place", "name_zh").to_polars().iter_rows())
    rows = [
        {
            "key": f"{scope.place}-{scope.classification}-{scope.period}",
            "title": f"{names.get(scope.place) or scope.place} {scope.period} 产业链图谱",
            "title_en": f"Chain map {scope.period}",
            "subtitle": scope.classification,
            "url": f"{reverse('chain-map')}?{scope.query()}",
            "place": scope.place,
        }
        for _, scope in _newest()
    ]
    text = ("key", "title", "title_en", "subtitle", "url", "place")
    return pl.DataFrame(rows, schema=dict.fromkeys(text, pl.String()))


def segments() -> pl.DataFrame:
    """Industries and segments of each newest map: their names and tier, no figures.

    A row that the map hides from some of its readers differs in its figures only, so that names
    may be found by all who may open the map.
    """
    frames = [_of_run(run, scope) for run, scope in _newest()]
    return (
        pl.concat(frames) if frames else pl.DataFrame(schema={"key": pl.String, "title": pl.String})
    )


def _of_run(run: str, scope: PageScope) -> pl.DataFrame:
    rows = store().finding(ENGINE, run).to_polars()
    shown = rows.filter((pl.col("kind") != CONTEXT) & pl.col("kind").is_in(list(KINDS)))
    base = reverse("chain-industry", args=["KIND", "CODE"])
    before, _, after = base.partition("KIND/CODE")
    tier = pl.col("kind").replace_strict({kind: words[0] for kind, words in KINDS.items()})
    path = pl.concat_str(
        pl.lit(before), "kind", pl.lit("/"), "code", pl.lit(f"{after}?{scope.query()}")
    )
    return shown.select(
        key=pl.concat_str("kind", "code", pl.lit("-".join(scope.as_dict().values())), separator="."),
        title=pl.col("name_zh").fill_null(pl.col("code")),
        title_en=pl.col("name_en").fill_null(""),
        subtitle=pl.concat_str(tier, pl.lit(f"{scope.place} {scope.period}"), "code", separator=" · "),
        url=path,
        place=pl.lit(scope.place),
        weight=pl.col("kind").replace_strict(KIND_WEIGHT, default=0.0, return_dtype=pl.Float64),
    )  # fmt: skip


SOURCES = (
    Source("map", "图谱", "Maps", maps, stamp),
    Source("segment", "产业链环节", "Chain segments", segments, stamp),
)
