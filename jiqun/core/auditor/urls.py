"""Addresses of the pages of the log."""

from __future__ import annotations

from django.urls import path

from jiqun.core.auditor import pages

urlpatterns = [
    path("audit/", pages.log, name="audit-log"),
    path("audit/export.xlsx", pages.export, name="audit-export"),
    path("audit/entry/<int:number>/", pages.entry, name="audit-entry"),
    path("audit/entry/<int:number>/proof.json", pages.entry_json, name="audit-entry-proof"),
    path("audit/reads/", pages.reads, name="audit-reads"),
    path("audit/reads/<int:number>/proof.json", pages.read_json, name="audit-read-proof"),
    path("audit/verify/", pages.check, name="audit-verify"),
    path("audit/roots/", pages.roots, name="audit-roots"),
    path("audit/roots.json", pages.roots_json, name="audit-roots-json"),
]
