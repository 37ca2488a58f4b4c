"""Addresses of the pages that every module shares, one include per topic."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("jiqun.core.imports.urls")),  # before the tables, whose names it reserves
    path("", include("jiqun.core.data.urls")),
    path("", include("jiqun.core.auditor.urls")),
    path("", include("jiqun.core.consent.urls")),
    path("", include("jiqun.core.papers.urls")),
    path("", include("jiqun.core.security.urls")),
    path("", include("jiqun.core.jobs.urls")),
    path("", include("jiqun.core.notices.urls")),
    path("", include("jiqun.core.search.urls")),
    path("", include("jiqun.core.publication.urls")),
]
