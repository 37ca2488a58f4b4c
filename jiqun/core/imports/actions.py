"""The verbs of an import: plan, decide, apply, undo, discard."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.imports.files import FROZEN, content_of, forget, keep, plan_of
from jiqun.core.models import Import
from jiqun.core.tabular import Importer, Plan, Upload, specs
from jiqun.errors import JiqunError, Kind, Problem

ENCODINGS = ("", "utf-8", "gb18030", "big5", "utf-16")


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says about a file: whose table it is, and which of its columns are which."""

    source: str = ""
    owner: str = ""
    as_of: date | None = None
    basis: str = ""
    encoding: str = ""
    sheet: str = ""
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    ignored: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict[str, str])


def importer_of(table: str) -> Importer | None:
    """Return how the table takes rows in, None when it does not (or is none)."""
    spec = specs().get(table)
    return spec.importer if spec is not None else None


def may_plan_import(viewer: Viewer, table: str) -> bool:
    """Whoever may open the table and bring rows into it."""
    importer = importer_of(table)
    return importer is not None and specs()[table].may_open(viewer) and importer.may(viewer)


def _upload(one: Import, content: bytes) -> Upload:
    said = dict(one.said)
    as_of = said.pop("as_of", None)
    ignored = tuple(said.pop("ignored", ()))
    return Upload(
        content, one.file_name, **said, ignored=ignored,
        as_of=date.fromisoformat(as_of) if as_of else None,
    )  # fmt: skip


def _missing(said: Said, importer: Importer) -> list[Problem]:
    if not importer.asks:
        return []
    wanted = [
        ("source", said.source, "表的名称", "the table's name"),
        ("owner", said.owner, "责任单位", "the responsible office"),
        ("as_of", said.as_of, "数据日期", "the date of the data"),
    ]
    found = [
        Problem(
            "E-INPUT", f"还没有填写{zh}", f"{en} is missing", "请填写。", "Fill it in.", column=name
        )
        for name, value, zh, en in wanted
        if not value
    ]
    if said.encoding not in ENCODINGS:
        found.append(
            Problem("E-INPUT", f"不认识编码“{said.encoding}”", f"unknown encoding “{said.encoding}”",
                    f"可选：{'、'.join(ENCODINGS[1:])}", f"Choose one of {', '.join(ENCODINGS[1:])}.",
                    column="encoding")
        )  # fmt: skip
    return found


def _planned(viewer: Viewer, one: Import, importer: Importer, content: bytes) -> Plan:
    plan = importer.plan(viewer, _upload(one, content))
    one.counts = asdict(plan.counts)
    one.plan_digest = plan.digest
    return plan


@action("imports.plan", zh="导入这张表", en="import into this table")
def plan_import(
    *, viewer: Viewer, table: str, name: str, content: bytes, said: Said, idempotency: str = ""
) -> Import:
    """Take a file in and find out what it would change; nothing is stored in the table yet.

    Args:
        viewer: Who hands it in.
        table: Name of an importable table.
        name: The file's name.
        content: The file, already checked as an upload.
        said: What the sender states.
        idempotency: The sender's key of this request; a repeated one returns the first import.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-IMPORT-KEY``.
    """
    importer = importer_of(table)
    assert importer is not None  # noqa: S101 - may_plan_import said so
    refuse(_missing(said, importer))
    digest = hashlib.sha256(content).hexdigest()
    if idempotency:
        before = Import.objects.visible_to(viewer).filter(idempotency=idempotency[:80]).first()
        if before is not None:
            return _same(viewer, before, table, digest)
    stated = asdict(said) | {"as_of": said.as_of.isoformat() if said.as_of else None}
    one = Import(
        user_id=viewer.user_id, table=table, file_name=name[:200], digest=digest, said=stated,
        idempotency=idempotency[:80],
    )  # fmt: skip
    plan = _planned(viewer, one, importer, content)
    one.save()
    keep(one, content, plan)
    record(
        viewer, "imports.plan", target=f"import:{one.key}",
        after={"table": table, "file": one.file_name, "sha256": digest, "counts": one.counts},
    )  # fmt: skip
    return one


def _same(viewer: Viewer, before: Import, table: str, digest: str) -> Import:
    if (before.table, before.digest) != (table, digest):
        raise JiqunError(
            "E-IMPORT-KEY",
            "这个幂等键已用于另一个文件",
            "this idempotency key was used for another file",
            hint_zh="每个新文件请用新的键。",
            hint_en="Use a new key for each new file.",
            kind=Kind.CONFLICT,
        )
    record(viewer, "imports.plan", target=f"import:{before.key}", reason="repeated request")
    return before


def _own(viewer: Viewer, one: Import) -> bool:
    return viewer.known and one.user_id == viewer.user_id  # pyright: ignore[reportAttributeAccessIssue]


def _in_state(one: Import, *states: str) -> None:
    if one.state not in states:
        raise JiqunError(
            "E-IMPORT-STATE",
            f"这次导入现在是“{one.get_state_display()}”，不能这样做",  # pyright: ignore[reportAttributeAccessIssue]
            f"this import is {one.state}, so that cannot be done",
            hint_zh="请刷新页面看最新状态。",
            hint_en="Reload the page.",
            kind=Kind.CONFLICT,
        )


