"""证明材料: a firm puts a document on its shelf once and cites its number wherever one is asked for."""

from __future__ import annotations

from jiqun.core.papers.citing import cited, hand_in, paper_problems
from jiqun.core.papers.shown import offer, papers_part

__all__ = ["cited", "hand_in", "offer", "paper_problems", "papers_part"]
