"""Addresses of the security pages."""

from __future__ import annotations

from django.urls import path

from jiqun.core.security import pages

urlpatterns = [
    path("api-token/", pages.api_token, name="api-token"),
    path("security/sessions/", pages.own_sessions, name="security-sessions"),
    path("security/people/", pages.people, name="security-people"),
    path("security/asvs/", pages.asvs_page, name="security-asvs"),
]
