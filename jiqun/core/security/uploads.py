"""The one check that every file from a browser passes before anything reads it.

Kind by content as well as by name, sizes before and after unpacking, no macros. What is not
checked: viruses (that needs a scanner; see docs/explanation/security.md).
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings

from jiqun.errors import JiqunError, Problem

# Largest sum of the unpacked members of an archive, most members, and the most that one byte may
# unpack to; real workbooks of bureaux stay below 60.
UNPACKED = 400 * 1024 * 1024
MEMBERS = 5000
RATIO = 200
RATIO_COUNTS_FROM = 10 * 1024 * 1024
CHUNK = 1 << 20
NAME_LENGTH = 120
ZIP, OLE, PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-"
FOREIGN = (
    ZIP,
    OLE,
    PDF,
    b"MZ",
    b"\x7fELF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"<?php",
    b"PAR1",
    b"Rar!",
)
ENDINGS: Mapping[str, str] = {
    "xlsx": "xlsx", "xls": "xls", "csv": "csv", "txt": "csv", "tsv": "csv", "parquet": "parquet",
    "pdf": "pdf", "png": "png", "jpg": "jpg", "jpeg": "jpg", "zip": "zip",
}  # fmt: skip
TABLES = frozenset({"xlsx", "xls", "csv", "parquet"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that passed: a name without a path, its kind, its bytes and their SHA-256."""

    name: str
    kind: str
    content: bytes
    sha256: str

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.content)


def _refused(code: str, name: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> JiqunError:
    problem = Problem(code, zh, en, remedy_zh, remedy_en, file=name)
    return JiqunError(
        code, f"文件 {name}：{zh}", f"file {name}: {en}", hint_zh=remedy_zh, hint_en=remedy_en,
        fields=[problem],
    )  # fmt: skip


def plain_name(name: str) -> str:
    r"""Return a file's name without path, control and direction characters.

    >>> plain_name("..\\..\\etc/表.xlsx")
    '表.xlsx'
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(
        one for one in last if unicodedata.category(one)[0] != "C" and one not in '<>:"|?*'
    )
    stem, dot, ending = kept.strip(" .").rpartition(".")
    return (
        f"{(stem or ending)[:NAME_LENGTH]}{dot if stem else ''}{ending if stem else ''}" or "file"
    )


def _read(content: bytes | BinaryIO, name: str) -> bytes:
    """Read at most one byte more than is allowed."""
    limit = settings.MAX_UPLOAD
    data = content if isinstance(content, bytes) else content.read(limit + 1)
    if len(data) > limit:
        raise _refused(
            "E-UPLOAD-SIZE", name, f"超过 {limit >> 20} MB", f"is larger than {limit >> 20} MB",
            "请拆成几个文件，或由管理员在服务器上用 jiqun load 装载。",
            "Split it, or have it loaded on the server by jiqun load.",
        )  # fmt: skip
    if not data:
        raise _refused(
            "E-UPLOAD-KIND",
            name,
            "是空文件",
            "is empty",
            "请检查后重新上传。",
            "Check it and upload again.",
        )
    return data


def _damaged(name: str) -> JiqunError:
    return _refused(
        "E-UPLOAD-DAMAGED", name, "文件已损坏或加了密码，无法打开", "is damaged or has a password",
        "请在 Excel 中打开、去掉密码后另存，再上传。", "Open it in Excel, remove the password, save it again.",
    )  # fmt: skip


def _macro(name: str) -> JiqunError:
    return _refused(
        "E-UPLOAD-MACRO", name, "含有宏", "contains macros",
        "请另存为不含宏的 .xlsx 再上传。", "Save it as .xlsx without macros and upload that.",
    )  # fmt: skip


def _bomb(name: str) -> JiqunError:
    return _refused(
        "E-UPLOAD-BOMB", name, "解压后过大", "unpacks to far too much",
        "请删去空白的行和列、多余的格式后另存；仍不行请联系管理员。",
        "Delete empty rows, columns and surplus formats, then save again.",
    )  # fmt: skip


def _unpack(data: bytes, name: str) -> list[str]:
    """Unpack every member, keeping nothing, and return their names.

    The sizes that an archive states about itself are not believed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS:
                raise _bomb(name)
            if any(member.flag_bits & 1 for member in members):
                raise _damaged(name)
            total = 0
            allowed = min(UNPACKED, max(RATIO_COUNTS_FROM, RATIO * len(data)))
            for member in members:
                with archive.open(member) as stream:
                    while chunk := stream.read(CHUNK):
                        total += len(chunk)
                        if total > allowed:
                            raise _bomb(name)
            return [member.filename for member in members]
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        ValueError,
        OSError,
    ) as error:
        raise _damaged(name) from error


