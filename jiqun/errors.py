"""The one error type of the project, at the bottom of the layers so that every layer can raise it.

A message says what happened, where, and what to do next, in both languages. A batch collects
every problem first and raises once, with all of them in ``fields``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The six kinds of error; each maps to one HTTP status."""

    NOT_FOUND = "not_found"
    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    EXTERNAL = "external"
    INTERNAL = "internal"


HTTP_STATUS: Mapping[Kind, int] = {
    Kind.NOT_FOUND: 404,
    Kind.INVALID: 422,
    Kind.FORBIDDEN: 403,
    Kind.CONFLICT: 409,
    Kind.EXTERNAL: 502,
    Kind.INTERNAL: 500,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one piece of input.

    ``row`` counts from 1 as the spreadsheet program does; ``column`` is the heading or letter
    that the person sees; ``value`` is the original text, never a cleaned one.
    """

    code: str
    message_zh: str
    message_en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    def where(self) -> str:
        """Return ``file · sheet · row · column`` with the empty parts left out."""
        parts = [self.file, self.sheet, f"row {self.row}" if self.row else "", self.column]
        return " · ".join(part for part in parts if part)


class JiqunError(Exception):
    """Base of every error that a person may see.

    ``code`` is stable and documented in ``docs/reference/errors.md``; a test fails when it is not.
    """

    def __init__(
        self,
        code: str,
        message_zh: str,
        message_en: str,
        *,
        hint_zh: str = "",
        hint_en: str = "",
        kind: Kind = Kind.INVALID,
        fields: Sequence[Problem] = (),
    ) -> None:
        super().__init__(f"[{code}] {message_zh} / {message_en}")
        self.code = code
        self.message_zh = message_zh
        self.message_en = message_en
        self.hint_zh = hint_zh
        self.hint_en = hint_en
        self.kind = kind
        self.fields = tuple(fields)

    @property
    def status(self) -> int:
        """HTTP status of this kind of error."""
        return HTTP_STATUS[self.kind]

    def to_dict(self) -> dict[str, object]:
        """Return the shape that the API answers with."""
        return {
            "code": self.code,
            "kind": str(self.kind),
            "message_zh": self.message_zh,
            "message_en": self.message_en,
            "hint_zh": self.hint_zh,
            "hint_en": self.hint_en,
            "fields": [asdict(problem) for problem in self.fields],
        }
