"""Addresses of organisations and people."""

from __future__ import annotations

from django.urls import URLPattern, path

from jiqun.masters import pages

urlpatterns: list[URLPattern] = [
    path("", pages.organisations, name="organisations"),
    path("new/", pages.organisation_new, name="organisation-new"),
    path("organisation/<int:organisation>/", pages.organisation, name="organisation"),
    path("people/", pages.people, name="people"),
    path("people/new/", pages.person_new, name="person-new"),
    path("people/<int:person>/", pages.person, name="person"),
    path("people/<int:person>/close/", pages.person_close, name="person-close"),
    path("roles/<int:membership>/revoke/", pages.role_revoke, name="role-revoke"),
]
