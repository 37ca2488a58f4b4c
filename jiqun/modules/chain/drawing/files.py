"""The map as a file: SVG, and by typst PNG and PDF with the fonts that a bare server lacks."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

import typst
from django.conf import settings

from jiqun.core.tabular import pick
from jiqun.modules.chain.drawing.layout import MapData
from jiqun.modules.chain.drawing.svg import chain_map_svg
from jiqun.modules.chain.selectors import ChainView

FileKind = Literal["svg", "png", "pdf"]
CONTENT_TYPES = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}


def map_svg(view: ChainView, data: MapData, place: str) -> str:
    """The standalone drawing, with title, period, legend and source line."""
    run = view.run
    legend = (
        (
            "strong",
            pick("强", "strong"),
            pick("可用产出达到需求门槛", "supply reaches the threshold"),
        ),
        ("weak", pick("弱", "weak"), pick("有生产者但不够", "makers, but too little")),
        ("missing", pick("缺", "missing"), pick("没有生产者", "no makers")),
        (
            "undisclosed",
            pick("未披露", "undisclosed"),
            pick("按规未公布，不是缺", "withheld, not absent"),
        ),
    )
    return chain_map_svg(
        data,
        pick(f"{place}产业链三级图谱", f"Three-tier chain map of {place}"),
        pick(
            f"期间 {run.scope['period']} · 分类 {run.scope['classification']} · 按{data['unit']}计",
            f"period {run.scope['period']} · {run.scope['classification']} · in {data['unit']}",
        ),
        pick(
            f"数据版本 {run.snapshot[:12]} · 规则 {run.rules_version} · 代码 {run.code_version}",
            f"data {run.snapshot[:12]} · rules {run.rules_version} · code {run.code_version}",
        ),
        theme="light",
        legend=legend,
        synthetic_label=pick("合成数据", "synthetic data"),
    )


def map_file(svg: str, kind: FileKind) -> bytes:
    """Turn the drawing into the kind of file asked for (A4 landscape width for PDF, 2× for PNG)."""
    if kind == "svg":
        return svg.encode("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "map.svg").write_text(svg, encoding="utf-8")
        source = Path(folder, "map.typ")
        source.write_text(
            '#set page(width: 297mm, height: auto, margin: 8mm)\n#image("map.svg", width: 100%)\n',
            encoding="utf-8",
        )
        fonts = [str(path) for path in (settings.FRONTEND_DIST / "fonts",) if path.is_dir()]
        return typst.compile(str(source), format=kind, ppi=180, font_paths=fonts)
