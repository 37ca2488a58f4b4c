"""Verify a log of a million entries, beside an ordinary loop over the models; time a record.

python benchmarks/audit/run.py [--entries 1000000] [--hash sha256] [--jobs 2] [--ordinary] [--postgres]

Works in a temporary folder (SQLite as in production) or on a PostgreSQL that it starts itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.conformance.postgres import running  # noqa: E402  (the project is not a package here)


def measure(arguments: list[str], **settings: str) -> int:
    """Run the measurement with settings of its own."""
    if "--hash" in arguments:
        settings["JIQUN_AUDIT_HASH"] = arguments[arguments.index("--hash") + 1]
    command = [sys.executable, str(ROOT / "benchmarks" / "audit" / "measure.py"), *arguments]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **settings}
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def main() -> int:
    """Measure in a place of its own."""
    arguments = [word for word in sys.argv[1:] if word != "--postgres"]
    with tempfile.TemporaryDirectory(prefix="jiqun-audit-") as folder:
        if "--postgres" not in sys.argv:
            return measure(arguments, JIQUN_VAR=folder)
        with running("shared_buffers=512MB") as server:
            return measure(arguments, JIQUN_VAR=folder, JIQUN_DATABASE_URL=server.url)


if __name__ == "__main__":
    raise SystemExit(main())
