"""Which heading of an uploaded sheet is what: exact spellings only, all else is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from jiqun.errors import Problem
from jiqun.facts import messages
from jiqun.facts.contract import Contract
from jiqun.facts.intake import timing
from jiqun.facts.intake.hints import Hints, Origin
from jiqun.facts.intake.words import Words, is_derived, plain, words_of
from jiqun.facts.load.mapping import Measure, Table, Take, nearest
from jiqun.facts.read.raw import RawTable
from jiqun.facts.read.sheet import Heading, squeeze
from jiqun.facts.values.units import MEASURE_UNITS, find

_UNNAMED = re.compile(r"列\d+")
_UNITS = re.compile(r"[、,，/和及;；\s]+")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A mapping made from the sheet itself.

    ``shown`` has (heading, what it is taken for, how that is known) for the preview; ``missing``
    are required columns that come from nowhere.
    """

    table: Table
    problems: tuple[Problem, ...]
    shown: tuple[tuple[str, str, str], ...]
    missing: tuple[str, ...]


@dataclass(slots=True)
class _Finder:
    """Collects what each heading is."""

    raw: RawTable
    contract: Contract
    hints: Hints
    words: Words
    stated: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    measures: list[Measure] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    shown: list[tuple[str, str, str]] = field(default_factory=list)

    def say(self, code: str, column: str, value: str = "", extra: str = "") -> None:
        raw = self.raw
        self.problems.append(
            messages.problem(
                code, file=raw.file, sheet=raw.sheet, column=column, value=value, extra=extra
            )
        )

    def leave(self, item: Heading, code: str = "", extra: str = "") -> None:
        """Note that a heading is not used, and why."""
        self.ignored.append(item.name)
        if code:
            self.say(code, item.name, item.name, extra)
        self.shown.append((item.name, "", code or "hint"))

    def column(self, item: Heading, name: str, how: str) -> None:
        """Take a heading for a contract column; two headings of one column are a question."""
        if name in self.columns:
            self.leave(item, "E-COLUMN-TWICE", self.columns[name])
            return
        self.columns[name] = item.name
        self.shown.append((item.name, name, how))


def _readings(item: Heading, raw: RawTable) -> list[str]:
    """Spellings of one heading: whole, without unit or bracket, its last part if unique."""
    last = plain(item.clean).split("/")[-1]
    same = [one for one in raw.headings if plain(one.clean).split("/")[-1] == last]
    found = [squeeze(item.name), squeeze(item.clean), plain(item.name), plain(item.clean)]
    return [*dict.fromkeys([*found, *([last] if len(same) == 1 else [])])]


def _empty(item: Heading, raw: RawTable) -> bool:
    cells = raw.frame[item.name].cast(pl.String)
    return not (cells.str.strip_chars().fill_null("") != "").any()


def _hinted(finder: _Finder, item: Heading) -> bool:
    """Did the person say what this heading is?"""
    hints, key = finder.hints, squeeze(item.name)
    if key in {squeeze(one) for one in hints.ignore}:
        finder.leave(item)
        return True
    given = next((set_ for head, set_ in hints.figures.items() if squeeze(head) == key), None)
    if given is not None:
        wrong = [name for name in given if name not in finder.contract.names]
        if wrong:
            near = nearest(wrong[0], finder.contract.names) or "、".join(finder.contract.names)
            finder.leave(item, "E-MAPPING-COLUMN", near)
        else:
            measure = given.get(finder.words.measured, "")
            finder.measures.append(Measure(item.name, given, _unit(finder, item, measure)))
            finder.shown.append((item.name, " · ".join(given.values()), "hint"))
        return True
    chosen = next((name for head, name in hints.columns.items() if squeeze(head) == key), None)
    if chosen is None:
        return False
    if chosen in finder.contract.names:
        finder.column(item, chosen, "hint")
    else:
        near = nearest(chosen, finder.contract.names) or "、".join(finder.contract.names)
        finder.leave(item, "E-MAPPING-COLUMN", near)
    return True


def _as_column(finder: _Finder, item: Heading) -> bool:
    for reading in _readings(item, finder.raw):
        if reading in finder.words.columns:
            finder.column(item, finder.words.columns[reading], "label")
            return True
    return False


def _as_figures(finder: _Finder, item: Heading) -> bool:
    """Is this a column of figures: a measure, a period, or both above one another?"""
    words, contract = finder.words, finder.contract
    if not words.measured or is_derived(item.name):
        return False
    fixed = finder.hints.constants.get(words.measured, "")
    found = timing.figures(item, words.measures, finder.stated, fixed)
    if found is None or (found.period and "period" not in contract.names):
        return False
    if timing.unclear(item, finder.raw.headings):
        return False
    given = {words.measured: found.measure} | ({"period": found.period} if found.period else {})
    finder.measures.append(Measure(item.name, given, _unit(finder, item, found.measure)))
    said = " · ".join(given.values())
    finder.shown.append((item.name, said, "label"))
    return True


def _unit(finder: _Finder, item: Heading, measure: str) -> str:
    """Unit of a column of figures where the heading has none.

    A 单位 line may list several (万元、人): of these the one that fits the measure is meant, if
    it is the only one.
    """
    hints = finder.hints
    own = next((u for head, u in hints.units.items() if squeeze(head) == squeeze(item.name)), "")
    if own or item.unit:
        return own
    listed = [part for part in _UNITS.split(finder.raw.unit) if find(part)]
    bases = MEASURE_UNITS.get(measure, ())
    fitting = [part for part in listed if (unit := find(part)) and unit.base in bases]
    return fitting[0] if len(listed) > 1 and len(fitting) == 1 else ""


