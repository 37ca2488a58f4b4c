"""The English catalogue: what the code and templates say, without GNU gettext.

``python -m tests.conformance.catalogue`` brings ``django.po`` up to date (new messages come in
untranslated, obsolete ones go) and compiles ``django.mo``. A bare machine has no msgfmt, so both
files are kept and a test compares them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "jiqun" / "locale" / "en" / "LC_MESSAGES"
PO, MO = FOLDER / "django.po", FOLDER / "django.mo"
NAMES = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
STRING = r"""('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
# Django's templatize turns tags into calls of these, and blots out everything else.
CALL = re.compile(rf"\b(n?gettext|_)\(u?{STRING}(?:,\s*u?{STRING})?")
Message = tuple[str, str]  # msgid, msgid_plural or ""


def _of_template(path: Path) -> Iterator[Message]:
    text = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for _, one, many in CALL.findall(text):
        yield ast.literal_eval(one), ast.literal_eval(many) if many else ""


def _of_code(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
            texts = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
            if texts and isinstance(texts[0], str):
                plural = texts[1] if node.func.id.startswith("n") and len(texts) > 1 else ""
                yield texts[0], str(plural)


def messages() -> dict[Message, list[str]]:
    """Return every message with the files that say it."""
    found: dict[Message, list[str]] = {}
    for folder in (ROOT / "jiqun", ROOT / "config"):
        for pattern, read in (("*.html", _of_template), ("*.py", _of_code)):
            for path in sorted(folder.rglob(pattern)):
                for message in read(path):
                    found.setdefault(message, []).append(path.relative_to(ROOT).as_posix())
    return found


def catalogue() -> polib.POFile:
    """Read the catalogue, an empty one where there is none yet."""
    return polib.pofile(str(PO)) if PO.exists() else polib.POFile()


def update() -> int:
    """Rewrite both files and return how many messages have no translation yet."""
    before = {(entry.msgid, entry.msgid_plural): entry for entry in catalogue()}
    fresh = polib.POFile(wrapwidth=100)
    fresh.metadata = {
        "Project-Id-Version": "jiqun",
        "Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for (one, many), files in sorted(messages().items()):
        known = before.get((one, many))
        entry = polib.POEntry(msgid=one, occurrences=[(file, "") for file in sorted(set(files))])
        if many:
            entry.msgid_plural = many
            entry.msgstr_plural = known.msgstr_plural if known else {0: "", 1: ""}
        else:
            entry.msgstr = known.msgstr if known else ""
        fresh.append(entry)
    FOLDER.mkdir(parents=True, exist_ok=True)
    fresh.save(str(PO))
    fresh.save_as_mofile(str(MO))
    return len(fresh.untranslated_entries())


if __name__ == "__main__":
    settings.configure()
    raise SystemExit(update())
