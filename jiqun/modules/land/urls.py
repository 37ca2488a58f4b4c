"""Addresses of land."""

from __future__ import annotations

from django.urls import path

from jiqun.modules.land.pages import (
    fairness,
    firm,
    lowuse,
    lowuse_files,
    lowuse_portfolio,
    lowuse_trial,
    overview,
    printed,
    tenure,
)

urlpatterns = [
    path("", overview.overview, name="land-permu"),
    path("rules/", overview.rules, name="land-rules"),
    path("fairness/", fairness.fairness, name="land-fairness"),
    path("draft.pdf", printed.draft_file, name="land-draft"),
    path("own/", firm.own, name="land-own"),
    path("own/sheet.pdf", printed.own_sheet, name="land-own-sheet"),
    path("firms/<str:firm>/", firm.firm, name="land-firm"),
    path("firms/<str:firm>/sheet.pdf", printed.firm_sheet, name="land-firm-sheet"),
    path("lowuse/", lowuse.overview, name="land-lowuse"),
    path("lowuse/own/", lowuse.own, name="land-lowuse-own"),
    path("lowuse/thresholds/", lowuse_trial.thresholds, name="land-lowuse-thresholds"),
    path("lowuse/portfolio/", lowuse_portfolio.page_of, name="land-lowuse-portfolio"),
    path("lowuse/portfolio.xlsx", lowuse_portfolio.workbook_of, name="land-lowuse-portfolio-xlsx"),
    path("lowuse/parcels/<str:parcel>/", lowuse.parcel, name="land-lowuse-parcel"),
    path("lowuse/files/<str:land_file>/", lowuse_files.file, name="land-lowuse-file"),
    path("tenure/", tenure.tenure, name="land-tenure"),
]
