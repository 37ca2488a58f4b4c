"""The versions of the packs that a parcel entered on a day is counted, judged and read by."""

from __future__ import annotations

from datetime import date

from jiqun.rules.land.read import in_force

PARTS = {"rules": "milestones", "control": "control", "reading": "records"}


def versions(day: date) -> dict[str, str]:
    """Return the versions in force on a day, by the name under which a parcel keeps them."""
    return {name: in_force(part, day).version for name, part in PARTS.items()}
