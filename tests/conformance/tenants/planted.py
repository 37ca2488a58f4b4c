"""Bugs that people really make, put into the running code one at a time.

The machine has to find each of them, or its silence about the clean code proves nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404

from jiqun.core import access, tokens
from jiqun.core.consent import actions as consent_actions
from jiqun.core.consent import selectors as consent_selectors
from jiqun.core.data import actions as data_actions
from jiqun.core.data import visible
from jiqun.core.jobs import selectors as job_selectors
from jiqun.core.models import (
    ApiToken,
    Import,
    Job,
    consent,
    imports,
    jobs,
    notices,
    publication,
    search,
    security,
    views,
)
from jiqun.core.models import audit as audit_models
from jiqun.core.notices import actions as notice_actions
from jiqun.core.security import actions as security_actions
from jiqun.core.visible import OwnQuerySet
from jiqun.errors import JiqunError, Kind
from jiqun.masters import models as masters

Patch = pytest.MonkeyPatch


def everywhere(patch: Patch, old: object, new: object) -> None:
    """Put ``new`` in the place of ``old`` in every module of ours that has imported it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("jiqun."):
            for key, value in list(vars(module).items()):
                if value is old:
                    patch.setattr(module, key, new)


def _everything(queryset: type[QuerySet[Any]]) -> Callable[[Patch], None]:
    """``visible_to`` was forgotten: all rows for everybody who has logged in."""

    def plant(patch: Patch) -> None:
        patch.setattr(
            queryset, "visible_to", lambda self, viewer: self.all() if viewer.known else self.none()
        )

    return plant


def _all(*plants: Callable[[Patch], None]) -> Callable[[Patch], None]:
    def put(patch: Patch) -> None:
        for plant in plants:
            plant(patch)

    return put


def _permitted(module: object, verb: str) -> Callable[[Patch], None]:
    """The predicate says yes to everybody who has logged in."""
    return lambda patch: patch.setattr(module, f"may_{verb}", lambda viewer, **_: viewer.known)


def _bulk(patch: Patch) -> None:
    everywhere(
        patch, visible.visible_facts, lambda facts, contract, viewer: facts.current(contract.name)
    )


def _oracle(patch: Patch) -> None:
    """Another's job is forbidden, a job that does not exist is not found."""
    fresh = job_selectors.job_seen

    def seen(viewer: Any, number: int) -> Job:
        if Job.objects.filter(pk=number).exists() and not Job.objects.visible_to(viewer).filter(
            pk=number
        ):
            raise JiqunError("E-FORBIDDEN", "不是您的任务", "not your job", kind=Kind.FORBIDDEN)
        return fresh(viewer, number)

    everywhere(patch, fresh, seen)


def _job(patch: Patch) -> None:
    """A job is looked up by its number alone, and shown as to its owner."""
    _everything(jobs.JobQuerySet)(patch)
    fresh = job_selectors.state_of
    everywhere(patch, fresh, lambda job, viewer: fresh(job, access.Viewer(user_id=job.user_id)))


def _nested(patch: Patch) -> None:
    """The rows that hang on a visible row are not asked whose they are."""
    everywhere(
        patch, consent_selectors.uses_of,
        lambda viewer, receipt="", limit=200: list(
            consent.ConsentUse.objects.select_related("consent")[:limit]
        ),
    )  # fmt: skip


def _download(patch: Patch) -> None:
    """A file is handed out to whoever knows its name."""

    def handed(request: HttpRequest, key: str) -> HttpResponse:
        one = get_object_or_404(Import, key=key)
        return JsonResponse({"file": one.file_name, "said": one.said})

    from jiqun.core.imports import urls  # noqa: PLC0415 - the pattern holds the function

    for pattern in urls.urlpatterns:
        if pattern.name == "import-faulty":
            patch.setattr(pattern, "callback", handed)


def _foreign_token(patch: Patch) -> None:
    """The first token in the table decides who somebody is."""

    def owner(token: str, *, method: str) -> User | None:
        first = ApiToken.objects.select_related("user").order_by("pk").first()
        return first.user if first else None

    everywhere(patch, tokens.user_of_token, owner)


def _withdrawn_by_anybody(patch: Patch) -> None:
    _everything(consent.ConsentQuerySet)(patch)
    _permitted(consent_actions, "withdraw_consent")(patch)


