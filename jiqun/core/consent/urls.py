"""Addresses of consent."""

from __future__ import annotations

from django.urls import URLPattern, path

from jiqun.core.consent import pages
from jiqun.core.consent.purpose import purpose

urlpatterns: list[URLPattern] = [
    path("purpose/", purpose, name="purpose"),
    path("consent/", pages.own_data, name="consent"),
    path("consent/allowed/", pages.allowed, name="consent-allowed"),
    path("consent/grant/<slug:use>/", pages.grant, name="consent-grant"),
    path("consent/<str:receipt>/", pages.receipt, name="consent-receipt"),
    path("consent/<str:receipt>/withdraw/", pages.withdraw, name="consent-withdraw"),
    path("consent/<str:receipt>/receipt.<str:kind>", pages.receipt_file, name="consent-file"),
]
