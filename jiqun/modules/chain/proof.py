"""The back-test as tables: every ranking beside its rivals, and the calibration."""

from __future__ import annotations

from typing import Any

from jiqun.core.tabular import Field, pick
from jiqun.engine.regional.entry.backtest import RANKINGS
from jiqun.modules.chain.analysis.entry import Proof

SCOPES = {"all": ("全部地方", "all places"), "small": ("较小的一半地方", "the smaller half")}
RANKING_WORDS = {one.name: (one.label_zh, one.label_en) for one in RANKINGS}
METRICS = [
    Field("scope", "范围", "Scope", "words", words=SCOPES),
    Field("ranking", "排名办法", "Ranking", "words", words=RANKING_WORDS),
    Field("average_precision", "平均精度", "Average precision", "number", decimals=4,
          about_zh="越高越好；多数格子本来就没希望，只看 AUC 会显得都很好",
          about_en="the higher the better; AUC alone flatters every ranking"),
    Field("ap_ratio_to_null", "相对对照的倍数", "Times the null", "number", "倍"),
    Field("p_at_5", "前五命中率", "Precision at 5", "share"),
    Field("hit_at_10", "前十至少中一", "Hit at 10", "share"),
    Field("auc", "AUC", "AUC", "number", decimals=3),
]  # fmt: skip
CALIBRATION = [
    Field("bin", "预测分档", "Decile", "integer"),
    Field("cells", "格子数", "Cells", "integer", "个"),
    Field("predicted", "预测", "Predicted", "number", "%"),
    Field("observed", "实际", "Observed", "number", "%"),
    Field("error_points", "相差", "Error", "number", "个百分点"),
]
Table = tuple[list[Field], list[dict[str, Any]]]


def proof_tables(proof: Proof | None) -> tuple[Table, Table]:
    """Return the metrics and the calibration of the explainable model in all places."""
    metrics = list(proof.metrics) if proof else []
    calibration = [
        row
        for row in (proof.calibration if proof else ())
        if (row["ranking"], row["scope"]) == ("additive", "all")
    ]
    best = {
        row["scope"]: max(r["average_precision"] for r in metrics if r["scope"] == row["scope"])
        for row in metrics
    }
    for row in metrics:
        if row["average_precision"] == best[row["scope"]]:
            row["average_precision_title"] = pick("本范围内最高", "highest in its scope")
    return (METRICS, metrics), (CALIBRATION, calibration)
