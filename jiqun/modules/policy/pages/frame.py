"""What every page of the policies is made of: head, figures, facts, parts; and how a button is pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jiqun.core.factstore import is_synthetic, store
from jiqun.core.tabular import Field, html_table, pick
from jiqun.errors import JiqunError, Kind

Words = tuple[str, str]
Part = Mapping[str, Any]
DONE: Words = ("已办理。", "Done.")


def seek(title: Words, form: forms.Form, button: Words) -> Part:
    """A part that is a form by address: it asks for a page again and changes nothing."""
    form.auto_id = f"id-{len(form.fields)}-{next(iter(form.fields))}-%s"
    return {"title": pick(*title), "seek": form, "button": pick(*button)}


@dataclass(frozen=True, slots=True)
class Said:
    """What a verb tells on the next page; not ``good`` is shown as a warning."""

    words: Words
    good: bool = True


def link(words: Words, href: str, *, main: bool = False) -> dict[str, Any]:
    """A link of the page's head."""
    return {"label": pick(*words), "href": href, "main": main}


def figure(words: Words, value: str, unit: str = "") -> dict[str, str]:
    """A figure of the page's head with its unit."""
    return {"label": pick(*words), "value": value, "unit": unit}


def table(
    caption: Words,
    fields: Sequence[Field],
    rows: Sequence[Mapping[str, Any]],
    empty: Words,
    export: str = "",
) -> Part:
    """A part that is a table."""
    made = html_table(
        fields, rows, caption=pick(*caption), empty={"message": pick(*empty)}, export_href=export
    )
    return {"table": made}


def note(words: Words, level: str = "warning") -> Part:
    """A part that says something."""
    return {"note": pick(*words), "level": level}


def ask(
    title: Words,
    buttons: Sequence[tuple[str, Words]],
    form: forms.Form | None = None,
    about: Words = ("", ""),
    *,
    multipart: bool = False,
) -> Part:
    """A part that is a form; the first button is the main one. The value of a button names the verb."""
    if form is not None:
        form.auto_id = f"id-{buttons[0][0]}-%s"  # a page may ask for the same field in two forms
    return {
        "title": pick(*title), "about": pick(*about), "form": form, "multipart": multipart,
        "buttons": [
            {"value": value, "label": pick(*words), "main": number == 0}
            for number, (value, words) in enumerate(buttons)
        ],
    }  # fmt: skip


def press(request: HttpRequest, verbs: Mapping[str, Callable[[], object]]) -> JiqunError | None:
    """Do what the pressed button says; return a refusal that the page explains.

    What a verb answers as :class:`Said` is said on the next page.

    Raises:
        JiqunError: What is not this person's to do, and what is not there.
    """
    verb = verbs.get(request.POST.get("verb", ""))
    if verb is None:
        return JiqunError(
            "E-POLICY-BUTTON", "没有这个操作", "there is no such button",
            hint_zh="请刷新页面后再试。", hint_en="Reload the page and try again.",
        )  # fmt: skip
    try:
        said = verb()
    except JiqunError as error:
        if error.kind in {Kind.INVALID, Kind.CONFLICT} or error.code == "E-POLICY-FOUR-EYES":
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
    """Draw a page; ``more`` is small, lede, crumb, links, figures, facts."""
    context = {
        "title": pick(*title), "parts": parts, "refusal": refusal,
        "synthetic": is_synthetic(store()), **more,
    }  # fmt: skip
    return render(request, "policy/page.html", context, status=refusal.status if refusal else 200)
