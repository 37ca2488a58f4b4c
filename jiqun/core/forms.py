"""Between verbs, which report every problem at once, and forms, which show each at its field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from django import forms

from jiqun.core.actions import refuse
from jiqun.core.tabular import pick
from jiqun.errors import JiqunError, Kind, Problem

R = TypeVar("R")
LEAST = 4  # characters of a reason


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


WORDS = Problem(
    "E-INPUT", "请写明情况，至少四个字", "say it in at least four characters",
    "内容会留在办理记录里。", "It is kept on record.",
)  # fmt: skip


def text_problem(text: str, field: str, told: Problem, longest: int) -> tuple[str, list[Problem]]:
    """Return what a person wrote without stray spaces, and ``told`` for fewer than four characters."""
    words = " ".join(text.split())[:longest]
    return words, [] if len(words) >= LEAST else [replace(told, column=field)]


def words_problem(text: str, field: str = "words") -> tuple[str, list[Problem]]:
    """Return what a person wrote without stray spaces, and what is wrong: fewer than four characters."""
    return text_problem(text, field, WORDS, 500)


def words_of(text: str, field: str = "words") -> str:
    """Return what a person wrote; ``E-INPUT`` for fewer than four characters."""
    words, problems = words_problem(text, field)
    refuse(problems)
    return words


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
