"""Addresses of the policies."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
