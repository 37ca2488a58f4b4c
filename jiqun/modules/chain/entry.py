"""temporary"""

from jiqun.modules.chain.inputs import Entry


def read_entry(store, at, scope, panel, row) -> tuple[Entry | None, list[tuple[str, str]]]:
    return None, [("未计算进入概率", "no entry model")]
