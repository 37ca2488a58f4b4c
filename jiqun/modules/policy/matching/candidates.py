"""From a match to money: entitled pairs as candidates for payment without application."""

from __future__ import annotations
