"""Whether this is the run of the night, in which suites take their large size."""

from __future__ import annotations

import os

NIGHTLY = bool(os.environ.get("JIQUN_NIGHTLY"))
