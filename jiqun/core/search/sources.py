"""What the core itself lets people find: register, codes, places, tables, people, pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import override

from jiqun.core.access import Grade, Role
from jiqun.core.directory import all_organisations
from jiqun.core.factstore import store, table
from jiqun.core.registry import Label, modules
from jiqun.core.search.source import Source, roles_text
from jiqun.facts.contract import contracts

ACCOUNTS = frozenset({Role.SYSTEM, Role.SECURITY})
SCALE_WEIGHT = {"large": 4.0, "medium": 3.0, "small": 2.0, "micro": 1.0}
LEVELS = {"country": 6.0, "province": 5.0, "city": 4.0, "county": 3.0, "town": 1.0, "park": 2.0}
STATUS_ZH = {"active": "在产", "suspended": "停产", "building": "在建", "closed": "注销"}


def _version(*names: str) -> str:
    """A stamp of tables: their versions."""
    facts = store()
    return f"{facts.root}:" + ",".join(f"{name}={facts.version(name)}" for name in names)


def _names(column: str) -> pl.Expr:
    return pl.col(column).fill_null("")


def firms() -> pl.DataFrame:
    """Firms of the public register: name, code, place, products."""
    columns = ["firm", "name", "place", "status", "scale", "products"]
    found = table(store(), "firm").select(*columns).to_polars()
    places = table(store(), "place").select("place", "name_zh").to_polars()
    named = found.join(places, on="place", how="left", maintain_order="left")
    status = pl.col("status").replace_strict(STATUS_ZH, default="")
    return named.select(
        key="firm",
        title="name",
        subtitle=pl.concat_str(_names("name_zh"), status, separator=" · ").str.strip_chars(" ·"),
        body=_names("products"),
        place="place",
        weight=pl.col("scale").replace_strict(SCALE_WEIGHT, default=0.0, return_dtype=pl.Float64),
    )


def industries() -> pl.DataFrame:
    """Every code of every classification, in both languages."""
    columns = ["classification", "code", "name_zh", "name_en", "level"]
    found = table(store(), "industry").select(*columns).to_polars()
    zh, en = _names("name_zh"), _names("name_en")
    return found.select(
        key=pl.concat_str("code", "classification", separator="@"),
        title=pl.when(zh == "").then(en).otherwise(zh),
        title_en=en,
        subtitle=pl.concat_str("classification", "code", separator=" · "),
        weight=-pl.col("level").cast(pl.Float64),
    )


def places() -> pl.DataFrame:
    """Places, for those who answer for them."""
    columns = ["place", "name_zh", "name_en", "level"]
    found = table(store(), "place").select(*columns).to_polars()
    return found.select(
        key="place",
        title="name_zh",
        title_en=_names("name_en"),
        subtitle="place",
        url=pl.lit(reverse("start") + "?place=") + pl.col("place"),
        place="place",
        weight=pl.col("level").replace_strict(LEVELS, default=0.0, return_dtype=pl.Float64),
    )


def tables() -> pl.DataFrame:
    """The data tables with their columns."""
    return pl.DataFrame(
        [
            {
                "key": one.name,
                "title": one.title["zh"],
                "title_en": one.title["en"],
                "subtitle": one.about["zh"],
                "body": " ".join(f"{column.zh} {column.en}" for column in one.columns),
                "url": reverse("tables"),
            }
            for one in contracts().values()
        ]
    )


def _both(label: Label) -> tuple[str, str]:
    with override("zh-hans"):
        zh = str(label)
    with override("en"):
        return zh, str(label)


def _pages() -> Iterator[dict[str, Any]]:
    for module in modules():
        part_zh, part_en = _both(module.label)
        for item in module.navigation:
            zh, en = _both(item.label)
            yield {
                "key": item.url_name,
                "title": zh,
                "title_en": en,
                "subtitle": part_zh,
                "body": part_en,
                "url": reverse(item.url_name),
                "roles": roles_text(item.roles),
            }


def pages() -> pl.DataFrame:
    """The pages of the navigation, each for those who have it there."""
    return pl.DataFrame(list(_pages()), schema_overrides={"roles": pl.String})


def organisations() -> pl.DataFrame:
    """Organisations, for those who keep accounts."""
    rows = [
        {
            "key": f"organisation-{one.pk}",
            "title": str(one),
            "subtitle": one.get_kind_display(),
            "body": f"{one.place} {one.firm}",
        }
        for one in all_organisations()
    ]  # fmt: skip
    return pl.DataFrame(
        rows,
        schema={"key": pl.String, "title": pl.String, "subtitle": pl.String, "body": pl.String},
    )


def people() -> pl.DataFrame:
    """Accounts, for those who keep them."""
    rows = [
        {
            "key": f"user-{one.pk}",
            "title": one.get_full_name() or one.get_username(),
            "subtitle": one.get_username(),
        }
        for one in User.objects.all()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema={"key": pl.String, "title": pl.String, "subtitle": pl.String})


SOURCES = (
    Source("page", "页面", "Pages", pages),
    Source("firm", "企业", "Firms", firms, lambda: _version("firm", "place")),
    Source("industry", "行业", "Industries", industries, lambda: _version("industry")),
    Source("place", "地方", "Places", places, lambda: _version("place")),
    Source("table", "数据表", "Data tables", tables),
    Source("organisation", "单位", "Organisations", organisations, grade=Grade.PERSONAL, roles=ACCOUNTS),
    Source("person", "人员", "People", people, grade=Grade.PERSONAL, roles=ACCOUNTS),
)  # fmt: skip
