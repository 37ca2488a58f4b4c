"""Between verbs, which report every problem at once, and forms, which show each at its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms

from jiqun.core.tabular import pick
from jiqun.errors import JiqunError, Kind, Problem

R = TypeVar("R")


def wrong(
    field: str,
    zh: str,
    en: str,
    *,
    remedy_zh: str = "",
    remedy_en: str = "",
    value: str = "",
) -> Problem:
    """Return a problem of one field of a form, for :func:`jiqun.core.actions.refuse`."""
    return Problem(
        "E-INPUT", zh, en, remedy_zh=remedy_zh, remedy_en=remedy_en, column=field, value=value
    )


def attempt(form: forms.Form, verb: Callable[[], R]) -> R | None:
    """Call a verb; put the problems it reports beside the form's fields and return None then.

    Problems of no field, and a conflict with what somebody else did meanwhile, stand above the
    form. Anything else is raised as it is.
    """
    try:
        return verb()
    except JiqunError as error:
        if error.kind not in {Kind.INVALID, Kind.CONFLICT}:
            raise
        problems = error.fields or [
            Problem(error.code, error.message_zh, error.message_en, error.hint_zh, error.hint_en)
        ]
        for one in problems:
            words = f"{pick(one.message_zh, one.message_en)} {pick(one.remedy_zh, one.remedy_en)}"
            form.add_error(one.column if one.column in form.fields else None, words.strip())
        return None
