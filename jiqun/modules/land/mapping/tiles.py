"""The base map that an installation may have: one address, its credit, its approval number.

The Surveying and Mapping Law asks every published map for an approval number (审图号); a base map
without one is not drawn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from jiqun.errors import Problem

HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?")
PARTS = ("{x}", "{y}", "{z}")


@dataclass(frozen=True, slots=True)
class Tiles:
    """A base map: its address with ``{x}``, ``{y}``, ``{z}``, credit, approval number, and its only host."""

    url: str
    credit: str
    approval: str
    host: str


def tiles() -> tuple[Tiles | None, tuple[Problem, ...]]:
    """Return the base map, or none with what is wrong with its settings."""
    url, credit, approval = (
        str(one).strip()
        for one in (settings.TILES_URL, settings.TILES_CREDIT, settings.TILES_APPROVAL)
    )
    if not (url or credit or approval):
        return None, ()
    problems: list[Problem] = []
    parts = urlsplit(url)
    known = parts.scheme in {"http", "https"} and HOST.fullmatch(parts.netloc)
    if not known or not all(part in url for part in PARTS):
        problems.append(_problem(
            "TILES_URL", "应为 http(s) 地址，含 {x} {y} {z}，主机名写全",
            "must be an http(s) address with {x}, {y}, {z} and one plain host"))  # fmt: skip
    if not credit:
        problems.append(_problem("TILES_CREDIT", "没有写明底图来源", "does not name the source"))
    if not approval:
        problems.append(_problem("TILES_APPROVAL", "没有审图号", "has no approval number"))
    if problems:
        return None, tuple(problems)
    return Tiles(url, credit, approval, f"{parts.scheme}://{parts.netloc}"), ()


def _problem(setting: str, zh: str, en: str) -> Problem:
    name = f"JIQUN_{setting}"
    return Problem(
        "E-LAND-TILES", f"底图没有启用：{name} {zh}", f"no base map: {name} {en}",
        "请系统管理员改正设置后重新启动", "correct the setting and start again", column=name,
    )  # fmt: skip
