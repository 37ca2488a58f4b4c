"""What a page of a module is made of: head, figures, facts, then parts in order; and how a button is pressed.

A part is what one of the functions here returns; ``core/page.html`` draws it. Words come in both languages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.tabular import Field, html_table, pick
from jiqun.errors import JiqunError, Kind

Words = tuple[str, str]
Part = Mapping[str, Any]
DONE: Words = ("已办理。", "Done.")


@dataclass(frozen=True, slots=True)
class Said:
    """What a verb tells on the next page; not ``good`` is shown as a warning."""

    words: Words
    good: bool = True


def link(
    words: Words, href: str, *, main: bool = False, purpose: Words = ("", "")
) -> dict[str, Any]:
    """A link of the page's head; with a purpose it asks for one first."""
    return {"label": pick(*words), "href": href, "main": main, "purpose": pick(*purpose)}


def figure(words: Words, value: str, unit: str = "") -> dict[str, str]:
    """A figure of the page's head with its unit."""
    return {"label": pick(*words), "value": value, "unit": unit}


def table(
    caption: Words,
    fields: Sequence[Field],
    rows: Sequence[Mapping[str, Any]],
    empty: Words = ("没有", "None"),
    export: str = "",
    *,
    hint: Words = ("", ""),
) -> Part:
    """A part that is a table; ``export`` is where its workbook is."""
    made = html_table(
        fields, rows, caption=pick(*caption), empty={"message": pick(*empty)}, export_href=export
    )
    return {"table": made | {"note": pick(*hint)}}


def note(words: Words, level: str = "warning") -> Part:
    """A part that says something; ``level`` is info, good or warning."""
    return {"note": pick(*words), "level": level}


def heading(words: Words, about: Words = ("", "")) -> Part:
    """A part that begins a new subject."""
    return {"heading": pick(*words), "about": pick(*about)}


def seek(title: Words, form: forms.Form, button: Words) -> Part:
    """A part that is a form by address: it asks for a page again and changes nothing."""
    form.auto_id = f"id-{len(form.fields)}-{next(iter(form.fields))}-%s"
    return {"title": pick(*title), "seek": form, "button": pick(*button)}


def ask(
    title: Words,
    buttons: Sequence[tuple[str, Words]],
    form: forms.Form | None = None,
    about: Words = ("", ""),
    *,
    multipart: bool = False,
    folded: str | None = None,
) -> Part:
    """A part that is a form; the first button is the main one. The value of a button names the verb.

    With ``folded``, the verb that was pressed or nothing, the form stands closed under its title and
    opens when it is chosen, or was pressed and refused.
    """
    if form is not None:
        form.auto_id = f"id-{buttons[0][0]}-%s"  # a page may ask for the same field in two forms
    return {
        "title": pick(*title), "about": pick(*about), "form": form, "multipart": multipart,
        "folded": folded is not None, "open": folded in {value for value, _ in buttons},
        "buttons": [
            {"value": value, "label": pick(*words), "main": number == 0}
            for number, (value, words) in enumerate(buttons)
        ],
    }  # fmt: skip


def asks_purpose(who: Viewer) -> list[Part]:
    """What to say to an official who has stated no purpose; nothing to others."""
    if may_see_firm_rows(who):
        return []
    return [note((
        "这里只有汇总，不足 5 家的数不显示。要看具体企业，请先在“用途与授权”说明用途；每次查看留痕，企业看得到。",
        ("Only sums here; counts below five are not shown. To see firms, state a purpose first "
         "(Purposes and consent); each look is logged and the firm sees it."),
    ), "info")]  # fmt: skip


def press(request: HttpRequest, verbs: Mapping[str, Callable[[], object]]) -> JiqunError | None:
    """Do what the pressed button says; return a refusal that the page explains.

    What a verb answers as :class:`Said` is said on the next page. Explained are what is invalid,
    what conflicts, and what takes another pair of eyes (codes that end with FOUR-EYES).

    Raises:
        JiqunError: What is not this person's to do, and what is not there.
    """
    verb = verbs.get(request.POST.get("verb", ""))
    if verb is None:
        return JiqunError(
            "E-BUTTON", "没有这个操作", "there is no such button",
            hint_zh="请刷新页面后再试。", hint_en="Reload the page and try again.",
        )  # fmt: skip
    try:
        said = verb()
    except JiqunError as error:
        if error.kind in {Kind.INVALID, Kind.CONFLICT} or error.code.endswith("-FOUR-EYES"):
            return error
        raise
    told = said if isinstance(said, Said) else Said(DONE)
    (messages.success if told.good else messages.warning)(request, pick(*told.words))
    return None


def show(
    request: HttpRequest,
    title: Words,
    *,
    parts: Sequence[Part] = (),
    refusal: JiqunError | None = None,
    **more: Any,
) -> HttpResponse:
    """Draw a page; ``more`` is small, lede, crumb, links, figures, facts, basis, chart, element.

    ``facts`` stand under the head; ``basis``, from what the page was computed, at its end.
    ``element`` is the custom element that a part with a template of its own (``include``) needs.
    """
    context = {
        "title": pick(*title), "parts": parts, "refusal": refusal,
        "synthetic": is_synthetic(store()), **more,
    }  # fmt: skip
    return render(request, "core/page.html", context, status=refusal.status if refusal else 200)
