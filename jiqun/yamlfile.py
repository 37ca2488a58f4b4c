"""The program's own YAML files: contracts, words, messages, rule packs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

# The same loader in C is ten times as fast, and some forty files are read whenever a process starts.
_SAFE: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def content(path: Path) -> Any:
    """Return what a YAML file holds: plain values only, nothing is constructed from names.

    Raises:
        OSError: the file cannot be read.
        yaml.YAMLError: it is no YAML.
    """
    loader = _SAFE(path.read_text(encoding="utf-8"))
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
