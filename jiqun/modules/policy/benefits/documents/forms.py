"""The seven documents about benefits, from rows. All in Chinese: they are issued to firms and the public."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.timezone import localdate

from jiqun.core.typeset import Document, Facts, Table, chinese_day, mark_of
from jiqun.modules.policy.benefits.money import capital, yuan
from jiqun.modules.policy.models import Case, Item, Payment, PaymentFile


def _term(item: Item) -> str:
    last = chinese_day(item.valid_until) if item.valid_until else "长期"
    return f"{chinese_day(item.valid_from)}至{last}"


def item_list(items: Sequence[Item], office: str, day: date, *, synthetic: bool) -> Document:
    """事项清单: every declared item of a place."""
    rows = [
        [str(n), one.title, one.get_sort_display(), one.get_mode_display(), one.document, one.conditions,  # type: ignore[attr-defined]
         one.amount, one.department.name, _term(one)]
        for n, one in enumerate(items, start=1)
    ]  # fmt: skip
    headings = (
        "序号",
        "事项名称",
        "类别",
        "兑付方式",
        "文号及条款",
        "条件",
        "标准",
        "主管部门",
        "有效期",
    )
    table = Table(headings, rows, widths=(3, 8, 4, 5, 8, 12, 10, 7, 9))
    return Document(
        "惠企政策事项清单", [f"共 {len(rows)} 项。", table], signed=office, day=day, landscape=True,
        mark=mark_of(synthetic=synthetic),
    )  # fmt: skip


def handbook(item: Item, *, synthetic: bool) -> Document:
    """工作手册: how officials handle one item."""
    blocks = [
        "# 一、事项", _item_facts(item),
        "# 二、办理步骤",
        "1. 数据比对：按规则版本和数据版本生成候选，逐条件留痕；缺数据的列为待补数据，不作不符合处理。",
        "2. 部门确认：由导入人以外的另一人确认。",
        "3. 企业确认：企业在期限内接受、放弃或更正收款账户；逾期按批次规则处理。",
        "4. 公示：公示企业名称、事项、金额；有异议的核实后维持或终止。",
        "5. 财政审核：由财政部门审核并从资金池预留；余额不足的排队等待，不作削减。",
        "6. 拨付：由审核人以外的另一人生成拨付文件；每期只拨付一次。",
        "7. 对账：以拨付文件、账簿、国库回单三方核对；退回的由企业更正账户后重新审核拨付。",
        "8. 绩效复核与追回：按文件约定复核；应追回的发追回通知并登记到账。",
        "# 三、挂起情形",
        ("无账户、合并或更名、迁出、身份不明确、争议、经营者死亡、法院冻结、重复享受、名单未公布的，挂起并写明依据；"
        "由另一人解除。"),
        "# 四、咨询", item.contact or "见主管部门公布的电话。",
    ]  # fmt: skip
    return Document(f"{item.title}工作手册", blocks, signed=item.department.name, day=item.valid_from,
                    mark=mark_of(synthetic=synthetic))  # fmt: skip


def guide(item: Item, *, synthetic: bool) -> Document:
    """申兑指南: what a firm has to know about one item."""
    how = (
        "本事项免申即享：符合条件的企业无须提交申请，收到通知后登录平台确认收款账户即可；可以放弃。"
        if item.mode == Item.Mode.AUTOMATIC
        else "本事项须由企业申请。"
    )
    blocks = [
        "# 一、谁能享受", item.conditions or "见文件。", "# 二、能得多少", item.amount or "见文件。",
        "# 三、怎么办理", how, "# 四、用到哪些数据", item.materials or "由部门数据核验，企业无须提供材料。",
        "# 五、结果怎么查", "登录平台“我的惠企资金”，可以看到每一个条件的结论、依据条款和数据来源。",
        "# 六、基本信息", _item_facts(item),
    ]  # fmt: skip
    return Document(f"{item.title}申兑指南", blocks, signed=item.department.name, day=item.valid_from,
                    mark=mark_of(synthetic=synthetic))  # fmt: skip


def _item_facts(item: Item) -> Facts:
    return Facts([
        ("政策编号及版本", f"{item.policy} {item.version}"), ("文号", item.document), ("依据条款", item.clause),
        ("条件", item.conditions), ("标准", item.amount), ("兑付方式", item.get_mode_display()),  # type: ignore[attr-defined]
        ("有效期", _term(item)), ("主管部门", item.department.name), ("咨询电话", item.contact),
    ])  # fmt: skip


def competition_review(item: Item, *, synthetic: bool) -> Document:
    """公平竞争审查表: the record without which an item is not declared fit."""
    lines = [
        ("政策措施名称", item.title), ("文号", item.document), ("涉及条款", item.clause),
        ("起草单位", item.department.name), ("审查编号", item.review_number),
        ("审查日期", chinese_day(item.review_on) if item.review_on else ""),
        ("审查结论", item.review_result), ("适用例外规定的依据", item.review_ground or "不适用"),
        ("条件原文", item.conditions), ("标准原文", item.amount),
    ]  # fmt: skip
    about = "依据《公平竞争审查条例》（国务院令第783号），对下列政策措施审查如下。"
    return Document("公平竞争审查表", [about, Facts(lines)], signed=item.department.name, day=item.review_on,
                    mark=mark_of(synthetic=synthetic))  # fmt: skip


def publicity_notice(
    rows: Sequence[dict[str, Any]], office: str, day: date, *, synthetic: bool
) -> Document:
    """拟兑现公示: name, item and amount of every case in publicity, and nothing else."""
    last = max((row["public_until"] for row in rows), default=day)
    total = sum(row["amount_fen"] for row in rows)
    body = [
        [str(n), row["firm_name"], row["item__title"], yuan(row["amount_fen"])]
        for n, row in enumerate(rows, start=1)
    ]
    blocks = [
        (f"经数据比对、部门审核和企业确认，现将拟兑现的惠企资金予以公示，共 {len(rows)} 笔，合计 {yuan(total)} 元。"
        f"公示期自{chinese_day(day)}至{chinese_day(last)}。"),
        "公示期内对公示内容有异议的，请以书面或电话形式向主管部门反映，反映情况应当具体真实并留下联系方式。",
        Table(("序号", "企业名称", "事项", "金额（元）"), body, frozenset({3}), (2, 10, 8, 5)),
    ]  # fmt: skip
    return Document(
        "惠企资金拟兑现公示", blocks, signed=office, day=day, mark=mark_of(synthetic=synthetic)
    )


def payment_list(file: PaymentFile, payments: Sequence[Payment], *, synthetic: bool) -> Document:
    """拨付清单: the payments of one file with its control totals, for the bank and the archive."""
    body = [
        [str(n), one.key, one.payee, one.account, one.bank, yuan(one.amount_fen)]
        for n, one in enumerate(payments, start=1)
    ]
    facts = Facts([
        ("文件编号", file.number), ("笔数", f"{file.count} 笔"),
        ("合计", f"{yuan(file.total_fen)} 元（大写：{capital(file.total_fen)}）"),
        ("账号校验和", file.account_sum), ("摘要 SHA-256", file.digest),
    ])  # fmt: skip
    headings = ("序号", "付款编号", "收款人", "收款账号", "开户银行", "金额（元）")
    table = Table(headings, body, frozenset({5}), (2, 9, 9, 8, 8, 6))
    return Document(
        "惠企资金拨付清单", [facts, table], signed=file.pool.organisation.name, day=localdate(file.made_at),
        landscape=True, mark=mark_of(synthetic=synthetic),
    )  # fmt: skip


def recovery_notice(case: Case, reason: str, day: date, *, synthetic: bool) -> Document:
    """追回通知: how much a firm has to pay back, why, and what it may do against it."""
    rest = case.claimed_fen - case.recovered_fen
    blocks = [
        f"你单位于“{case.item.title}”项下获得惠企资金 {yuan(case.paid_fen)} 元（事项编号 {case.key}）。",
        (f"经核查：{reason}。依据{case.item.document or '有关文件'}{case.item.clause}，"
        f"决定追回 {yuan(case.claimed_fen)} 元（大写：{capital(case.claimed_fen)}），"
        f"已退回 {yuan(case.recovered_fen)} 元，尚应退回 {yuan(rest)} 元。"),
        "请自收到本通知之日起 15 个工作日内将款项退回至财政部门指定账户，退回时注明事项编号。",
        "对本决定有异议的，可以在收到通知之日起 60 日内依法申请行政复议，或者在六个月内依法提起行政诉讼。",
    ]  # fmt: skip
    return Document(
        "惠企资金追回通知书", blocks, number=case.key, addressee=case.firm_name, day=day,
        signed=case.batch.department.name, mark=mark_of(synthetic=synthetic),
    )  # fmt: skip
