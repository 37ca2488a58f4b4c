"""The tables of the policies: items, what was found to be due, what was paid. Lists, files, the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from jiqun.core.access import Grade, Viewer
from jiqun.core.imports.models import Writer, model_importer
from jiqun.core.tabular import Field, Query, Rows, TableSpec, model_read
from jiqun.modules.policy.benefits.items.actions import TEXTS, item_problems, save_item
from jiqun.modules.policy.benefits.reads import note_read
from jiqun.modules.policy.drafts.states import DRAFT_STATES
from jiqun.modules.policy.machine import STATES
from jiqun.modules.policy.models import Case, Draft, Item, Payment
from jiqun.modules.policy.models.base import own_offices

COLUMN_OF = {"sort": "category"}  # a table has no column called sort
SORTS = {
    "relief": ("减免", "Relief"), "award": ("奖补", "Award"), "right": ("权益", "Right"), "title": ("资质", "Title"),
}  # fmt: skip
MODES = {
    "automatic": ("免申即享", "Without application"), "quick": ("即申即享", "On application"),
    "promise": ("承诺兑现", "As promised"),
}  # fmt: skip
DRAFT_WORDS = {state.value: (zh, en) for state, (zh, en, _) in DRAFT_STATES.items()}
STATE_WORDS = {state.value: (about.zh, about.en) for state, about in STATES.items()}
PAYMENT_WORDS = {
    "sent": ("已提交", "Sent"), "paid": ("已到账", "Paid"), "returned": ("已退回", "Returned"),
}  # fmt: skip
ITEM_FIELDS = (
    Field("policy", "政策编号", "Policy", "code", required=True, example="KQ-2026-001"),
    Field("version", "版本", "Version", "code", required=True, example="2026.1"),
    Field("place", "地方", "Place", "code", required=True, example="990101"),
    Field("title", "事项名称", "Item", required=True, example="首次入规奖励"),
    Field("department", "主管部门", "Bureau in charge", source="department__name",
          about_zh="不填为本人所在部门", about_en="the own bureau where it is left empty"),
    Field("category", "类别", "Class", "words", words=SORTS, source="sort", required=True, example="award"),
    Field("mode", "兑付方式", "Way of payment", "words", words=MODES, required=True, example="automatic"),
    Field("document", "文号", "Document", example="某政发〔2026〕1号"),
    Field("clause", "依据条款", "Clause", example="第三条"),
    Field("conditions", "条件", "Conditions", example="当年首次纳入规模以上企业名录"),
    Field("amount", "标准", "Amount", example="一次性奖励 30 万元"),
    Field("materials", "所需数据", "Data needed", example="规上企业名录"),
    Field("contact", "咨询电话", "Telephone", example="0000-0000000"),
    Field("valid_from", "施行日期", "In force from", "date", required=True, example="2026-01-01"),
    Field("valid_until", "失效日期", "In force until", "date", example="2027-12-31"),
    Field("review_number", "公平竞争审查编号", "Fair-competition review", example="某公竞审〔2026〕1号"),
    Field("review_on", "审查日期", "Reviewed on", "date", example="2025-12-01"),
    Field("review_result", "审查结论", "Conclusion", example="不具有排除、限制竞争效果"),
    Field("review_ground", "例外依据", "Ground of exception"),
    Field("declared_at", "审定时间", "Declared", "datetime", importable=False),
)  # fmt: skip
CASE_FIELDS = (
    Field("key", "事项编号", "Case", "code"),
    Field("batch", "批次", "Batch", "code", source="batch__key"),
    Field("policy", "政策编号", "Policy", "code"),
    Field("version", "版本", "Version", "code", source="item__version"),
    Field("title", "事项名称", "Item", source="item__title"),
    Field("firm", "统一社会信用代码", "Credit code", "firm_id"),
    Field("firm_name", "企业名称", "Firm"),
    Field("subject", "事由", "Matter"),
    Field("amount_fen", "金额", "Amount", "money_yuan"),
    Field("state", "状态", "State", "words", words=STATE_WORDS),
    Field("held", "挂起", "On hold", "bool"),
    Field("paid_fen", "已兑付", "Paid", "money_yuan"),
    Field("recovered_fen", "已追回", "Recovered", "money_yuan"),
    Field("public_until", "公示截止", "Public until", "date"),
    Field("since", "更新时间", "Changed", "datetime"),
)
PAYMENT_FIELDS = (
    Field("key", "付款编号", "Payment", "code"),
    Field("case", "事项编号", "Case", "code", source="case__key"),
    Field("file", "拨付文件", "Payment file", "code", source="file__number"),
    Field("policy", "政策编号", "Policy", "code", source="case__policy"),
    Field("title", "事项名称", "Item", source="case__item__title"),
    Field("firm", "统一社会信用代码", "Credit code", "firm_id"),
    Field("firm_name", "企业名称", "Firm", source="case__firm_name"),
    Field("instalment", "期次", "Instalment", "integer"),
    Field("attempt", "第几次", "Attempt", "integer"),
    Field("amount_fen", "金额", "Amount", "money_yuan"),
    Field("state", "结果", "Result", "words", words=PAYMENT_WORDS),
    Field("reason", "退回原因", "Reason"),
    Field("sent_at", "提交时间", "Sent", "datetime"),
    Field("settled_at", "到账时间", "Settled", "datetime"),
)
DRAFT_FIELDS = (
    Field("key", "草稿编号", "Draft", "code"),
    Field("place", "地方", "Place", "code"),
    Field("title", "名称", "Title"),
    Field("clause", "依据条款", "Clause"),
    Field("document", "文号", "Document", source="text__document"),
    Field("department", "主管部门", "Bureau in charge", source="department__name"),
    Field("state", "状态", "State", "words", words=DRAFT_WORDS),
    Field("number", "政策编号", "Policy", "code"),
    Field("made_at", "保存时间", "Stored", "datetime"),
    Field("first_at", "第一次核定", "First confirmation", "datetime"),
    Field("second_at", "第二次核定", "Second confirmation", "datetime"),
    Field("digest", "文件指纹", "Digest of the document", "code"),
)
FIRM_READERS = (
    "企业看本企业的；官员说明用途后看本地方的，每次查看留痕",
    "a firm: its own; an official with a purpose: those of the place, each look logged",
)


def _logged(
    visible: Callable[[Viewer], QuerySet[Any]], fields: tuple[Field, ...], name: str
) -> Callable[[Viewer, Query], Rows]:
    """Read rows about firms and log whose were read."""
    read = model_read(visible, fields)

    def logged(viewer: Viewer, query: Query) -> Rows:
        found = read(viewer, query)
        note_read(viewer, {str(row["firm"]) for row in found.rows if row.get("firm")}, name)
        return found

    return logged


# ---- items come in ------------------------------------------------------------------------------


def _may_bring(viewer: Viewer) -> bool:
    """Officials of a bureau; the verb asks for the item's own bureau and place."""
    return viewer.known and viewer.official and bool(own_offices(viewer))


