"""Which tables a store has, where they lie and what they look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from jiqun.errors import JiqunError, Kind
from jiqun.facts.contract import Contract
from jiqun.facts.store import ledger
from jiqun.facts.store.delta import DurableTable
from jiqun.facts.store.intake import stored_schema

BATCHES, QUARANTINE, RUNS = "_batch", "_quarantine", "finding._run"
REGISTERS: Mapping[str, pa.Schema] = {
    BATCHES: ledger.BATCHES,
    QUARANTINE: ledger.QUARANTINE,
    RUNS: ledger.RUNS,
}
FINDING = "finding."
NAME = re.compile(r"^(finding\.)?_?[a-z][a-z0-9_]*$")


def mark(contract: str, batch: str) -> str:
    """Return the name under which a batch is known to every table that it touches."""
    return f"{contract}/{batch}"


class Tables:
    """The tables of the store in ``root``, opened once each; findings are ``finding.<engine>``."""

    def __init__(self, root: Path, known: Mapping[str, Contract]) -> None:
        """Describe the store; nothing is read yet."""
        self.root = root
        self.contracts = known
        self._open: dict[str, DurableTable] = {}

    def names(self) -> list[str]:
        """Return the tables that have a folder, facts first, in alphabetical order."""
        return [
            f"{prefix}{path.name}"
            for prefix, folder in (("", "facts"), (FINDING, "findings"))
            if (self.root / folder).is_dir()
            for path in sorted((self.root / folder).iterdir())
            if path.is_dir()
        ]

    def open(self, name: str) -> DurableTable:
        """Return the table called ``name``; ``E-STORE-NAME`` when it cannot be a name."""
        if name not in self._open:
            if not NAME.match(name):
                raise _unknown(name)
            folder = "findings" if name.startswith(FINDING) else "facts"
            key: tuple[str, ...] = ()
            if name in self.contracts:
                key = self.contracts[name].key
            elif name.startswith(FINDING):
                key = ("run",)
            table = DurableTable(
                self.root / folder / name.removeprefix(FINDING),
                root=self.root,
                key=key,
                acknowledged=(lambda version: self._acknowledged(name, version))
                if name in self.contracts
                else None,
            )
            self._open.setdefault(name, table)
        return self._open[name]

    def contract(self, name: str) -> Contract:
        """Return the contract called ``name``; ``E-STORE-NAME`` when there is none."""
        if name not in self.contracts:
            raise _unknown(name)
        return self.contracts[name]

    def schema(self, name: str) -> pa.Schema:
        """Return how ``name`` is stored, before it has a first version."""
        return REGISTERS[name] if name in REGISTERS else stored_schema(self.contract(name))

    def _acknowledged(self, name: str, version: int) -> bool:
        batches = self.open(BATCHES)
        newest = batches.version()
        return newest >= 0 and (batches.token(f"version/{name}", newest) or -1) >= version


def _unknown(name: str) -> JiqunError:
    return JiqunError(
        "E-STORE-NAME",
        f"事实库中没有名为“{name}”的表",
        f"the store has no table called “{name}”",
        hint_zh="事实用契约名，发现用 finding.<引擎>，均为小写字母、数字和下划线",
        hint_en="use a contract's name, or finding.<engine>: small letters, digits, underscores",
        kind=Kind.NOT_FOUND,
    )
