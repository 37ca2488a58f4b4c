"""Secret words that tell whose a row is, and a finder that sees them in any kind of answer.

Every row of a tenant carries a word ``ZQ<owner>ZQ<kind>ZQ`` in each of its free texts; figures of a
firm carry digits of their own. A word in an answer to somebody else is a leak.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponse, StreamingHttpResponse

WORD = re.compile(r"ZQ([a-z]+)ZQ([a-z]+)ZQ")
# One firm's output in fen, chosen so that no page shows these digits by chance.
FIGURES = {"firma": 8_827_731_654_900, "firmb": 6_194_572_038_100}


@dataclass(frozen=True, order=True, slots=True)
class Canary:
    """Whose, and in which sort of row it stands."""

    owner: str
    kind: str

    def __str__(self) -> str:
        return f"ZQ{self.owner}ZQ{self.kind}ZQ"


def word(owner: str, kind: str) -> str:
    """The secret word of an owner's rows of one kind."""
    return str(Canary(owner, kind))


def _digits(fen: int) -> list[str]:
    """The ways in which a page may write an amount: fen, yuan, ten thousand, hundred million."""
    return [str(fen), str(fen // 100), f"{fen / 1e6:.2f}", f"{fen / 1e10:.2f} 亿"]


def _parts(content: bytes) -> Iterator[str]:
    """Every text in a file, also inside archives such as workbooks."""
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for inner in archive.namelist():
                yield from _parts(archive.read(inner))
    else:
        yield content.decode("utf-8", errors="ignore")


def content_of(answer: HttpResponse | StreamingHttpResponse) -> bytes:
    """The whole body, and the headers, which can leak as well."""
    body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[arg-type]
    return body if body[:2] == b"PK" else body + repr(sorted(answer.items())).encode()


def in_text(text: str) -> set[Canary]:
    """Every canary in a text."""
    plain = text.replace(",", "")
    return {Canary(*match) for match in WORD.findall(text)} | {
        Canary(owner, "figure")
        for owner, fen in FIGURES.items()
        if any(digits in plain for digits in _digits(fen))
    }


def found(answer: HttpResponse | StreamingHttpResponse) -> set[Canary]:
    """Every canary in an answer."""
    return set[Canary]().union(*(in_text(text) for text in _parts(content_of(answer))))
