"""Papers on pages: beside the matter that they were handed in for, and offered where one is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.audit import note_read
from jiqun.core.frame import Part, table
from jiqun.core.models.papers import Paper, PaperUse
from jiqun.core.registry import load, modules
from jiqun.core.tabular import Field, pick

READ = "paper"
OFFERED = 50
ASKED = ("proof", "paper", "document")  # what fields are called that ask for a document's number
FIELDS = (
    Field("key", "编号", "Number", link="href"), Field("title", "材料", "Document"),
    Field("file", "文件", "File", link="file_href"), Field("size", "大小", "Size", "integer", unit="KB"),
    Field("until", "有效期至", "Holds until"), Field("made_at", "上传", "Uploaded", "datetime"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Matter:
    """What papers are handed in for: its name in both languages, and the address that has its key."""

    zh: str
    en: str
    address: str = ""


@cache
def matters() -> Mapping[str, Matter]:
    """Return every matter of every module by its sort."""
    found: dict[str, Matter] = {}
    for module in modules():
        found |= load(module.papers) if module.papers else {}
    return found


def paper_row(one: Paper) -> dict[str, Any]:
    """A paper as tables show it."""
    over = one.valid_until is not None and one.valid_until < timezone.localdate()
    return {
        "key": one.key, "href": reverse("paper", args=[one.key]), "title": one.title, "file": one.file_name,
        "file_href": reverse("paper-file", args=[one.key]), "size": -(-one.size // 1024),
        "until": f"{one.valid_until or ''}{pick('（已过期）', ' (over)') if over else ''}" or None,
        "made_at": one.made_at,
    }  # fmt: skip


def papers_part(viewer: Viewer, sort: str, targets: Iterable[str]) -> list[Part]:
    """Return a table of the papers handed in for matters, if there are any that the viewer may see."""
    uses = PaperUse.objects.visible_to(viewer).filter(sort=sort, target__in=list(targets))
    found = list({use.paper.pk: use.paper for use in uses.select_related("paper")}.values())
    if not found:
        return []
    note_read(viewer, {one.firm for one in found}, READ)
    return [table(("提交的材料", "Papers handed in"), FIELDS, [paper_row(one) for one in found])]


class PaperInput(forms.TextInput):
    """A line of text that offers the firm's papers; another document's number can be written too."""

    template_name = "core/paper_input.html"

    def __init__(self, papers: Sequence[Paper], **attrs: str) -> None:
        super().__init__(attrs)
        self.papers = papers

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the papers to what the template knows."""
        found = super().get_context(name, value, attrs)
        found["widget"]["attrs"]["list"] = f"{found['widget']['attrs'].get('id', name)}-papers"
        return {**found, "papers": self.papers}


def offer(form: forms.Form, viewer: Viewer, names: Sequence[str] = ASKED) -> forms.Form:
    """Offer a firm's person the own papers in those fields of a form; nothing for others.

    A field called ``proof_area`` is one of ``proof``.
    """
    if not viewer.has(Role.FIRM):
        return form
    own = Paper.objects.visible_to(viewer).filter(firm__in=sorted(viewer.firms))[:OFFERED]
    papers = list(own)
    for name, field in form.fields.items():
        if name.split("_")[0] in names:
            field.widget = PaperInput(papers, **field.widget.attrs)
            field.help_text = pick(
                "可填“本企业—证明材料”里的编号（CL-…），经办人即可打开；也可填其他文号。",
                "A number of “Papers” (CL-…) lets the office open it; another document's number will do too.",
            )
    return form
