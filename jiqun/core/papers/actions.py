"""A firm puts a document on its shelf, and takes one away that was never handed in."""

from __future__ import annotations

import secrets
from datetime import date

from django.db import transaction
from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import wrong
from jiqun.core.models.papers import Paper
from jiqun.core.papers.files import keep
from jiqun.core.security.uploads import Upload
from jiqun.errors import JiqunError, Kind, Problem

KINDS = frozenset({"pdf", "png", "jpg", "xlsx", "xls"})
MOST = 500  # papers of one firm
LEAST_TITLE, LONGEST_TITLE = 2, 120


def may_add_paper(viewer: Viewer, firm: str) -> bool:
    """Only the firm itself."""
    return viewer.known and viewer.has(Role.FIRM) and firm in viewer.firms


@action("papers.add", zh="为这家企业上传证明材料", en="put a paper on this firm's shelf")
def add_paper(
    *, viewer: Viewer, firm: str, title: str, upload: Upload, valid_until: date | None = None
) -> Paper:
    """Keep a file that passed :func:`check_upload` and return the paper with its number.

    Args:
        viewer: A person of the firm.
        firm: The firm's code.
        title: What the document is.
        upload: The file.
        valid_until: Last day on which the document holds, where it says one.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` with every problem; ``E-PAPER-THERE`` for a file that
            is on the shelf already; ``E-DISK-FULL``.
    """
    words = " ".join(title.split())
    own = Paper.objects.of_firm(firm)
    refuse(_problems(words, valid_until, own.count()))
    same = own.filter(sha256=upload.sha256).first()
    if same is not None:
        raise JiqunError(
            "E-PAPER-THERE",
            f"这个文件已经上传过，编号 {same.key}（{same.title}）",
            f"this file is there already: {same.key} ({same.title})",
            hint_zh="直接填写这个编号即可。", hint_en="Cite this number.", kind=Kind.CONFLICT,
        )  # fmt: skip
    made = Paper.objects.create(
        key=f"CL-{secrets.token_hex(4).upper()}", firm=firm, title=words,
        file_name=upload.name, kind=upload.kind, size=upload.size, sha256=upload.sha256,
        valid_until=valid_until, made_by_id=viewer.user_id,
    )  # fmt: skip
    keep(made, upload.content)
    record(viewer, "papers.add", target=f"paper:{made.key}",
           after={"title": words, "file": upload.name, "sha256": upload.sha256})  # fmt: skip
    return made


def _problems(title: str, valid_until: date | None, there: int) -> list[Problem]:
    found: list[Problem] = []
    if not LEAST_TITLE <= len(title) <= LONGEST_TITLE:
        found.append(wrong(
            "title", "请写明是什么材料，2 至 120 个字", "say what it is in 2 to 120 characters",
            remedy_zh="如“2025 年度审计报告”。", remedy_en="Such as “Audit report 2025”.",
        ))  # fmt: skip
    if valid_until is not None and valid_until < timezone.localdate():
        found.append(wrong(
            "valid_until", f"材料已于 {valid_until} 到期", f"the document ended on {valid_until}",
            value=str(valid_until), remedy_zh="请上传有效的材料。", remedy_en="Upload one that holds.",
        ))  # fmt: skip
    if there >= MOST:
        found.append(wrong(
            "file", f"一家企业最多保存 {MOST} 份材料", f"no more than {MOST} papers of one firm",
            remedy_zh="请先删除没有提交过的材料。", remedy_en="Remove some that were never handed in.",
        ))  # fmt: skip
    return found


def may_remove_paper(viewer: Viewer, paper: Paper) -> bool:
    """Only the firm whose it is."""
    return may_add_paper(viewer, paper.firm)


@action("papers.remove", zh="删除这份证明材料", en="remove this paper")
def remove_paper(*, viewer: Viewer, paper: Paper) -> None:
    """Take a paper off the shelf with its file.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-PAPER-USED`` for one that was handed in.
    """
    if paper.uses.exists():
        raise JiqunError(
            "E-PAPER-USED",
            f"{paper.key} 已提交给有关部门，不能删除",
            f"{paper.key} was handed in and stays",
            hint_zh="有更新的材料请另行上传，并在相应事项里说明。",
            hint_en="Upload a newer one and say so in the matter.",
            kind=Kind.CONFLICT,
        )
    path, key = paper.path, paper.key
    paper.delete()
    record(viewer, "papers.remove", target=f"paper:{key}", before={"title": paper.title})
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
