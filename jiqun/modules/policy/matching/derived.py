"""Fields that follow from the register or from the main industry of a firm (GB/T 4754-2017)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from jiqun.facts.values import uscc

Row = Mapping[str, Any]
Made = Callable[[Row, date], "str | int | date | None"]
# Last division (two digits) of each section → the section as the field dictionary words it.
_SECTIONS: tuple[tuple[int, str], ...] = (
    (5, "农林牧渔业"), (12, "采矿业"), (43, "制造业"), (46, "电力热力燃气和水"), (50, "建筑业"),
    (52, "批发和零售业"), (60, "交通运输仓储和邮政业"), (62, "住宿和餐饮业"),
    (65, "信息传输软件和信息技术服务业"), (69, "金融业"), (70, "房地产业"), (72, "租赁和商务服务业"),
    (75, "科学研究和技术服务业"), (79, "水利环境和公共设施管理业"),
    (82, "居民服务修理和其他服务业"), (83, "教育"), (85, "卫生和社会工作"), (90, "文化体育和娱乐业"),
    (96, "公共管理社会保障和社会组织"), (97, "国际组织"),
)  # fmt: skip
# Divisions with one sector of the size-class tables each (国统字〔2017〕213号); others are finer.
_SIZE_SECTORS: Mapping[int, str] = {
    **dict.fromkeys(range(1, 6), "农林牧渔业"), **dict.fromkeys(range(6, 47), "工业"),
    **dict.fromkeys(range(47, 51), "建筑业"), 51: "批发业", 52: "零售业",
    **dict.fromkeys(range(54, 58), "交通运输业"), 59: "仓储业", 60: "邮政业", 61: "住宿业", 62: "餐饮业",
    63: "信息传输业", 64: "信息传输业", 65: "软件和信息技术服务业", 71: "租赁和商务服务业",
    72: "租赁和商务服务业",
}  # fmt: skip
_ABOVE_SCALE: Mapping[int, str] = {
    **dict.fromkeys(range(6, 47), "工业"), 51: "批发业", 52: "零售业", 61: "住宿和餐饮业", 62: "住宿和餐饮业",
}  # fmt: skip
_ENERGY_INTENSIVE = frozenset({25, 26, 30, 31, 32, 44})  # 六大高耗能行业
_STATUS = {"active": "在产", "suspended": "停产", "building": "在建", "closed": "注销"}
_SCALE = {"large": "大型", "medium": "中型", "small": "小型", "micro": "微型"}


def _division(row: Row) -> int | None:
    code = str(row["industry"] or "")[:2]
    return int(code) if code.isdigit() and len(code) == 2 else None


def section_of_industry(row: Row, _event: date) -> str | None:
    """行业门类."""
    division = _division(row)
    return (
        None if division is None else next((w for last, w in _SECTIONS if division <= last), None)
    )


def size_sector_of_industry(row: Row, _event: date) -> str | None:
    """划型行业; None where a division has several."""
    return _SIZE_SECTORS.get(_division(row) or 0)


def above_scale_of_industry(row: Row, _event: date) -> str | None:
    """规上统计行业; services are divided by threshold in a table that is to be confirmed."""
    return _ABOVE_SCALE.get(_division(row) or 0)


def energy_of_industry(row: Row, _event: date) -> int | None:
    """六大高耗能行业."""
    division = _division(row)
    return None if division is None else int(division in _ENERGY_INTENSIVE)


def founded(row: Row, _event: date) -> date | None:
    """成立日期."""
    return row["founded"]


def months_registered(row: Row, event: date) -> int | None:
    """注册月数: whole months from the foundation to the day of the event."""
    day = row["founded"]
    if day is None:
        return None
    return (event.year - day.year) * 12 + event.month - day.month - (event.day < day.day)


def state(row: Row, _event: date) -> str | None:
    """登记状态."""
    return _STATUS.get(row["status"])


def scale(row: Row, _event: date) -> str | None:
    """企业规模."""
    return _SCALE.get(row["scale"] or "")


def code_is_valid(row: Row, _event: date) -> int:
    """统一社会信用代码有效: check character right, and not struck off."""
    return int(uscc.valid(row["firm"]) and row["status"] != "closed")


DERIVED: Mapping[str, Made] = {
    "行业门类": section_of_industry,
    "划型行业": size_sector_of_industry,
    "规上统计行业": above_scale_of_industry,
    "六大高耗能行业": energy_of_industry,
    "成立日期": founded,
    "注册月数": months_registered,
    "登记状态": state,
    "企业规模": scale,
    "统一社会信用代码有效": code_is_valid,
}
