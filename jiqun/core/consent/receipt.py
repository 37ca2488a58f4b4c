"""The consent receipt as JSON and PDF, with the fields of ISO/IEC TS 27560."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils.timezone import localtime

from jiqun.core.consent.selectors import state
from jiqun.core.lawful.catalogue import purpose
from jiqun.core.lawful.fields import field_label
from jiqun.core.models.consent import Consent, ConsentUse
from jiqun.core.tabular import pick

SCHEMA = "ISO/IEC TS 27560:2023"
STATES = {
    "active": ("有效", "in force"), "later": ("尚未开始", "not yet begun"),
    "ended": ("已到期", "ended"), "withdrawn": ("已撤回", "withdrawn"),
}  # fmt: skip


def receipt_record(consent: Consent, uses: list[ConsentUse]) -> dict[str, Any]:
    """Return the receipt as a record for machines; times in ISO 8601 with their offset."""
    known = purpose(consent.purpose)
    events = [
        {
            "event": "given",
            "time": localtime(consent.granted_at).isoformat(timespec="seconds"),
            "by": consent.granted_by.get_username(),
        }
    ]
    if consent.withdrawn_at is not None and consent.withdrawn_by is not None:
        events.append(
            {
                "event": "withdrawn",
                "time": localtime(consent.withdrawn_at).isoformat(timespec="seconds"),
                "by": consent.withdrawn_by.get_username(),
            }
        )
    return {
        "schema_version": SCHEMA,
        "record_id": consent.receipt,
        "principal": consent.firm,
        "purpose": {
            "code": known.code,
            "name_zh": known.zh,
            "name_en": known.en,
            "description_zh": known.about_zh,
            "description_en": known.about_en,
            "catalogue_version": consent.text_version,
        },
        "recipients": {"zh": known.used_by_zh, "en": known.used_by_en},
        "lawful_basis": "consent",
        "data": [{"field": name, "label": field_label(name)} for name in consent.fields],
        "valid_from": consent.valid_from.isoformat(),
        "valid_until": consent.valid_until.isoformat(),
        "withdrawal": {"method": "/consent/", "effect": "future use"},
        "state": state(consent),
        "events": events,
        "uses": [
            {
                "time": localtime(one.at).isoformat(timespec="seconds"),
                "reference": one.reference,
                "fields": one.fields,
                "rows": one.rows,
            }
            for one in uses
        ],
    }


def _lines(consent: Consent, name: str) -> list[tuple[str, str]]:
    known = purpose(consent.purpose)
    lines = [
        (pick("授权编号", "Receipt"), consent.receipt),
        (pick("企业", "Firm"), f"{name}（{consent.firm}）"),
        (pick("用途", "Purpose"), pick(known.zh, known.en)),
        (pick("说明", "What it is for"), pick(known.about_zh, known.about_en)),
        (pick("使用方", "Used by"), pick(known.used_by_zh, known.used_by_en)),
        (pick("字段", "Fields"), "、".join(field_label(name) for name in consent.fields)),
        (pick("期限", "Period"), f"{consent.valid_from} – {consent.valid_until}"),
        (pick("授权人", "Granted by"), consent.granted_by.get_username()),
        (pick("授权时间", "Granted at"), f"{localtime(consent.granted_at):%Y-%m-%d %H:%M}"),
        (pick("状态", "State"), pick(*STATES[state(consent)])),
        (pick("文本版本", "Text version"), consent.text_version),
    ]
    if consent.withdrawn_at is not None:
        words = f"{localtime(consent.withdrawn_at):%Y-%m-%d %H:%M}"
        lines.append((pick("撤回时间", "Withdrawn at"), words))
    return lines


SOURCE = """
#set page(width: 148mm, height: 210mm, margin: 14mm)
#set text(font: "Noto Sans SC", size: 9pt)
#let data = json("receipt.json")
#text(size: 15pt, weight: "bold")[#data.title]
#v(4mm)
#table(columns: (28mm, 1fr), stroke: 0.4pt + luma(180), inset: 5pt,
  ..data.lines.map(((key, value)) => (text(fill: luma(70), key), value)).flatten())
#v(3mm)
#text(size: 8pt, fill: luma(70))[#data.note]
"""


def receipt_pdf(consent: Consent, name: str) -> bytes:
    """Return the receipt as an A5 page. Its words are data of the template, never its source."""
    content = {
        "title": pick("数据使用授权回执", "Consent receipt"),
        "lines": _lines(consent, name),
        "note": pick(
            "随时可以撤回：登录后打开“本企业的数据”。撤回后不再使用，过去的使用仍然列出。",
            "Withdraw at any time on the page of your firm's data. Future use stops; past uses stay listed.",
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(content, ensure_ascii=False)
        Path(folder, "receipt.json").write_text(text, encoding="utf-8")
        source = Path(folder, "receipt.typ")
        source.write_text(SOURCE, encoding="utf-8")
        fonts = [str(path) for path in (settings.FRONTEND_DIST / "fonts",) if path.is_dir()]
        return typst.compile(str(source), format="pdf", font_paths=fonts)
