"""Addresses of tables of aggregates."""

from __future__ import annotations

from django.urls import path

from jiqun.core.publication import pages

urlpatterns = [
    path("publications/", pages.publications, name="publications"),
    path("publications/new/", pages.new, name="publication-new"),
    path("publications/<slug:key>/", pages.publication, name="publication"),
    path("publications/<slug:key>/table.xlsx", pages.publication_xlsx, name="publication-xlsx"),
]
