"""Synthetic policies and firms (合成数据): rules in our own documents, columns with missing cells.

Sixty policies have about 394 conditions over some 50 columns; thresholds come from short lists,
as they do in real documents, so policies share atoms. Everything follows from the seed.
"""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.document.fields import Dictionary, read_dictionary
from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.evaluation.columns import Column
from jiqun.engine.rules.program.compile import load_policy
from jiqun.engine.rules.program.program import Program

FLAGS = ("规上企业", "高新技术企业", "专精特新企业", "科技型中小企业", "失信企业", "环保处罚", "安全事故",
         "欠税", "拖欠账款", "绿色工厂认定", "两化贯标", "上市辅导", "有研发机构", "项目备案")  # fmt: skip
# name → (log of the median in fen, spread)
MONEY = {"营业收入": (21.0, 1.6), "研发费用": (17.5, 1.7), "设备投资额": (18.5, 1.8), "利润总额": (18.0, 1.6),
         "出口额": (18.0, 2.0), "技术合同额": (16.5, 1.8), "贷款余额": (19.0, 1.7), "利息支出": (16.0, 1.7),
         "软件收入": (17.0, 1.9), "固定资产投资": (19.0, 1.7)}  # fmt: skip
COUNTS = {"职工人数": ("人", 4.2, 1.2), "研发人员": ("人", 2.3, 1.1), "发明专利数": ("项", 1.2, 1.0),
          "用地面积": ("平方米", 9.3, 1.0), "参展次数": ("项", 0.6, 0.9), "标准数": ("项", 0.4, 0.8),
          "综合能耗": ("千克标准煤", 12.0, 1.5), "残疾职工": ("人", 0.5, 0.9)}  # fmt: skip
LADDER = (50, 100, 200, 500, 1000)  # 万元
COUNT_LADDER = {"人": (5, 10, 20, 50), "项": (1, 2, 3, 5), "平方米": (1000, 3000, 10_000),
                "千克标准煤": (50_000, 100_000)}  # fmt: skip
SECTORS = tuple(f"门类{chr(65 + i)}" for i in range(20))
TOWNS = tuple(f"乡镇{i + 1}" for i in range(12))
EXCLUSIONS = ("失信企业", "环保处罚", "安全事故", "欠税", "拖欠账款")
GROUPS = 15


def dictionary() -> Dictionary:
    """Return the fields of the synthetic rules."""
    lines = ["字段:"]
    lines += [f"  - {{名称: {name}, 类型: 是否, 主管: 甲局}}" for name in FLAGS]
    lines += [f"  - {{名称: {name}, 类型: 金额, 期间: 年, 主管: 乙局}}" for name in MONEY]
    lines += [
        f"  - {{名称: {name}, 类型: 数量, 单位: {unit}, 主管: 丙局}}"
        for name, (unit, *_) in COUNTS.items()
    ]
    lines.append(f"  - {{名称: 行业门类, 类型: 枚举, 取值: [{', '.join(SECTORS)}]}}")
    lines.append(f"  - {{名称: 所在乡镇, 类型: 枚举, 取值: [{', '.join(TOWNS)}]}}")
    lines.append("  - {名称: 成立日期, 类型: 日期}")
    lines.append("  - {名称: 资产负债率, 类型: 比率}")
    return read_dictionary("\n".join(lines), file="fields.yaml")


def _threshold(rng: random.Random) -> str:
    money, year = rng.choice(list(MONEY)), rng.choice(["上年度", "上年度", "前年度", "本年度"])
    return f"{money}[{year}] {rng.choice(['>=', '>=', '不低于', '超过', '<'])} {rng.choice(LADDER)}万元"


def _count(rng: random.Random) -> str:
    count = rng.choice(list(COUNTS))
    unit = COUNTS[count][0]
    return f"{count} >= {rng.choice(COUNT_LADDER[unit])}{unit}"


def _ratio(rng: random.Random) -> str:
    part = rng.choice(["研发费用", "技术合同额", "软件收入", "出口额"])
    return f"{part}[上年度] / 营业收入[上年度] >= {rng.choice([3, 5, 10])}%"


def _growth(rng: random.Random) -> str:
    money = rng.choice(list(MONEY))
    return f"{money}[上年度] 较 {money}[前年度] 增长 >= {rng.choice([5, 10, 20])}%"


