"""The forms of the policies' pages. Labels come in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO, cast

from django import forms

from jiqun.core.security.uploads import check_upload
from jiqun.core.tabular import pick
from jiqun.errors import JiqunError
from jiqun.modules.policy.benefits.firm.actions import BankAccount
from jiqun.modules.policy.benefits.money import fen_of
from jiqun.modules.policy.machine import REASONS
from jiqun.modules.policy.models import Batch, Item, Pool
from jiqun.modules.policy.models.base import Organisation

Choices = list[tuple[str, str]]
CSV = frozenset({"csv"})


def _text(zh: str, en: str, *, longest: int = 500, required: bool = True) -> forms.CharField:
    return forms.CharField(label=pick(zh, en), max_length=longest, required=required)


def _choice(zh: str, en: str, choices: Choices) -> forms.ChoiceField:
    return forms.ChoiceField(label=pick(zh, en), choices=choices)


class Plain(forms.Form):
    """A form whose fields are given; its texts are read with :meth:`text`, its amounts with :meth:`fen`."""

    def __init__(self, fields: dict[str, forms.Field], data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.fields.update(fields)

    def text(self, name: str) -> str:
        """What was written, empty for nothing."""
        return str(self.data.get(name, "")).strip()

    def fen(self, name: str) -> int:
        """An amount in fen; 0 for what is none, which every verb refuses."""
        return fen_of(self.text(name)) or 0


def words_form(data: Any = None) -> Plain:
    """What was found, in words."""
    return Plain({"words": _text("办理情况", "What was found")}, data)


def amount_form(zh: str, en: str, data: Any = None) -> Plain:
    """An amount and the document that it rests on."""
    return Plain(
        {"amount": _text("金额（元）", "Amount (CNY)", longest=30), "words": _text(zh, en)}, data
    )


def hold_form(data: Any = None) -> Plain:
    """A reason to hold a case, and its evidence."""
    reasons = [(code, pick(one.zh, one.en)) for code, one in REASONS.items()]
    return Plain(
        {"reason": _choice("挂起原因", "Reason", reasons), "evidence": _text("依据", "Evidence")},
        data,
    )


def account_form(data: Any = None, *, payee: str = "", required: bool = False) -> Plain:
    """A firm's bank account; ``payee`` is what its name has to be, ``required`` where none is on file."""
    made = Plain({
        "payee": _text("户名（须与企业名称一致）", "Name of the account (the firm's own)", longest=120,
                       required=required),
        "bank": _text("开户银行（到支行）", "Bank and branch", longest=120, required=required),
        "account": _text("账号", "Account number", longest=40, required=required),
        "words": _text("说明", "Remark", required=False),
    }, data)  # fmt: skip
    if required:
        made.fields["payee"].initial = payee
    return made


def account_of(form: Plain) -> BankAccount:
    """The account that was filled in."""
    return BankAccount(form.text("payee"), form.text("bank"), form.text("account"))


def pool_form(offices: Iterable[Organisation], data: Any = None) -> Plain:
    """A new fund."""
    return Plain({
        "organisation": _choice("财政部门", "Finance office", _named(offices)),
        "place": _text("地方代码", "Place", longest=20), "name": _text("名称", "Name", longest=80),
        "warn": _text("补充提醒线（元）", "Warn below (CNY)", longest=30, required=False),
    }, data)  # fmt: skip


def office_form(
    offices: Iterable[Organisation], pools: Iterable[Pool] = (), data: Any = None
) -> Plain:
    """Which bureau is in charge, and which fund pays where money is to follow."""
    fields: dict[str, forms.Field] = {
        "department": _choice("主管部门", "Bureau in charge", _named(offices))
    }
    if funds := [(one.key, one.name) for one in pools]:
        fields["pool"] = _choice("资金池", "Fund", funds)
    return Plain(fields, data)


