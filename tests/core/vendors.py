"""From which database to which a backup or an export goes: every way is gone at least at night.

In the gate a backup comes back into a database of its own kind and an export into one of the other,
which is what each is for; the way back is the same code.
"""

from __future__ import annotations

from tests.nightly import NIGHTLY

KINDS = ("sqlite", "postgresql")
WAYS = [(source, target) for source in KINDS for target in KINDS]
BACKUPS = [way for way in WAYS if NIGHTLY or way[0] == way[1]]
EXPORTS = [way for way in WAYS if NIGHTLY or way[0] != way[1]]
