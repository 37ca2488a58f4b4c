"""Every address: the cockpit at the root, one prefix per module, the API, accounts."""

from __future__ import annotations

from allauth.account import views as account
from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from jiqun.cockpit import pages as cockpit
from jiqun.core import health
from jiqun.core.api import api
from jiqun.core.registry import modules

urlpatterns = [
    path("", cockpit.start, name="start"),
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/password/", account.password_change, name="account_change_password"),
    path("accounts/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/factor/", include("allauth.mfa.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}core/favicon.svg")),
    path("health", health.health, name="health"),
    path("api/", api.urls),
    *(path(module.prefix, include(module.urls)) for module in modules()),
]
handler404 = "jiqun.core.health.not_found"
handler500 = "jiqun.core.health.server_error"
