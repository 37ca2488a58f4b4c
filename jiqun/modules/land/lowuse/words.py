"""Names and units of low-efficiency land: verdicts, matters of supervision, marks."""

from __future__ import annotations

from collections.abc import Mapping

Words = tuple[str, str]
M2_PER_MU = 2000 / 3
FEN_PER_WAN = 1_000_000
KWH_PER_WAN = 10_000
# A price of one 万元/亩 in fen per m²: exact.
FEN_PER_M2 = FEN_PER_WAN * 3 // 2000
LOW, NOT, OPEN = "low", "not", "open"
VERDICTS: Mapping[str, Words] = {
    LOW: ("低效", "low-efficient"), NOT: ("不低效", "not low-efficient"), OPEN: ("待定", "undetermined"),
}  # fmt: skip
BADGES: Mapping[str, str] = {LOW: "missing", NOT: "good", OPEN: "undisclosed"}
# Item of ``firm_attribute`` → fact of the screening and base units in one of the item's.
MATTERS: Mapping[str, tuple[str, int]] = {
    "合同约定亩均税收（万元/亩）": ("contract_tax_per_mu", FEN_PER_WAN),
    "合同节点逾期月数": ("months_overdue", 1),
    "停产半停产月数": ("months_halted", 1),
    "中止建设月数": ("months_stopped", 1),
    "超过约定动工日期月数": ("months_past_start", 1),
    "用电偏低持续月数": ("months_low_power", 1),
    "设计年用电量（万千瓦时）": ("design_kwh", KWH_PER_WAN),
}
