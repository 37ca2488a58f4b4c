"""Commitments that every module shares, one file per topic."""

from __future__ import annotations

from jiqun.core.models.audit import AuditChain, AuditEntry, AuditRoot, FirmRead
from jiqun.core.models.consent import Consent, ConsentUse
from jiqun.core.models.imports import Import
from jiqun.core.models.jobs import Duty, Job
from jiqun.core.models.notices import Delivery, Notice, NoticeChoice, Robot
from jiqun.core.models.papers import Paper, PaperUse
from jiqun.core.models.publication import PublishedTable
from jiqun.core.models.search import SearchEntry, SearchPosting, SearchSegment, SearchState
from jiqun.core.models.security import LoginSession, PasswordRecord, RateCounter
from jiqun.core.models.tokens import ApiToken
from jiqun.core.models.views import SavedView

__all__ = [
    "ApiToken",
    "AuditChain",
    "AuditEntry",
    "AuditRoot",
    "Consent",
    "ConsentUse",
    "Delivery",
    "Duty",
    "FirmRead",
    "Import",
    "Job",
    "LoginSession",
    "Notice",
    "NoticeChoice",
    "Paper",
    "PaperUse",
    "PasswordRecord",
    "PublishedTable",
    "RateCounter",
    "Robot",
    "SavedView",
    "SearchEntry",
    "SearchPosting",
    "SearchSegment",
    "SearchState",
]
