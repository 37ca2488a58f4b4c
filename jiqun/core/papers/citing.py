"""Numbers of papers inside what people write, and handing in what is cited."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from jiqun.core.access import Viewer
from jiqun.core.audit import record
from jiqun.core.forms import wrong
from jiqun.core.models.papers import Paper, PaperQuerySet, PaperUse
from jiqun.errors import Problem

NUMBER = re.compile(r"(?<![0-9A-Z])CL-[0-9A-F]{8}(?![0-9A-Z])")


def cited(text: str) -> list[str]:
    """Return the numbers of papers in a text, each once, in the order in which they stand there.

    >>> cited("见ＣＬ－0a1b2c3d、CL-0A1B2C3D 与某办〔2026〕3号")
    ['CL-0A1B2C3D']
    """
    plain = unicodedata.normalize("NFKC", text).upper().replace("—", "-")
    return list(dict.fromkeys(NUMBER.findall(plain)))


def _found(viewer: Viewer, firm: str, text: str) -> PaperQuerySet:
    """The papers that a text cites of a firm, as far as the viewer may see them.

    Who writes an objection down for a firm cites what it has handed in before, and learns nothing
    of the rest of its shelf.
    """
    return Paper.objects.visible_to(viewer).filter(firm=firm, key__in=cited(text))


def paper_problems(viewer: Viewer, firm: str, text: str, field: str) -> list[Problem]:
    """Return one problem for each number in a text that is no paper of this firm for the viewer."""
    there = set(_found(viewer, firm, text).values_list("key", flat=True))
    return [
        wrong(
            field, f"“证明材料”里没有编号 {key}", f"no paper has the number {key}", value=key,
            remedy_zh="请在“证明材料”核对编号，或先上传材料。",
            remedy_en="Look the number up under Papers, or upload the document first.",
        )
        for key in cited(text) if key not in there
    ]  # fmt: skip


def hand_in(
    viewer: Viewer, firm: str, texts: Sequence[str], *, sort: str, target: str, place: str
) -> list[Paper]:
    """Hand in what texts cite of a firm's papers; call it in the verb that keeps the texts.

    From then on officials of the place may open these papers for a purpose, and they stay.

    Args:
        viewer: Who hands in.
        firm: Whose papers; numbers of other firms, and what the viewer may not see, are left alone.
        texts: What was written.
        sort: One of the matters that a module's manifest names under ``papers``.
        target: Key of the matter.
        place: The matter's place, whose officials may then open the papers.
    """
    found = list(_found(viewer, firm, " ".join(texts)))
    for one in found:
        _, new = PaperUse.objects.get_or_create(
            paper=one,
            sort=sort,
            target=target,
            defaults={"place": place, "made_by_id": viewer.user_id},
        )
        if new:
            record(
                viewer,
                "papers.hand_in",
                target=f"paper:{one.key}",
                after={"for": f"{sort}:{target}"},
            )
    return found