def may_revise_import(viewer: Viewer, one: Import) -> bool:
    """Only who handed the file in, and still may."""
    return _own(viewer, one) and may_plan_import(viewer, one.table)


@action("imports.revise", zh="更改这次导入的设定", en="change what was said about this import")
def revise_import(*, viewer: Viewer, one: Import, said: Said) -> Import:
    """Answer what the dry run asked (encoding, columns) and do the dry run again."""
    _in_state(one, Import.State.PLANNED)
    importer = importer_of(one.table)
    assert importer is not None  # noqa: S101 - may_revise_import said so
    refuse(_missing(said, importer))
    one.said = asdict(said) | {"as_of": said.as_of.isoformat() if said.as_of else None}
    plan = _planned(viewer, one, importer, content_of(one))
    one.save()
    keep(one, None, plan)
    record(viewer, "imports.revise", target=f"import:{one.key}", after={"counts": one.counts})
    return one


def may_apply_import(viewer: Viewer, one: Import) -> bool:
    """Only who handed the file in, and still may."""
    return may_revise_import(viewer, one)


@action("imports.apply", zh="写入这次导入", en="apply this import")
def apply_import(*, viewer: Viewer, one: Import) -> Import:
    """Do what the dry run showed, all of it or nothing.

    Raises:
        JiqunError: ``E-IMPORT-STATE`` when it is over, ``E-IMPORT-BLOCKED`` when questions are
            open or nothing is left to write, ``E-IMPORT-CHANGED`` when the table has changed
            since the preview.
    """
    _in_state(one, Import.State.PLANNED, Import.State.APPLYING)
    importer = importer_of(one.table)
    assert importer is not None  # noqa: S101 - may_apply_import said so
    upload = _upload(one, content_of(one))
    plan = plan_of(one)
    if plan.blocked or not plan.counts.accepted:
        raise JiqunError(
            "E-IMPORT-BLOCKED",
            "还有问题没有回答，或没有可写入的行",
            "questions are open, or no row is left to write",
            hint_zh="请先在预览页回答列的问题，或改好文件重新上传。",
            hint_en="Answer the questions on the preview, or correct the file and upload it again.",
        )
    frozen = content_of(one, FROZEN)
    one.receipt = dict(importer.apply(viewer, upload, one.plan_digest, frozen))
    one.state = Import.State.APPLIED
    one.applied = timezone.now()
    one.undo_until = one.applied + timedelta(days=settings.IMPORT_UNDO_DAYS)
    one.save()
    record(
        viewer, "imports.apply", target=f"import:{one.key}",
        before={"state": "planned"}, after={"state": "applied", "counts": one.counts},
    )  # fmt: skip
    return one


def may_undo_import(viewer: Viewer, one: Import) -> bool:
    """Only who handed the file in, and still may."""
    return may_revise_import(viewer, one)


@action("imports.undo", zh="撤销这次导入", en="undo this import")
def undo_import(*, viewer: Viewer, one: Import, reason: str = "") -> tuple[int, int]:
    """Put the rows back as they were, but for those that somebody has changed since.

    Returns:
        (rows put back, rows left as they are because they were changed since).
    """
    _in_state(one, Import.State.APPLIED)
    if one.undo_until is None or one.undo_until < timezone.now():
        raise JiqunError(
            "E-IMPORT-LATE",
            f"超过了 {settings.IMPORT_UNDO_DAYS} 天的撤销期限",
            f"the {settings.IMPORT_UNDO_DAYS} days for undoing are over",
            hint_zh="请以一次新的导入更正。",
            hint_en="Correct it by a new import.",
            kind=Kind.CONFLICT,
        )
    importer = importer_of(one.table)
    assert importer is not None  # noqa: S101 - may_undo_import said so
    back, left = importer.undo(viewer, one.receipt)
    one.state = Import.State.UNDONE
    one.ended = timezone.now()
    one.save()
    record(
        viewer, "imports.undo", target=f"import:{one.key}", reason=reason[:200],
        before={"state": "applied"}, after={"state": "undone", "back": back, "left": left},
    )  # fmt: skip
    return back, left


def may_discard_import(viewer: Viewer, one: Import) -> bool:
    """Who handed the file in."""
    return _own(viewer, one)


@action("imports.discard", zh="放弃这次导入", en="discard this import")
def discard_import(*, viewer: Viewer, one: Import) -> None:
    """Delete the file and its dry run; nothing had been written."""
    _in_state(one, Import.State.PLANNED)
    one.state = Import.State.DISCARDED
    one.ended = timezone.now()
    one.save()
    record(viewer, "imports.discard", target=f"import:{one.key}", after={"state": "discarded"})
    forget(one)


def said_of(one: Import) -> Said:
    """Return what was said about an import, for changing a part of it."""
    raw: dict[str, Any] = dict(one.said)
    as_of = raw.pop("as_of", None)
    ignored = tuple(raw.pop("ignored", ()))
    return replace(Said(**raw), ignored=ignored, as_of=date.fromisoformat(as_of) if as_of else None)
