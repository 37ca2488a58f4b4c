"""Names of places in the page's language."""

from __future__ import annotations

from jiqun.core.opened import store
from jiqun.core.tabular import pick
from jiqun.facts.store.store import Store


def place_words(codes: str, facts: Store | None = None) -> str:
    """Return places as people read them: 合成示例县（990101）; ``*`` is every place.

    Args:
        codes: Codes with commas between them, as an organisation has them.
        facts: The store; this installation's when it is left out.
    """
    if codes.strip() == "*":
        return pick("全部地方", "every place")
    opened = store() if facts is None else facts
    names = opened.polars("place", ["place", "name_zh", "name_en"])
    known = {code: pick(zh or "", en or zh or "") for code, zh, en in names.iter_rows()}
    listed = [code for part in codes.split(",") if (code := part.strip())]
    return "、".join(f"{known[one]}（{one}）" if known.get(one) else one for one in listed)