def _rest(finder: _Finder, item: Heading) -> None:
    """A heading that is no column: numbering, remarks, rates, or a question to the person."""
    readings = _readings(item, finder.raw)
    if _empty(item, finder.raw):
        finder.ignored.append(item.name)
    elif any(reading in finder.words.explains for reading in readings):
        finder.leave(item, "I-COLUMN-EXPLAINS")
    elif is_derived(item.name) and not _UNNAMED.fullmatch(item.name):
        finder.leave(item, "I-COLUMN-DERIVED")
    else:
        labels = [*finder.words.labels, *finder.words.columns, *finder.words.measures]
        near = nearest(plain(item.clean), labels) or "、".join(finder.words.labels)
        finder.leave(item, "E-COLUMN-UNKNOWN", near)


def _settle_periods(finder: _Finder) -> None:
    """Figures of which only some headings say when: the others are of the stated period.

    Where nothing states it, or a column of periods contradicts the headings, it is asked.
    """
    timed = [one for one in finder.measures if "period" in one.set]
    if not timed or (len(timed) == len(finder.measures) and "period" not in finder.columns):
        return
    by_row = "period" in finder.columns
    kept: list[Measure] = []
    for one in finder.measures:
        if one in timed if by_row else not (one in timed or finder.stated):
            finder.say("E-COLUMN-PERIOD", one.column, one.column)
            finder.ignored.append(one.column)
        elif by_row:
            kept.append(one)
        else:
            kept.append(replace(one, set={"period": finder.stated, **one.set}))
    finder.measures = kept


def _lengthen(finder: _Finder) -> dict[str, str]:
    """One column of figures makes a long table: each row is a fact, an empty cell too.

    Returns:
        What its heading sets, as constants.
    """
    if len(finder.measures) != 1 or "value" in finder.columns:
        return {}
    (only,) = finder.measures
    finder.measures = []
    finder.columns["value"] = only.column
    return dict(only.set)


def _names(finder: _Finder, left: list[Heading]) -> list[Heading]:
    """Take a heading of names for the column of codes where no heading has the codes."""
    rest: list[Heading] = []
    for item in left:
        hit = (
            finder.words.names[r] for r in _readings(item, finder.raw) if r in finder.words.names
        )
        name = next(hit, "")
        if name and name not in finder.columns:
            finder.column(item, name, "name")
        elif name:
            finder.leave(item, "I-COLUMN-EXPLAINS")
        else:
            rest.append(item)
    return rest


def _missing(finder: _Finder, constants: Mapping[str, str]) -> tuple[str, ...]:
    contract = finder.contract
    made = {"unit", "status"} if "value" in contract.names else set[str]()
    given = {*finder.columns, *constants, *made}
    if finder.measures:
        given |= {"value", *finder.measures[0].set}
    absent = [
        c for c in contract.columns if c.required and c.name not in given and c.default is None
    ]
    if "value" in contract.names and "value" not in given and contract.name != "chain_record":
        absent = [c for c in absent if c.name != "value"] + [contract.column("value")]
    for column in absent:
        near = nearest(column.zh, finder.ignored) or "、".join(finder.ignored[:12])
        label = f"{column.zh}（{column.name}）"
        finder.say("E-COLUMN-ABSENT", label, column.name, near)
    return tuple(column.name for column in absent)


def recognise(raw: RawTable, contract: Contract, hints: Hints, origin: Origin) -> Recognised:
    """Make the mapping of a sheet from its own headings, lines and the person's hints.

    Never raises for a heading: what is unknown, double or missing is in ``problems``.
    """
    finder = _Finder(raw, contract, hints, words_of(contract.name))
    finder.stated = hints.constants.get("period", "") or timing.stated(raw, hints)
    left = [item for item in raw.headings if not _hinted(finder, item)]
    left = [item for item in left if not _as_column(finder, item)]
    if finder.words.measured not in finder.columns:
        left = [item for item in left if not _as_figures(finder, item)]
    for item in _names(finder, left):
        _rest(finder, item)
    _settle_periods(finder)
    units = {one.column: one.unit for one in finder.measures if one.unit} | {**hints.units}
    basis = {"lawful_basis": origin.basis} if origin.basis else {}
    defaults = {**basis, **hints.constants, **_lengthen(finder)}
    filled = {*finder.columns} | {name for one in finder.measures for name in one.set}
    constants = {
        name: value
        for name, value in defaults.items()
        if name in contract.names and name not in filled
    }
    if "period" in contract.names and "period" not in {*filled, *constants} and finder.stated:
        constants["period"] = finder.stated
        finder.shown.append((raw.title, f"period = {finder.stated}", "title"))
    missing = _missing(finder, constants)
    table = Table(
        contract=contract.name, source=origin.source, file=raw.file, owner=origin.owner,
        as_of=origin.as_of, basis=origin.basis, next_due=origin.next_due,
        columns={name: Take(headings=(head,)) for name, head in finder.columns.items()},
        constants=constants, measures=tuple(finder.measures), ignore=tuple(finder.ignored),
        unit=hints.unit, units=units, values=hints.values,
        year=hints.year or _year(finder.stated), period_kind=hints.period_kind,
        serial_dates=hints.serial_dates, dash=hints.dash, round=hints.round,
    )  # fmt: skip
    return Recognised(table, tuple(finder.problems), tuple(finder.shown), missing)


def _year(stated: str) -> int | None:
    return int(stated[:4]) if stated else None


def relaxed(contract: Contract, missing: tuple[str, ...]) -> Contract:
    """Return the contract without the demand for columns whose absence is reported already."""
    columns = tuple(
        replace(column, required=False) if column.name in missing else column
        for column in contract.columns
    )
    return replace(contract, columns=columns)
