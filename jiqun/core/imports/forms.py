"""Forms of an import: the file and whose it is; answers to what the dry run asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from jiqun.core.imports.actions import Said
from jiqun.core.tabular import Plan, TableSpec

IGNORE = "-"
ENCODING_WORDS = (
    ("", _("自动识别")), ("utf-8", "UTF-8"), ("gb18030", "GB18030 / GBK"), ("big5", "Big5"), ("utf-16", "UTF-16"),
)  # fmt: skip


class UploadForm(forms.Form):
    """The file, and what is said about it."""

    file = forms.FileField(
        label=_("文件"), help_text=_("拖到这里或点击选择：Excel（.xlsx、.xls）、CSV 或 Parquet。")
    )
    source = forms.CharField(
        label=_("这张表叫什么"),
        max_length=120,
        help_text=_("责任单位自己的叫法，例如：规上企业产值月报。"),
    )
    owner = forms.CharField(label=_("责任单位"), max_length=60, help_text=_("谁对这些数负责。"))
    as_of = forms.DateField(
        label=_("数据日期"),
        help_text=_("责任单位确认这些数的日期。"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    basis = forms.CharField(
        label=_("依据"),
        max_length=200,
        required=False,
        help_text=_("可以使用这些数的依据，例如：统计调查制度、企业授权书编号。"),
    )

    def __init__(self, *args: Any, asks: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks:
            for name in ("source", "owner", "as_of", "basis"):
                del self.fields[name]
        for one in self.fields.values():
            one.widget.attrs.setdefault("class", "form-control")

    def said(self) -> Said:
        """What the person stated."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "file"}
        return Said(**{name: value for name, value in given.items() if value})


def defaults(spec: TableSpec, today: date) -> dict[str, Any]:
    """Return what the last import of the table said, with today's date."""
    last = next(iter(spec.sources()), None)
    return {
        "source": last.name if last else "", "owner": last.owner if last else "", "as_of": today,
    }  # fmt: skip


def answers(said: Said, plan: Plan, given: QueryDict) -> Said:
    """Return what was said, with the answers of the dry-run page.

    Columns are numbered in the form because a heading may hold any character.
    """
    renames: dict[str, str] = dict(said.renames)
    ignored = list(said.ignored)
    for number, one in enumerate(plan.unknown):
        choice = given.get(f"column-{number}", "")
        if choice == IGNORE:
            ignored.append(one.heading)
        elif choice:
            renames[one.heading] = choice
    constants: Mapping[str, str] = {
        **said.constants,
        **{
            name: value
            for name in plan.missing
            if (value := given.get(f"value-{name}", "").strip()[:80])
        },
    }
    return replace(
        said, renames=renames, ignored=tuple(dict.fromkeys(ignored)), constants=constants,
        encoding=given.get("encoding", said.encoding), sheet=given.get("sheet", said.sheet),
    )  # fmt: skip
