"""Writes the fields of a draft as a policy document in its one form: keys in order, every scalar quoted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from jiqun.engine.drafting.fields import EXAMPLE, HEAD, MANUAL, TAIL, TIER, UNREAD

Tree = str | list["Tree"] | dict[str, "Tree"]
_LISTS = frozenset({"互斥组", "审批链", "退回"})
_SHARE = re.compile(r"([^\s\d：:，,、；;%]+)[\s：:]*([\d.]+%)")
_STEP = re.compile(r"([\d.]+%)[\s：:]*([^\s；;，,、%\d][^；;，,]*)")
_BREAK = re.compile(r"[；;\n]")
_FACT = re.compile(r"([^=＝]+)[=＝]([^=＝]+)")
_ORDER = ("方式", "基数", "金额", "比例", "单价", "每", "上限", "下限", "取整", "分档", "依据")


@dataclass(frozen=True, slots=True)
class Entry:
    """One field as it goes into the document; see ``fields.Drafted``."""

    key: str
    value: str
    manual: bool = False
    clause: str = ""


def document_text(entries: Iterable[Entry]) -> str:
    """Return the document: strict YAML, the same text for the same fields whatever their order.

    Fields that were not understood, and values that are empty, are left out; nothing is checked
    here, the reader of documents says what is wrong with it.
    """
    given = [one for one in entries if one.value and not one.key.startswith(UNREAD)]
    plain = {one.key: one for one in given}
    lines = [f"{key}: {_flow(plain[key].value)}" for key in HEAD if key in plain]
    conditions = sorted((one for one in given if one.key.startswith("条件/")), key=_number)
    lines += ["条件:" if conditions else "条件: []"]
    lines += [f"  - {_flow(_condition(one))}" for one in conditions]
    if amount := _amount([one for one in given if one.key.startswith("金额/")]):
        lines.append(f"金额: {_flow(amount)}")
    return "\n".join([*lines, *_tail(plain), *_examples(given)]) + "\n"


def _number(one: Entry) -> int:
    return int(re.sub(r"\D", "", one.key) or 0)


def _condition(one: Entry) -> dict[str, Tree]:
    kind = MANUAL if one.manual else "表达式"
    cited: dict[str, Tree] = {"依据": one.clause} if one.clause else {}
    return {"编号": one.key.removeprefix("条件/"), kind: one.value} | cited


def _amount(given: list[Entry]) -> dict[str, Tree]:
    found: dict[str, Tree] = {}
    tiers: dict[int, dict[str, str]] = {}
    for one in given:
        path = one.key.split("/")[1:]
        if path[0] == "分档":
            tiers.setdefault(int(path[1]), {})[path[2]] = one.value
        else:
            found[path[0]] = one.value
        if one.clause:
            found["依据"] = one.clause
    if tiers:
        found["分档"] = [
            {key: tiers[number][key] for key in TIER if key in tiers[number]}
            for number in sorted(tiers)
        ]
    return {key: found[key] for key in _ORDER if key in found}


def _tail(plain: dict[str, Entry]) -> Iterable[str]:
    done: set[str] = set()
    for key in TAIL:
        head, _, _ = key.partition("/")
        if head in done:
            continue
        done.add(head)
        nested: dict[str, Tree] = {
            one.partition("/")[2]: plain[one].value
            for one in TAIL
            if one.startswith(f"{head}/") and one in plain
        }
        if nested:
            yield f"{head}: {_flow(nested)}"
        elif head in plain:
            yield f"{head}: {_flow(_parsed(head, plain[head].value))}"


def _examples(given: list[Entry]) -> Iterable[str]:
    """例证: by number; the facts of a firm are written in one line, 首次入规[本年度]=是；规上企业=是."""
    found: dict[int, dict[str, Tree]] = {}
    for one in given:
        if one.key.startswith("例证/"):
            _, number, name = one.key.split("/")
            found.setdefault(int(number), {})[name] = _example(name, one.value)
    if found:
        yield "例证:"
    for number in sorted(found):
        yield f"  - {_flow({key: found[number][key] for key in EXAMPLE if key in found[number]})}"


def facts_in(value: str) -> dict[str, str]:
    """Return the facts of a firm that stand in one line; empty where any part is no field=value.

    >>> facts_in("首次入规[本年度]=是；规上企业=缺")
    {'首次入规[本年度]': '是', '规上企业': '缺'}
    >>> facts_in("营业收入三千万")
    {}
    """
    found = [_FACT.fullmatch(part.strip()) for part in _BREAK.split(value) if part.strip()]
    return {f[1].strip(): f[2].strip() for f in found if f} if all(found) else {}


def _example(name: str, value: str) -> Tree:
    if name == "企业" and (facts := facts_in(value)):
        return dict(facts)
    if name in {"因", "缺"}:
        return [part.strip() for part in re.split(r"[、；;\n]", value) if part.strip()]
    return value


def _parsed(key: str, value: str) -> Tree:
    """A list or mapping that people write in one line: 省 30%，县 70%; 60% 验收；40% 达产后一年."""
    if key in _LISTS:
        return [part.strip() for part in re.split(r"[、；;\n]", value) if part.strip()]
    if key == "资金分担" and (shares := _SHARE.findall(value)):
        return dict(shares)
    if key == "拨付" and (steps := _STEP.findall(value)):
        return [{"比例": share, "节点": step.strip()} for share, step in steps]
    return value


def _flow(value: Tree) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return "{" + ", ".join(f"{_key(key)}: {_flow(one)}" for key, one in value.items()) + "}"


def _key(key: str) -> str:
    """A key as it is, quoted where its signs mean something in YAML: 首次入规[本年度]."""
    return key if key.isalnum() else json.dumps(key, ensure_ascii=False)
