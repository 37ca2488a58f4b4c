"""Which policies apply to a place, compiled together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.program.program import Program, Rule
from jiqun.errors import JiqunError, Kind
from jiqun.rules.policies import (
    FOLDER,
    Entry,
    PolicyPack,
    field_dictionary,
    pack_names,
    policy_pack,
)

# 受益主体 that a firm can be; a policy for clusters, banks or persons is not matched with firms.
FOR_FIRMS = frozenset({"企业", "项目"})


@dataclass(frozen=True)
class RuleSet:
    """The policies of a place. ``packs`` and ``entries`` are by the key of the policy.

    ``digest`` names the texts of all documents: a changed word gives another one.
    """

    program: Program
    packs: Mapping[str, PolicyPack]
    entries: Mapping[str, Entry]
    digest: str

    def position(self, key: str) -> int:
        """Return where a policy stands in the program; ``E-POLICY-UNKNOWN`` when it does not."""
        if key not in self.entries:
            raise JiqunError(
                "E-POLICY-UNKNOWN",
                f"本地方没有政策 {key}",
                f"this place has no policy {key}",
                hint_zh="请从政策列表进入；版本更替后编号后的版本号会变。",
                hint_en="Enter from the list of policies; a new version has another number after @.",
                kind=Kind.NOT_FOUND,
            )
        return self.program.places[key]

    def rule(self, key: str) -> Rule:
        """Return the compiled policy of a key."""
        return self.program.rules[self.position(key)]

    @property
    def paying(self) -> frozenset[int]:
        """Positions of the policies that money can follow from."""
        return frozenset(self.program.places[key] for key in self.entries if self.pays(key))

    def pays(self, key: str) -> bool:
        """Whether money can follow: adopted here, with department and budget, and of a paying pack.

        A model item that no county has adopted, a classification and a title pay nothing.
        """
        entry, pack = self.entries[key], self.packs[key]
        return pack.wording == "兑付" and not entry.open and entry.policy.amount is not None


def policy_folders() -> list[Path]:
    """Return the folders of packs: this project's, and the installation's own."""
    own = str(getattr(settings, "POLICY_FOLDER", "") or "")
    return [FOLDER, *([Path(own)] if own else [])]


def stamp_of(folders: list[Path]) -> str:
    """Name the texts of all documents: a changed word gives another name."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            total.update(path.relative_to(folder).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()[:12]


def rule_set(place: str) -> RuleSet:
    """Return the policies of a place: those for any place, and those of it or of what it lies in.

    Raises:
        JiqunError: everything wrong in any document, at once.
    """
    folders = policy_folders()
    return _compiled(place, tuple(folders), stamp_of(folders))


@lru_cache(maxsize=8)
def _compiled(place: str, folders: tuple[Path, ...], stamp: str) -> RuleSet:
    found = [
        pack
        for folder in folders
        for pack in (policy_pack(name, folder) for name in pack_names(folder))
        if pack.place == "any" or place.startswith(pack.place)
    ]
    pairs = [(entry, pack) for pack in found for entry in pack.entries]
    pairs = [(entry, pack) for entry, pack in pairs if entry.policy.subject in FOR_FIRMS]
    packs = {entry.policy.key: pack for entry, pack in pairs}
    entries = {entry.policy.key: entry for entry, _ in pairs}
    dictionary = field_dictionary(*(folder for folder in folders if folder != FOLDER))
    program = compile_policies([entry.policy for entry in entries.values()], dictionary)
    return RuleSet(program, packs, entries, stamp)
