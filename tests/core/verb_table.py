"""The list of verbs in docs/reference/verbs.md, made from the verbs themselves.

``python -m tests.core.verb_table`` writes it again; a test fails when it is not what the code says.
"""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from pathlib import Path

import jiqun

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "verbs.md"
BEGIN, END = "<!-- verbs -->", "<!-- end of verbs -->"


def table() -> str:
    """Return the table: verb, what it does, its predicate, who may in the predicate's words."""
    for module in pkgutil.walk_packages(jiqun.__path__, "jiqun."):
        if module.name.endswith(".actions"):
            import_module(module.name)
    lines = ["| verb | what | predicate | who may |", "|---|---|---|---|"]
    for name, one in import_module("jiqun.core.actions").actions().items():
        if not one.module.startswith("jiqun."):  # the tests have verbs of their own
            continue
        who = (inspect.getdoc(one.may) or "").split("\n\n")[0].replace("\n", " ").replace("|", "/")
        lines.append(f"| `{name}` | {one.zh} · {one.en} | `{one.module}.may_{one.verb}` | {who} |")
    return "\n".join(lines)


def stated() -> str:
    """Return the table as the document has it; empty when it has none."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return text.split(BEGIN)[1].split(END)[0].strip() if BEGIN in text and END in text else ""


def main() -> None:
    """Write the table into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n## Verbs\n\n{BEGIN}\n{END}\n"
    head, rest = text.split(BEGIN)
    DOCUMENT.write_text(
        f"{head}{BEGIN}\n\n{table()}\n\n{END}{rest.split(END)[1]}", encoding="utf-8"
    )


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main()
