"""What is done with tables of aggregates: draft, publish, withdraw. Two officials, one audit."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl
from django.utils import timezone

from jiqun.core.access import Viewer, forbidden
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.factstore import store
from jiqun.core.forms import wrong
from jiqun.core.models.publication import PublishedTable
from jiqun.core.publication.audits import (
    OPTIONS,
    RULE,
    engine_tables,
    linked,
    problems_of,
    report_of,
)
from jiqun.core.publication.data import CHOICES, TABLES, Scope, contributions, names_of, stored
from jiqun.core.version import code_version
from jiqun.engine.disclosure.plan import Plan, audit_tables, plan
from jiqun.engine.disclosure.rules import Rule
from jiqun.errors import JiqunError, Kind, Problem

State = PublishedTable.State


def serves(viewer: Viewer, place: str) -> bool:
    """Whether the viewer is an official of the place or of one that it lies in."""
    own = viewer.duty_places
    return viewer.known and ("*" in own or any(place.startswith(one) for one in own))


def digest_of(cells: Sequence[Mapping[str, Any]], about: Mapping[str, Any]) -> str:
    """SHA-256 of what readers see: the statement of the table and its cells."""
    shown = [[cell["coordinate"], cell["value"]] for cell in cells]
    text = json.dumps([dict(about), shown], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _problems(title_zh: str, scope: Scope) -> list[Problem]:
    found: list[Problem] = []
    if not title_zh.strip():
        found.append(wrong(
            "title_zh", "没有标题", "there is no title",
            remedy_zh="请写明内容、地方和期间。", remedy_en="Name content, place and period.",
        ))  # fmt: skip
    if not 1 <= len(scope.dimensions) <= 3:
        found.append(wrong(
            "dimensions", "请选择一到三个维度", "choose one to three dimensions",
            remedy_zh="维度越多，能公开的单元格越少。", remedy_en="More dimensions leave fewer cells.",
        ))  # fmt: skip
    unknown = [name for name in scope.dimensions if name not in CHOICES]
    found += [
        wrong("dimensions", f"没有维度“{name}”", f"there is no dimension “{name}”", value=name,
              remedy_zh="可选：" + "、".join(CHOICES), remedy_en="One of: " + ", ".join(CHOICES))
        for name in unknown
    ]  # fmt: skip
    columns = [CHOICES[name].column for name in scope.dimensions if name in CHOICES]
    if len(set(columns)) < len(columns):
        found.append(wrong(
            "dimensions", "行业只能选一个级次", "choose one level of the industry",
            remedy_zh="细级次的表已包含粗级次的小计。", remedy_en="A finer table has the coarser subtotals.",
        ))  # fmt: skip
    return found


def may_draft(viewer: Viewer, scope: Scope) -> bool:
    """An official of the place drafts."""
    return serves(viewer, scope.place)


@action("publication.draft", zh="起草汇总表", en="draft a table of aggregates")
def draft(
    *, viewer: Viewer, scope: Scope, title_zh: str, title_en: str = "", rule: Rule = RULE
) -> PublishedTable:
    """Make a table from the facts, withhold what has to be, and attack the result.

    A draft whose audit does not pass is kept, so that its report can be read; it cannot be
    published.

    Raises:
        JiqunError: ``E-INPUT``, ``E-PUBLICATION-EMPTY``, ``E-PUBLICATION-UNITS``,
            ``E-PUBLICATION-ROWS``, ``E-PUBLICATION-SOLVER``.
    """
    refuse(_problems(title_zh, scope))
    facts = store()
    at = facts.snapshot([name for name in TABLES if facts.version(name) >= 0]).id
    key = secrets.token_hex(6)
    found = contributions(facts, scope, at, key=key)
    others = linked(scope.place, scope.measure, scope.period)
    made = plan(found.table, engine_tables(facts, others), rule=rule, options=OPTIONS)
    cells = _cells(made)
    about = {**asdict(scope), "title_zh": title_zh.strip(), "title_en": title_en.strip()}
    table = PublishedTable.objects.create(
        key=key, title_zh=title_zh.strip(), title_en=title_en.strip(), place=scope.place,
        period=scope.period, measure=scope.measure, unit=found.unit,
        classification=scope.classification, dimensions=list(scope.dimensions),
        parameters={"rule": asdict(rule), "options": asdict(OPTIONS),
                    "merges": [asdict(one) for one in made.merges], "note": found.note},
        snapshot=at, code_version=code_version("engine/disclosure", "core/publication"),
        firms=list(found.table.rows["firm"]), cells=cells,
        report=report_of(made.system, made.audit, others, merges=len(made.merges), gap=made.pattern.gap),
        digest=digest_of(cells, about), made_by_id=viewer.user_id,
    )  # fmt: skip
    record(
        viewer, "publication.draft", target=f"table:{key}", after={**about, "digest": table.digest}
    )
    return table


def _cells(made: Plan) -> list[dict[str, Any]]:
    return [
        {
            "coordinate": row["coordinate"],
            "status": row["status"],
            "value": row["total"] if row["status"] == "published" else None,
            "count": row["count"] if row["status"] == "published" else None,
        }
        for row in pl.DataFrame(dict(made.cells())).iter_rows(named=True)
    ]


def may_publish(viewer: Viewer, table: PublishedTable) -> bool:
    """An official of the place publishes."""
    return serves(viewer, table.place)


@action("publication.publish", zh="发布汇总表", en="publish a table of aggregates")
def publish(*, viewer: Viewer, table: PublishedTable) -> PublishedTable:
    """Publish another official's draft after a new audit over everything that readers know.

    Raises:
        JiqunError: ``E-FORBIDDEN`` to the maker, ``E-PUBLICATION-STATE`` unless it is a draft,
            ``E-PUBLICATION-EXPOSED`` with the cells that could be recovered.
    """
    if viewer.user_id == table.made_by_id:
        raise forbidden(
            "发布自己起草的表", "publish a table that you drafted",
            "请另一位本地方的分析员复核后发布。", "Another official of the place checks and publishes it.",
        )  # fmt: skip
    # One publication of a measure at a time: two drafts, each safe alone, may not be safe together.
    list(
        PublishedTable.objects.select_for_update()
        .filter(measure=table.measure)
        .order_by("pk")
        .values_list("pk")
    )
    current = _locked(table, State.DRAFT)
    facts = store()
    others = linked(current.place, current.measure, current.period)
    system, result = audit_tables(
        [stored(facts, current), *engine_tables(facts, others)],
        rule=Rule(**current.parameters["rule"]),
    )
    report = report_of(
        system, result, others, merges=len(current.parameters["merges"]), gap=float("nan")
    )
    report["gap"] = current.report["gap"]
    if not result.passed:
        raise exposed(report, current)
    before = {"state": current.state}
    current.state, current.report = State.PUBLISHED, report
    current.approved_by_id, current.approved_at = viewer.user_id, timezone.now()
    current.save()
    after = {"state": current.state, "digest": current.digest, "recoverable": result.recoverable}
    record(viewer, "publication.publish", target=f"table:{current.key}", before=before, after=after)
    return current


def exposed(report: Mapping[str, Any], table: PublishedTable) -> JiqunError:
    """Return the refusal that names every cell that somebody could recover."""
    problems = problems_of(report, names_of(store(), _scope(table)))
    return JiqunError(
        "E-PUBLICATION-EXPOSED",
        f"表“{table.title_zh}”未发布：有 {len(problems)} 个保密单元格可被推算出来",
        f"the table “{table.title_zh}” was not published: {len(problems)} withheld cell(s) can be recovered",
        hint_zh="与已发布的表一起看才会暴露的，也算在内。请合并相邻类别或去掉一个维度后重新起草。",
        hint_en="Cells that only appear beside tables published before count too. Merge categories "
        "or leave out a dimension, and draft again.",
        kind=Kind.CONFLICT,
        fields=problems,
    )


def _scope(table: PublishedTable) -> Scope:
    return Scope(
        table.place, table.period, table.measure, table.classification, tuple(table.dimensions)
    )


def _locked(table: PublishedTable, wanted: State) -> PublishedTable:
    """Read the row again under a lock; two people must not decide on it at once."""
    current = PublishedTable.objects.select_for_update().get(pk=table.pk)
    if current.state != wanted:
        raise JiqunError(
            "E-PUBLICATION-STATE",
            f"表“{current.title_zh}”现在是“{State(current.state).label}”，不能这样处理",
            f"the table “{current.title_zh}” is “{current.state}” and this cannot be done with it",
            hint_zh="请刷新页面；别人可能刚处理过。",
            hint_en="Reload the page; somebody may just have dealt with it.",
            kind=Kind.CONFLICT,
        )
    return current


def may_withdraw(viewer: Viewer, table: PublishedTable) -> bool:
    """An official of the place withdraws."""
    return serves(viewer, table.place)


@action("publication.withdraw", zh="撤回汇总表", en="withdraw a table of aggregates")
def withdraw(*, viewer: Viewer, table: PublishedTable, reason: str) -> PublishedTable:
    """Take a published table off the pages. Later audits still count what it showed.

    Raises:
        JiqunError: ``E-INPUT`` without a reason, ``E-PUBLICATION-STATE`` unless it is published.
    """
    words = " ".join(reason.split())[:200]
    if len(words) < 4:
        refuse([wrong("reason", "请写明撤回原因，至少四个字", "give the reason, four characters at least",
                      remedy_zh="原因会留在记录里。", remedy_en="The reason is kept.")])  # fmt: skip
    current = _locked(table, State.PUBLISHED)
    current.state, current.reason = State.WITHDRAWN, words
    current.withdrawn_by_id, current.withdrawn_at = viewer.user_id, timezone.now()
    current.save()
    record(
        viewer, "publication.withdraw", target=f"table:{current.key}", reason=words,
        before={"state": State.PUBLISHED}, after={"state": State.WITHDRAWN},
    )  # fmt: skip
    return current
