"""Addresses of land."""

from __future__ import annotations

from django.urls import path

from jiqun.modules.land.pages import fairness, firm, overview

urlpatterns = [
    path("", overview.overview, name="land-permu"),
    path("rules/", overview.rules, name="land-rules"),
    path("fairness/", fairness.fairness, name="land-fairness"),
    path("own/", firm.own, name="land-own"),
    path("firms/<str:firm>/", firm.firm, name="land-firm"),
]
