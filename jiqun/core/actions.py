"""The one way to write: verbs, each with its permission beside it, one transaction, one log entry.

A verb lives in a file ``actions.py`` and takes keyword arguments only, the viewer first. Beside it
stands ``may_<verb>``, which says who may; it is asked with the arguments that it names.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from django.db import transaction

from jiqun.core.access import Viewer, forbidden
from jiqun.core.audit import entries_written
from jiqun.errors import JiqunError, Kind, Problem

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Action:
    """A verb as pages, the log and the reference page name it."""

    name: str
    zh: str
    en: str
    verb: str
    module: str

    @property
    def may(self) -> Callable[..., bool]:
        """The predicate beside the verb."""
        return cast("Callable[..., bool]", getattr(sys.modules[self.module], f"may_{self.verb}"))


_ACTIONS: dict[str, Action] = {}


def actions() -> Mapping[str, Action]:
    """Return every verb that has been imported, by name."""
    return dict(sorted(_ACTIONS.items()))


def action(name: str, *, zh: str, en: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a verb.

    Args:
        name: ``topic.verb``, as the log keeps it.
        zh: What it does, as it follows “您没有权限”.
        en: The same, as it follows “you may not”.

    The verb raises ``E-FORBIDDEN`` when ``may_<function>`` says no, and ``E-INTERNAL`` when it
    wrote no entry to the log, in which case nothing that it did is kept.
    """

    def decorate(verb: Callable[P, R]) -> Callable[P, R]:
        known = Action(name, zh, en, verb.__name__, verb.__module__)
        _ACTIONS[name] = known

        @wraps(verb)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            asked = inspect.signature(known.may).parameters
            if not known.may(**{key: value for key, value in kwargs.items() if key in asked}):
                raise forbidden(zh, en)
            with transaction.atomic():
                before = entries_written()
                result = verb(*args, **kwargs)
                if entries_written() == before:
                    raise JiqunError(
                        "E-INTERNAL",
                        f"操作“{zh}”没有留下审计记录，已撤销",
                        f"the action “{en}” left no entry in the audit log and was undone",
                        kind=Kind.INTERNAL,
                    )
            return result

        return run

    return decorate


def refuse(problems: Sequence[Problem]) -> None:
    """Raise one ``E-INPUT`` with all problems, or return when there are none."""
    if not problems:
        return
    raise JiqunError(
        "E-INPUT",
        f"有 {len(problems)} 处需要改正：{problems[0].message_zh}",
        f"{len(problems)} thing(s) to correct: {problems[0].message_en}",
        hint_zh=problems[0].remedy_zh,
        hint_en=problems[0].remedy_en,
        fields=problems,
    )


def another(viewer: Viewer, *people: int | None, code: str, hint: tuple[str, str]) -> None:
    """Refuse one of the people who did an earlier step: four eyes.

    Args:
        viewer: who wants to do this step.
        people: who did the others.
        code: of the error; pages explain codes that end with FOUR-EYES.
        hint: who has to be whom, in both languages.

    Raises:
        JiqunError: ``code``.
    """
    if viewer.user_id in people:
        raise JiqunError(
            code,
            "这一步必须由另一个人办理：您已经办过前面的一步",
            "another person has to do this: you did one of the steps before",
            hint_zh=hint[0],
            hint_en=hint[1],
            kind=Kind.FORBIDDEN,
        )


def viewer_of_system(name: str) -> Viewer:
    """Return the viewer of a command or a job of the system itself: no rights of its own."""
    return Viewer(user_id=None, name=name)
