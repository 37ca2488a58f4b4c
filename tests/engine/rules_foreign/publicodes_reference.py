"""A tiny interpreter of publicodes for tests, one subject at a time, sharing nothing with ours.

It follows the published semantics directly on the raw rules. A value is True, False, a Fraction, a
str, a date, None (not applicable) or UNDEFINED. Expressions are those that the tests write: one
comparison or one sum, with spaces around the sign.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

UNDEFINED = object()
_COMPARISON = re.compile(r"^(.+?) (>=|<=|!=|=|<|>) (.+)$")
_SUM = re.compile(r"^(.+) ([+-]) (.+?)$")
_DAY = re.compile(r"^(?:(\d{1,2})/)?(\d{1,2})/(\d{4})$")
_AROUND = ("applicable si", "non applicable si", "plancher", "plafond", "par défaut")
_SILENT = ("titre", "question", "description", "unité", "avec", "formule")


class Reference:
    """The rules of one programme and the facts of one subject."""

    def __init__(self, raw: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        self.rules: dict[str, Any] = {}
        for name, body in raw.items():
            self._add(name, body)
        self.facts = {name: value for name, value in facts.items() if value is not None}

    def _add(self, name: str, body: Any) -> None:
        self.rules[name] = body
        if isinstance(body, dict):
            for inner, other in (body.get("avec") or {}).items():
                self._add(f"{name} . {inner}", other)

    def state(self, name: str) -> str:
        """Return yes, no, undefined or not applicable."""
        value = self.rule(name)
        if value is UNDEFINED:
            return "undefined"
        return "not applicable" if value is None else "yes" if value is True else "no"

    def rule(self, name: str) -> Any:
        parts = name.split(" . ")
        for count in range(len(parts) - 1, 0, -1):
            parent = " . ".join(parts[:count])
            if parent in self.rules and self._gates(parent):
                value = self.rule(parent)
                return None if value is None or value is False else self._body(name)
        return self._body(name)

    def _gates(self, name: str) -> bool:
        """Whether a rule is a yes or no by its form, or may be not applicable."""
        body = self.rules[name]
        if not isinstance(body, dict):
            return isinstance(body, str) and (
                body in {"oui", "non"} or bool(_COMPARISON.match(body))
            )
        logical = {"toutes ces conditions", "une de ces conditions", "applicable si"}
        return bool(logical & set(body)) or self._simple(body.get("valeur"))

    @staticmethod
    def _simple(value: Any) -> bool:
        return isinstance(value, str) and bool(value in {"oui", "non"} or _COMPARISON.match(value))

    def _body(self, name: str) -> Any:
        body = self.rules[name]
        body = {} if body is None else body if isinstance(body, dict) else {"valeur": body}
        kept = {key: value for key, value in body.items() if key not in _SILENT}
        if "formule" in body:
            kept["valeur"] = body["formule"]
        return self._block(kept, name, given=self.facts.get(name, UNDEFINED))

    def _block(self, body: Mapping[str, Any], at: str, *, given: Any = UNDEFINED) -> Any:
        for key in _AROUND:
            if key in body:
                rest = {other: value for other, value in body.items() if other != key}
                return self._around(key, body[key], rest, at, given)
        if given is not UNDEFINED:
            return given
        if not body:
            return UNDEFINED
        ((key, raw),) = body.items()
        return self._mechanism(key, raw, at)

    def _around(self, key: str, raw: Any, rest: Any, at: str, given: Any) -> Any:
        other = self.value(raw, at)
        if key in {"applicable si", "non applicable si"}:
            if other is UNDEFINED:
                return UNDEFINED
            off = other is None or other is False
            off = off if key == "applicable si" else not off
            return None if off else self._block(rest, at, given=given)
        inner = self._block(rest, at, given=given)
        if key == "par défaut":
            return other if inner is UNDEFINED else inner
        if other is UNDEFINED or (inner is UNDEFINED and other not in (None, False)):
            return UNDEFINED
        if inner is None or other is None or other is False:
            return inner
        beyond = inner > other if key == "plafond" else inner < other
        return other if beyond else inner

    def value(self, raw: Any, at: str) -> Any:
        if isinstance(raw, dict):
            return self._block(raw, at)
        return self._expression(str(raw), at)

    def _mechanism(self, key: str, raw: Any, at: str) -> Any:
        if key in {"valeur", "est défini", "est non défini"}:
            found = self.value(raw, at)
            return found if key == "valeur" else (found is UNDEFINED) == (key == "est non défini")
        if key in {"variations", "condition"}:
            return self._chosen(key, raw, at)
        values = [self.value(item, at) for item in raw]
        if key == "toutes ces conditions":
            return _all(values)
        if key == "une de ces conditions":
            return _any(values)
        return _total(values) if key == "somme" else _operate(key, *values)

    def _chosen(self, key: str, raw: Any, at: str) -> Any:
        if key == "variations":
            return self._variations(raw, at)
        test = self.value(raw["si"], at)
        if test is UNDEFINED or test is None:
            return test
        return self.value(raw["alors" if test else "sinon"], at)

    def _variations(self, cases: Any, at: str) -> Any:
        for case in cases:
            if "sinon" in case:
                return self.value(case["sinon"], at)
            test = self.value(case["si"], at)
            if test is UNDEFINED:
                return UNDEFINED
            if test is True:
                return self.value(case["alors"], at)
        return None

    def _expression(self, text: str, at: str) -> Any:
        if text[0] in "\"'" and text[-1] == text[0]:
            return text[1:-1]
        if match := _COMPARISON.match(text) or _SUM.match(text):
            left, sign, right = match.groups()
            return _operate(sign, self._expression(left, at), self._expression(right, at))
        if match := _DAY.match(text):
            return date(int(match[3]), int(match[2]), int(match[1] or 1))
        if re.fullmatch(r"-?\d+(\.\d+)?", text):
            return Fraction(text)
        return text == "oui" if text in {"oui", "non"} else self.rule(self._resolve(text, at))

    def _resolve(self, name: str, at: str) -> str:
        parts = at.split(" . ")
        spaces = [" . ".join(parts[:count]) for count in range(len(parts), 0, -1)]
        full = [f"{space} . {name}" for space in spaces] + [name]
        found = [one for one in full if one in self.rules]
        return next((one for one in found if one != at), found[0])


def _all(values: list[Any]) -> Any:
    if any(value is False or value is None for value in values):
        return False
    return UNDEFINED if UNDEFINED in values else True


def _any(values: list[Any]) -> Any:
    if any(value is True for value in values):
        return True
    return UNDEFINED if UNDEFINED in values else False


def _total(values: list[Any]) -> Any:
    if UNDEFINED in values:
        return UNDEFINED
    return sum((value for value in values if value is not None), Fraction(0))


def _operate(sign: str, left: Any, right: Any) -> Any:
    nothing = None in (left, right)
    strict = sign in {"<", "<=", ">", ">="}
    if (strict and nothing) or (sign == "-" and left is None):
        return None
    if UNDEFINED in (left, right):
        return UNDEFINED
    if sign in {"=", "!="}:
        a, b = (False if value is None else value for value in (left, right))
        same = type(a) is type(b) and a == b and not isinstance(a, date)
        return same == (sign == "=")
    if strict:
        return {"<": left < right, "<=": left <= right, ">": left > right,
                ">=": left >= right}[sign]  # fmt: skip
    a, b = (Fraction(0) if value is None else value for value in (left, right))
    return a + b if sign == "+" else a - b
