"""The same evaluation in pandas, as an analyst would write it for one year and one county."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

ITEMS = [  # name, numerator, denominator, unit factor, weight, benchmark
    ("亩均税收", "tax", "land", 200_000 / 3 / 1e6, 30, 24.097),
    ("亩均增加值", "value_added", "land", 200_000 / 3 / 1e6, 20, 136.16),
    ("单位能耗增加值", "value_added", "energy", 1.0, 20, 2.694),
    ("单位排放增加值", "value_added", "emission", 1.0, 10, 4929.81),
    ("全员劳动生产率", "value_added", "staff", 1e-4, 10, 18.14),
    ("研发占比", "rd", "main_revenue", 1.0, 10, 0.0302),
]


def graded(frame: pd.DataFrame) -> pd.DataFrame:
    """Add items, total, rank and grade."""
    weights = pd.Series({name: weight for name, *_, weight, _ in ITEMS})
    points = pd.DataFrame(index=frame.index)
    for name, above, below, factor, weight, benchmark in ITEMS:
        value = frame[above] / frame[below].where(frame[below] > 0) * factor
        frame[name] = value
        points[name] = (value / benchmark * weight).clip(lower=0)
        points.loc[frame[above] < 0, name] = 0
    sure = points.notna().mul(weights, axis=1).sum(axis=1)
    points["单位排放增加值"] = points["单位排放增加值"].fillna(points["单位排放增加值"].mean())
    known = points.notna().mul(weights, axis=1).sum(axis=1)
    frame["总分"] = points.sum(axis=1) * 100 / known
    # As the pack says: no grade below half of the weights; what is filled in is not known.
    frame.loc[sure < 50, "总分"] = np.nan
    frame["名次"] = frame["总分"].rank(ascending=False, method="min")
    n = frame["总分"].notna().sum()
    share = frame["名次"] / n
    frame["等级"] = np.select([share <= 0.25, share <= 0.80, share <= 0.95], ["A", "B", "C"], "D")
    frame.loc[frame["总分"].isna(), "等级"] = "不定等级"
    return frame.join(points, rsuffix="得分")


def explained(frame: pd.DataFrame) -> list[str]:
    """Return a text per firm, row by row: figures, items, rank."""

    def one(row: pd.Series) -> str:
        items = {
            name: {"指标值": row[name], "分子": row[above], "分母": row[below], "基准": benchmark,
                   "权重": weight, "得分": row[f"{name}得分"]}
            for name, above, below, _, weight, benchmark in ITEMS
        }  # fmt: skip
        return json.dumps({"等级": row["等级"], "名次": row["名次"], "总分": row["总分"], "各项": items},
                          ensure_ascii=False, default=float)  # fmt: skip

    return frame.apply(one, axis=1).tolist()
