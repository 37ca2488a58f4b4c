"""A sender's key: the same sending gives the same result, for ever; another body is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from jiqun.core.access import Viewer
from jiqun.core.audit import record
from jiqun.errors import JiqunError, Kind
from jiqun.modules.policy.models import OnceKey

Result = dict[str, Any]


def body_digest(body: Mapping[str, Any]) -> str:
    """Return the digest of a sending: SHA-256 over its canonical JSON."""
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def once(
    viewer: Viewer, verb: str, key: str, body: Mapping[str, Any], run: Callable[[], Result]
) -> Result:
    """Run what was asked for, or return what it gave the first time.

    Args:
        viewer: The sender; keys of different senders do not meet.
        verb: Name of the verb.
        key: The sender's key; empty for a sending that nobody will repeat.
        body: What was sent.
        run: Does it and returns its result as JSON values.

    Inside the verb's transaction: a refusal leaves the key free, a second sender of the same key
    waits for the first.

    Raises:
        JiqunError: ``E-POLICY-KEY`` for the same key with another body.
    """
    if not key:
        return run()
    digest = body_digest(body)
    claimed = OnceKey.objects.claimed(verb, viewer.user_id, key[:80], digest)
    if claimed.digest != digest:
        raise JiqunError(
            "E-POLICY-KEY",
            f"幂等键“{key}”已用于另一份内容",
            f"the idempotency key “{key}” was used for another body",
            hint_zh="内容相同请原样重发；内容不同请换一个新的键。",
            hint_en="Send the same body again, or take a new key for a new one.",
            kind=Kind.CONFLICT,
        )
    if claimed.result is not None:
        record(viewer, verb, target=f"once:{claimed.pk}", after={"repeated": key})
        return dict(claimed.result)
    result = run()
    OnceKey.objects.keep(claimed, result)
    return result