def _sessions_of_all(patch: Patch) -> None:
    """The list of sessions shows everybody's."""
    _everything(security.LoginSessionQuerySet)(patch)
    _permitted(security_actions, "end_session")(patch)
    fresh = QuerySet.filter

    def filtered(self: QuerySet[Any], *args: Any, **kwargs: Any) -> QuerySet[Any]:
        if self.model is security.LoginSession:
            kwargs.pop("user_id", None)
        return fresh(self, *args, **kwargs)

    patch.setattr(QuerySet, "filter", filtered)


@dataclass(frozen=True, slots=True)
class Plant:
    """One bug: how it gets in, at which addresses to look, and as what it has to be noticed."""

    put: Callable[[Patch], None]
    where: tuple[str, ...]
    sorts: frozenset[str] = frozenset({"read"})


READ_OR_WRITE = frozenset({"read", "write"})
# The database itself refuses to log a read of firms without a purpose, so the page breaks down.
READ_OR_REFUSED = frozenset({"read", "breakdown"})
PLANTS: Mapping[str, Plant] = {
    "another's job by its number": Plant(_job, ("jobs/",)),
    "another's import by its key": Plant(
        _everything(imports.ImportQuerySet), ("data/imports/", "api/tables"), READ_OR_WRITE
    ),
    "another's receipt": Plant(
        _everything(consent.ConsentQuerySet), ("consent/",), frozenset({"read", "oracle"})
    ),
    "another's draft": Plant(_everything(publication.PublishedTableQuerySet), ("publications/",)),
    "another's notices": Plant(_everything(OwnQuerySet), ("notices/",), READ_OR_WRITE),
    "another's robot": Plant(_everything(notices.RobotQuerySet), ("notices/",), READ_OR_WRITE),
    "search across tenants": Plant(_everything(search.SegmentQuerySet), ("search/", "api/search")),
    # The bug is in the tables of facts: imports and commitments, which share the beginning, are not it.
    "bulk export": Plant(_bulk, ("data/<", "api/tables/firm", "api/tables/trade_link")),
    "a view is deleted by somebody else": Plant(
        _all(_everything(views.SavedViewQuerySet), _permitted(data_actions, "delete_view")),
        ("data/",),
        READ_OR_WRITE,
    ),
    "a notice is read by somebody else": Plant(
        _all(_everything(OwnQuerySet), _permitted(notice_actions, "read")),
        ("notices/",),
        READ_OR_WRITE,
    ),
    "a consent is withdrawn by somebody else": Plant(
        _withdrawn_by_anybody, ("consent/",), READ_OR_WRITE | {"oracle"}
    ),
    "a session is ended by somebody else": Plant(_sessions_of_all, ("security/",), READ_OR_WRITE),
    "rows that hang on a visible row": Plant(_nested, ("consent/",)),
    "existence oracle": Plant(_oracle, ("jobs/",), frozenset({"oracle"})),
    "no purpose is asked": Plant(
        lambda patch: everywhere(patch, access.may_see_firm_rows, lambda viewer: viewer.official),
        ("chain/industry/",),
        READ_OR_REFUSED,
    ),
    "the firms of every place": Plant(
        lambda patch: everywhere(
            patch, access.visible_firms, lambda viewer, firms: frozenset(firms)
        ),
        ("chain/industry/",),
        READ_OR_REFUSED,
    ),
    "a token of somebody else": Plant(_foreign_token, ("api/tables", "api-token")),
    "the log is open to all": Plant(_everything(audit_models.ReadQuerySet), ("audit/",)),
    "people of other organisations": Plant(
        _all(_everything(masters.PersonQuerySet), _everything(masters.OrganisationQuerySet)),
        ("masters/",),
    ),
    "a shared view reaches everybody": Plant(
        lambda patch: patch.setattr(
            views.SavedViewQuerySet, "visible_to", lambda self, viewer: self.all()
        ),
        ("data/",),
    ),
    "a file by its name": Plant(_download, ("data/imports/",)),
    "a role that everybody has": Plant(
        lambda patch: patch.setattr(
            access.Viewer, "has", lambda self, *roles: bool(self.roles) and bool(roles)
        ),
        ("masters/",),
    ),
}