def _archive(data: bytes, name: str) -> None:
    for member in _unpack(data, name):
        if member.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", member) or ":" in member:
            raise _damaged(name)


def _workbook(data: bytes, name: str) -> None:
    members = {member.lower() for member in _unpack(data, name)}
    if "[content_types].xml" not in members or "xl/workbook.xml" not in members:
        raise _kind(name, "xlsx")
    if any(member.endswith("vbaproject.bin") or "/macrosheets/" in member for member in members):
        raise _macro(name)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        named = next(one for one in archive.namelist() if one.lower() == "[content_types].xml")
        if b"macroenabled" in archive.read(named).lower():
            raise _macro(name)


def _old_workbook(data: bytes, name: str) -> None:
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise _macro(name)


def _text(data: bytes, name: str) -> None:
    """Refuse other kinds of file that only carry the name of a text table."""
    if data.startswith(FOREIGN):
        raise _kind(name, "csv")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not wide and b"\x00" in data:
        raise _kind(name, "csv")


def _document(data: bytes, name: str) -> None:
    if re.search(rb"/(?:JavaScript|JS|Launch|EmbeddedFile)\b", data):
        raise _macro(name)


def _nothing(data: bytes, name: str) -> None:
    del data, name


# kind: (what a file of it begins with, what else is looked at)
CHECKS: Mapping[str, tuple[bytes, Callable[[bytes, str], None]]] = {
    "xlsx": (ZIP, _workbook),
    "zip": (ZIP, _archive),
    "xls": (OLE, _old_workbook),
    "csv": (b"", _text),
    "parquet": (b"PAR1", _nothing),
    "pdf": (PDF, _document),
    "png": (b"\x89PNG\r\n\x1a\n", _nothing),
    "jpg": (b"\xff\xd8\xff", _nothing),
}


def _kind(name: str, expected: str) -> JiqunError:
    return _refused(
        "E-UPLOAD-KIND", name, f"内容不是 {expected} 文件", f"does not hold a {expected} file",
        "请用原来的程序打开并另存为该格式，不要只改扩展名。",
        "Open it in its own program and save it in that format; renaming is not enough.",
    )  # fmt: skip


def check_upload(name: str, content: bytes | BinaryIO, *, kinds: frozenset[str]) -> Upload:
    """Check a file from a browser and return it.

    Args:
        name: As the browser sent it; the path is dropped.
        content: Bytes, or a stream of which no more than the limit is read.
        kinds: Which kinds are welcome, of the keys of ``CHECKS``.

    Raises:
        JiqunError: ``E-UPLOAD-SIZE``, ``E-UPLOAD-KIND``, ``E-UPLOAD-MACRO``, ``E-UPLOAD-BOMB`` or
            ``E-UPLOAD-DAMAGED``, each with one problem that names the file.
    """
    plain = plain_name(name)
    ending = plain.rpartition(".")[2].lower()
    if ending in {"xlsm", "xltm", "xlsb", "xlam"}:
        raise _macro(plain)
    kind = ENDINGS.get(ending, "")
    if kind not in kinds:
        welcome = "、".join(sorted(kinds))
        raise _refused(
            "E-UPLOAD-KIND", plain, f"不收 .{ending} 文件", f".{ending} files are not accepted here",
            f"可上传：{welcome}。", f"Accepted: {welcome}.",
        )  # fmt: skip
    data = _read(content, plain)
    head, look = CHECKS[kind]
    if not data.startswith(head):
        raise _damaged(plain) if kind == "xlsx" and data.startswith(OLE) else _kind(plain, kind)
    look(data, plain)
    return Upload(plain, kind, data, hashlib.sha256(data).hexdigest())
