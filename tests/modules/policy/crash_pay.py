"""A payment server that kills itself: ``crash_pay.py prepare COUNT``, ``serve SOCKET`` or ``census``.

``serve`` imports everything once and then, for each number on its input, forks a server that ends
itself with SIGKILL after so many statements of the database, counted over all its threads: so it
dies between any two statements. 0 means never. One request per connection, one line of JSON each way.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socketserver
import sys
import threading
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import django

warnings.filterwarnings("ignore")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()  # before anything that holds models

# ruff: noqa: E402
from django.contrib.auth.models import User
from django.db import connection, connections

from jiqun.core.access import Role
from jiqun.core.audit.verify import verify_log
from jiqun.core.backup.load import prepare_database
from jiqun.core.models import AuditEntry
from jiqun.errors import JiqunError
from jiqun.masters.models import Membership, Organisation
from jiqun.masters.viewers import viewer_of
from jiqun.modules.policy.benefits.ledger.actions import books, fund_pool, open_pool
from jiqun.modules.policy.benefits.ledger.verify import verify
from jiqun.modules.policy.benefits.paying.actions import (
    approve_cases,
    export_payments,
    reconcile,
)
from jiqun.modules.policy.models import (
    Batch,
    Case,
    Item,
    Payment,
    PaymentFile,
    Pool,
    Step,
)

OFFICES = {"maker": "bureau", "confirmer": "bureau", "approver": "finance", "payer": "finance"}
PER_BATCH, AMOUNT = 2, 12_345
# Committed and not yet answered, the sender repeats itself: so much more likely than one statement.
AFTER_COMMIT = 25
_statements = 0
_limit = 0


# ---- before and after ---------------------------------------------------------------------------


def prepare(count: int) -> list[str]:
    """Make so many batches of two cases that both offices but the finance one have approved."""
    prepare_database()
    offices = {
        name: Organisation.objects.create(name=name, kind="bureau", place="990101")
        for name in ("bureau", "finance")
    }
    users = {name: User.objects.create(username=name) for name in OFFICES}
    for name, office in OFFICES.items():
        Membership.objects.create(
            user=users[name], organisation=offices[office], role=Role.ANALYST.value
        )
    finance = viewer_of(users["approver"])
    pool = open_pool(
        viewer=finance, organisation=offices["finance"].pk, place="990101", name="合成资金池"
    )
    fund_pool(
        viewer=finance, pool=pool, amount_fen=count * PER_BATCH * AMOUNT, document="合成文件一号"
    )
    item = Item.objects.create(
        place="990101", policy="P", version="1", title="合成事项", valid_from=dt.date(2026, 1, 1),
        department=offices["bureau"], made_by=users["maker"], declared_by=users["confirmer"],
    )  # fmt: skip
    batches = Batch.objects.bulk_create(
        Batch(key=f"B{n:04d}", title="合成批次", place="990101", department=offices["bureau"], pool=pool,
              made_by=users["maker"]) for n in range(count)
    )  # fmt: skip
    Case.objects.bulk_create(
        Case(key=f"{batch.key}-{n}", batch=batch, item=item, place="990101", firm=f"F{batch.key}{n}",
             firm_name="合成企业",
             policy="P", amount_fen=AMOUNT, instalments=[AMOUNT], trace={}, state="finance", payee="合成企业",
             bank="合成银行", account="62220202001122", made_by=users["maker"], confirmed_by=users["confirmer"])
        for batch in batches for n in range(PER_BATCH)
    )  # fmt: skip
    return [one.key for one in batches]


def census() -> dict[str, Any]:
    """Count what is there, and let the ledger and the log be verified."""
    found, log = verify(books()), verify_log()
    again = AuditEntry.objects.filter(action__in=["policy.export_payments", "policy.reconcile"])
    return {
        "legs": found.legs_fen, "breaks": list(found.breaks), "transfers": found.transfers,
        "log_broken": log.broken, "log_entries": log.entries,
        "paid": dict(Counter(Payment.objects.filter(state="paid").values_list("case__key", flat=True))),
        "payments": dict(Counter(Payment.objects.values_list("case__key", flat=True))),
        "states": dict(Counter(Case.objects.values_list("state", flat=True))),
        "files": dict(PaymentFile.objects.values_list("batch__key", "digest")),
        "steps": Step.objects.count(),
        "repeated": sum("repeated" in one.after for one in again),
        "balance": _balance(),
    }  # fmt: skip


def _balance() -> dict[str, int]:
    kinds = {one.pk: one.kind for one in Pool.objects.get().accounts.all()}  # type: ignore[attr-defined]
    return {kinds[pk]: fen for pk, fen in verify(books()).balances.items()}


# ---- the server ---------------------------------------------------------------------------------


def _counted(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    """Run a statement; the one at the limit is the last thing that this process does."""
    result = execute(sql, params, many, context)
    _tick(1)
    return result


def _tick(count: int) -> None:
    global _statements  # noqa: PLW0603 - one count for all threads of the process
    _statements += count
    if _limit and _statements >= _limit:
        os.kill(os.getpid(), signal.SIGKILL)


def do(asked: dict[str, Any]) -> dict[str, Any]:
    """Carry out one request; what it answers is what the client may rely on."""
    who = viewer_of(User.objects.get(username=asked["who"]))
    batch = Batch.objects.select_related("pool").get(key=asked["batch"])
    if asked["verb"] == "approve":
        return approve_cases(viewer=who, batch=batch)
    if asked["verb"] == "export":
        return export_payments(viewer=who, batch=batch, key=asked["key"])
    file = PaymentFile.objects.select_related("pool").get(number=asked["file"])
    lines = [f"{one.key},{AMOUNT // 100}.{AMOUNT % 100:02d},成功" for one in file.payments.all()]  # type: ignore[attr-defined]
    content = "\n".join(["付款编号,金额（元）,结果", *lines]).encode()
    return reconcile(viewer=who, file=file, name="回单", content=content, key=asked["key"])


class Handler(socketserver.StreamRequestHandler):
    """One request."""

    def handle(self) -> None:
        """Answer with the result or with the code of the refusal."""
        asked = json.loads(self.rfile.readline())
        with connection.execute_wrapper(_counted):
            try:
                answer: dict[str, Any] = {"result": do(asked)}
                _tick(AFTER_COMMIT)
            except JiqunError as error:
                answer = {"refused": error.code}
        connections.close_all()
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class Server(socketserver.ThreadingUnixStreamServer):
    """A thread per request."""

    daemon_threads = True
    request_queue_size = 64


def serve(path: str) -> None:
    """Fork a server for each number on the input, and say when it listens and when it is gone."""
    global _limit  # noqa: PLW0603
    connections.close_all()
    for line in sys.stdin:
        Path(path).unlink(missing_ok=True)
        server = Server(path, Handler)
        child = os.fork()
        if not child:
            _limit = int(line)
            server.serve_forever()
            os._exit(1)
        server.socket.close()
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        os.waitpid(child, 0)
        sys.stdout.write("gone\n")
        sys.stdout.flush()


def main() -> None:
    """Do what the first word says."""
    word = sys.argv[1]
    if word == "serve":
        assert threading.active_count() == 1, "a fork with threads is not safe"
        serve(sys.argv[2])
    else:
        sys.stdout.write(json.dumps(prepare(int(sys.argv[2])) if word == "prepare" else census()))


if __name__ == "__main__":
    main()