def _sector(rng: random.Random) -> str:
    some = tuple(sorted(rng.sample(range(20), 8)))
    picked = rng.choice([some, (1, 2, 3, 4, 5, 8, 9, 12), (0, 2, 6, 7, 11, 13)])
    return f"行业门类 属于 {{{', '.join(SECTORS[i] for i in picked)}}}"


def _other(rng: random.Random) -> str:
    return rng.choice(["成立日期 <= 2022-12-31", "成立日期 >= 2020-01-01", "资产负债率 <= 60%",
                       "资产负债率 <= 70%"])  # fmt: skip


def _any_of(rng: random.Random) -> str:
    return " 或 ".join(rng.sample(FLAGS[:4] + FLAGS[9:], rng.choice([2, 3])))


def _flag(rng: random.Random) -> str:
    return rng.choice(FLAGS[:4] + FLAGS[9:])


KINDS = (*[_threshold] * 4, *[_count] * 2, _ratio, _growth, _sector, _other, _any_of, _flag)


def _condition(rng: random.Random) -> str:
    return rng.choice(KINDS)(rng)


def _amount(rng: random.Random) -> str:
    base = f"'{rng.choice(list(MONEY))}[上年度]'"
    kind = rng.randrange(10)
    if kind < 4:
        return f"{{方式: 定额, 金额: {rng.choice([5, 10, 20, 30, 50, 100])}万元}}"
    if kind < 8:
        return (f"{{方式: 比例, 基数: {base}, 比例: {rng.choice([1, 2, 5, 10, 15])}%, "
                f"上限: {rng.choice([50, 100, 300, 500])}万元, 取整: 元以下舍去}}")  # fmt: skip
    if kind == 8:
        return (f"{{方式: 分档, 基数: {base}, 分档: [{{起: 5000万元, 金额: 50万元}}, "
                f"{{起: 1000万元, 止: 5000万元, 金额: 20万元}}, {{止: 1000万元, 金额: 5万元}}]}}")  # fmt: skip
    return (f"{{方式: 累进, 基数: {base}, 分档: [{{起: 0元, 比例: 3%}}, {{起: 1000万元, 比例: 2%}}, "
            f"{{起: 5000万元, 比例: 1%}}], 上限: 300万元}}")  # fmt: skip


def document(rng: random.Random, number: int) -> str:
    """Return one synthetic policy as a document."""
    conditions = [_condition(rng) for _ in range(rng.choice([3, 4, 4, 5, 5, 6]))]
    conditions += [f"非 {flag}" for flag in rng.sample(EXCLUSIONS, 2)]
    listed = "\n".join(
        f'  - {{编号: c{i}, 表达式: "{text}", 依据: 第{i}条}}'
        for i, text in enumerate(conditions, 1)
    )
    return (
        f"编号: S-{number:04d}\n名称: 合成政策{number}\n施行日期: 2025-01-01\n主管部门: 甲局\n"
        f"条件:\n{listed}\n金额: {_amount(rng)}\n互斥组: [组{number % GROUPS}]\n叠加规则: 就高不重复\n"
    )


def policies(count: int, *, seed: int = 5) -> list[Policy]:
    """Return synthetic policies."""
    rng = random.Random(seed)
    fields = dictionary()
    return [load_policy(document(rng, i), fields) for i in range(count)]


def columns(program: Program, n: int, *, seed: int = 7) -> dict[str, Column]:
    """Return synthetic firms for the columns of a program; 0 to 45 % of a column is missing."""
    rng = np.random.default_rng(seed)
    found: dict[str, Column] = {}
    for key in program.columns:
        missing = rng.uniform(0.0, 0.45)
        known = rng.random(n) >= missing
        found[key] = Column(_values(key, n, rng), known, source="合成数据")
    return found


def _values(
    key: str, n: int, rng: np.random.Generator
) -> npt.NDArray[np.int64] | npt.NDArray[np.bool_]:
    name = key.split("[", maxsplit=1)[0]
    if name in FLAGS:
        return rng.random(n) < (0.04 if name in EXCLUSIONS else 0.5)
    if name in MONEY or name in COUNTS:
        centre, spread = MONEY[name] if name in MONEY else COUNTS[name][1:]
        return np.exp(rng.normal(centre, spread, n)).astype(np.int64)
    low, high = {"行业门类": (0, len(SECTORS)), "所在乡镇": (0, len(TOWNS)),
                 "成立日期": (10_000, 20_200)}.get(name, (0, 1_200_000))  # fmt: skip
    return rng.integers(low, high, n)
