"""Addresses of land."""

urlpatterns = []