def batch_form(
    offices: Iterable[Organisation], pools: Iterable[Pool], data: Any = None, files: Any = None
) -> Plain:
    """A file of candidates and the rules of its batch."""
    silence = [(value, pick(str(label), value)) for value, label in Batch.Silence.choices]
    return Plain({
        "title": _text("批次名称", "Name of the batch", longest=120),
        "department": _choice("主管部门", "Bureau in charge", _named(offices)),
        "pool": _choice("资金池", "Fund", [(one.key, one.name) for one in pools]),
        "on_silence": _choice("逾期未答复", "Silence", silence),
        "answer_days": forms.IntegerField(label=pick("企业确认期限（工作日）", "Days to answer"),
        min_value=1, max_value=60, initial=5),
        "publicity_days": forms.IntegerField(label=pick("公示期限（工作日）", "Days of publicity"),
        min_value=1, max_value=60, initial=5),
        "file": forms.FileField(label=pick("比对结果（CSV 或 JSON）", "Candidates (CSV or JSON)")),
    }, data, files)  # fmt: skip


def answer_form(data: Any = None, files: Any = None) -> Plain:
    """The treasury's answer."""
    return Plain(
        {"file": forms.FileField(label=pick("国库回单（CSV）", "The treasury's answer (CSV)"))},
        data,
        files,
    )


def item_form(offices: Iterable[Organisation], data: Any = None) -> Plain:
    """A new item or version."""
    day = forms.DateInput(attrs={"type": "date"})
    fields: dict[str, forms.Field] = {
        "department": _choice("主管部门", "Bureau in charge", _named(offices)),
        "place": _text("地方代码", "Place", longest=20), "policy": _text("政策编号", "Policy", longest=60),
        "version": _text("版本", "Version", longest=30), "title": _text("事项名称", "Item", longest=120),
        "sort": _choice("类别", "Class", [(v, pick(str(name), v)) for v, name in Item.Sort.choices]),
        "mode": _choice("兑付方式", "Way of payment", [(v, pick(str(name), v)) for v, name in Item.Mode.choices]),
    }  # fmt: skip
    for name, zh, en in (
        ("document", "文号", "Document"), ("clause", "依据条款", "Clause"), ("conditions", "条件", "Conditions"),
        ("amount", "标准", "Amount"), ("materials", "所需数据", "Data needed"), ("contact", "咨询电话", "Telephone"),
        ("review_number", "公平竞争审查编号", "Fair-competition review"), ("review_result", "审查结论", "Conclusion"),
        ("review_ground", "例外依据", "Ground of exception"),
    ):  # fmt: skip
        fields[name] = _text(zh, en, longest=1000, required=False)
    for name, zh, en in (
        ("valid_from", "施行日期", "In force from"), ("valid_until", "失效日期", "In force until"),
        ("review_on", "审查日期", "Reviewed on"),
    ):  # fmt: skip
        fields[name] = forms.DateField(
            label=pick(zh, en), required=name == "valid_from", widget=day
        )
    return Plain(fields, data)


def _named(offices: Iterable[Organisation]) -> Choices:
    return [(str(one.pk), one.name) for one in offices]


def upload_of(form: Plain, name: str = "file") -> tuple[str, bytes]:
    """Name and bytes of the file that was sent.

    Raises:
        JiqunError: ``E-UPLOAD-KIND`` when none was, and what is not text; see ``check_upload``.
    """
    found = form.files.get(name)
    if found is None:
        raise JiqunError("E-UPLOAD-KIND", "没有选择文件", "no file was chosen",
                         hint_zh="请选择文件后再提交。", hint_en="Choose a file first.")  # fmt: skip
    name = str(found.name)
    # JSON and YAML are checked as the text that they are.
    kept = check_upload(
        f"{name}.txt" if name.lower().endswith((".json", ".yaml", ".yml")) else name,
        cast("BinaryIO", found),
        kinds=CSV,
    )
    return name, kept.content
