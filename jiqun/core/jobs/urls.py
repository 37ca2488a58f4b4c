"""Addresses of background jobs."""

from __future__ import annotations

from django.urls import path

from jiqun.core.jobs import pages

urlpatterns = [
    path("jobs/", pages.jobs, name="jobs"),
    path("jobs/<int:number>/", pages.job, name="job"),
    path("jobs/<int:number>/state.json", pages.job_json, name="job-json"),
    path("jobs/<int:number>/cancel/", pages.cancel_job, name="job-cancel"),
]
