"""The purpose that an official has stated: kept in the session, for a few hours."""

from __future__ import annotations

import time
from datetime import timedelta

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

PURPOSE_KEY = "purpose"
LASTS = timedelta(hours=4)
# What officials usually look at firms for; free text stands beside them.
USUAL = (
    _("核对补链清单中的本地供给"),
    _("走访企业前了解情况"),
    _("审核惠企政策申报"),
    _("亩均效益评价核对"),
    _("处理企业来信来访"),
    _("安全生产或环保检查准备"),
)


def begin(request: HttpRequest, words: str) -> None:
    """Keep the purpose for this session, or forget it when ``words`` is empty."""
    if words:
        until = time.time() + LASTS.total_seconds()
        request.session[PURPOSE_KEY] = {"words": words, "until": until}
    else:
        request.session.pop(PURPOSE_KEY, None)


def current(request: HttpRequest) -> str:
    """Return the purpose in force, empty when none was stated or its hours are over."""
    kept = request.session.get(PURPOSE_KEY)
    if not isinstance(kept, dict) or kept.get("until", 0) < time.time():
        return ""
    return str(kept.get("words", ""))