def _office(viewer: Viewer, name: Any) -> int | None:
    """The viewer's bureau of this name; without a name the first of them."""
    found = [one.pk for one in own_offices(viewer) if name in (None, "", one.name)]
    return found[0] if found else None


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: values.get(COLUMN_OF.get(name, name)) or "" for name in TEXTS}
    return texts | {name: values.get(name) for name in ("valid_from", "valid_until", "review_on")}


def _save(viewer: Viewer, values: Mapping[str, Any]) -> int:
    office = _office(viewer, values.get("department")) or 0
    made = save_item(
        viewer=viewer, department=office, place=str(values["place"]), values=_values(values)
    )
    return int(made.pk)


def _change(viewer: Viewer, pk: Any, values: Mapping[str, Any]) -> None:
    del pk  # the item is known by policy, version and place
    _save(viewer, values)


def _refused(
    viewer: Viewer, values: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Sequence[tuple[str, str, str, str, str]]:
    """What the verb is going to refuse, said in the dry run already."""
    if before is not None and dict(values) == dict(before):
        return ()
    found = [
        (
            "category" if one.column == "sort" else one.column,
            one.message_zh,
            one.message_en,
            one.remedy_zh,
            one.remedy_en,
        )
        for one in item_problems(_values(values))
    ]
    if _office(viewer, values.get("department")) is None:
        found.append((
            "department", "您不在这个部门", "you do not work in this bureau",
            "请由该部门的人导入，或留空。", "Have that bureau bring it in, or leave it empty.",
        ))  # fmt: skip
    same = {name: values[name] for name in ("place", "policy", "version")}
    if Item.objects.visible_to(viewer).filter(**same, declared_by__isnull=False).exists():
        found.append((
            "version", "该版本已审定，不能修改", "this version was declared and is not changed",
            "请登记为新版本。", "List it as a new version.",
        ))  # fmt: skip
    return found


ITEMS_IN = model_importer(
    "policy_item", ITEM_FIELDS, ("place", "policy", "version"),
    Writer(may=_may_bring, visible=Item.objects.visible_to, create=_save, update=_change, check=_refused),
)  # fmt: skip
TABLES = (
    TableSpec(
        "policy_item", "惠企事项清单", "Items of policies", ITEM_FIELDS, ("place", "policy", "version"),
        model_read(Item.objects.visible_to, ITEM_FIELDS),
        about_zh="政策分解成的事项、条件、标准和公平竞争审查",
        about_en="Benefits of policies: conditions, amounts, review",
        grade=Grade.PUBLIC, sort=("policy",), importer=ITEMS_IN,
        readers=("已审定的：所有登录用户；草稿：本地方的官员", "declared: everyone; drafts: the place's officials"),
        writers=("主管部门的官员；另一人审定", "officials of the bureau in charge; another declares"),
    ),
    TableSpec(
        "policy_case", "免申即享比对结果", "Cases for payment", CASE_FIELDS, ("key",),
        _logged(Case.objects.visible_to, CASE_FIELDS, "policy_case"),
        about_zh="哪家企业应得哪个事项、多少、办到哪一步", about_en="Which firm is due what, and how far it has got",
        grade=Grade.FIRM, sort=("-key",), readers=FIRM_READERS,
    ),
    TableSpec(
        "policy_payment", "惠企资金兑付结果", "Payments", PAYMENT_FIELDS, ("key",),
        _logged(Payment.objects.visible_to, PAYMENT_FIELDS, "policy_payment"),
        about_zh="每一笔拨付及其到账或退回", about_en="Each payment and what the bank answered",
        grade=Grade.FIRM, sort=("-key",), readers=FIRM_READERS,
    ),
    TableSpec(
        "policy_draft", "规则草稿", "Drafts of rules", DRAFT_FIELDS, ("key",),
        model_read(Draft.objects.visible_to, DRAFT_FIELDS),
        about_zh="从政策原文读出的草稿，谁核定到哪一步", about_en="Drafts and how far they are confirmed",
        grade=Grade.AGGREGATE, sort=("-key",), may_open=lambda viewer: viewer.official,
        readers=("本地方的官员", "officials of the place"),
    ),
)  # fmt: skip
