"""What ``up`` does after the bootstrap: database, demo county, accounts, server."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from jiqun.core.access import Role, Viewer
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.jobs.beside import run_beside
from jiqun.core.security import passwords
from jiqun.demo import generate
from jiqun.masters.actions import enrol
from jiqun.masters.demo import Login, demo_consents, first_accounts, write_logins
from jiqun.masters.models import Organisation
from jiqun.modules.land.public import demo_batch, demo_lowuse, demo_parcels
from jiqun.modules.policy.public import demo_benefits

Say = Callable[[str], None]
SYSTEM = Viewer(user_id=None, name="up", roles=frozenset({Role.SYSTEM}), places=frozenset({"*"}))


def set_up(
    say: Say, *, county: Path | None, load: Callable[[str], int], run: Callable[[], int]
) -> None:
    """Migrate, fill an empty store with the demo county or with ``county``, open the accounts.

    A demo county also gets items, a fund and a batch on its way (``demo_benefits``), a batch of the
    per-mu evaluation in publicity (``demo_batch``), parcels at every stage of their life
    (``demo_parcels``), and files of low-efficiency land (``demo_lowuse``).
    Idempotent: what is there stays, a folder that was loaded is recognised by its batches.
    """
    say("» 数据库 database")
    call_command("migrate", interactive=False, verbosity=0)
    folder = county
    if folder is None and store().batches().is_empty():
        say("» 生成演示县（合成数据）generating the demo county (synthetic data)")
        folder = settings.VAR / "demo"
        generate(folder)
    if folder is not None:
        load(str(folder))
    logins = open_accounts()
    if folder is not None or not store().runs():
        run()
    if is_synthetic(store()):
        demo_benefits(store())
        demo_batch(store())
        demo_parcels(store())
        demo_lowuse(store())
    for label, username, password in logins:
        say(f"  {label}  {username}  {password}")
    say("» 静态文件 static files")
    call_command("collectstatic", interactive=False, verbosity=0)
    say(f"也可装载真实县的数据：jiqun load 文件夹（见 docs/guides/load-your-county.md）\n"
        f"A real county's folder loads by: jiqun load FOLDER · data in {settings.VAR}")  # fmt: skip


def open_accounts() -> list[Login]:
    """Open the first accounts once, with passwords made for this installation, and return them.

    Only a demo installation keeps them in a file and shows them on its login page, so only there
    a first password need not be changed; its firm also grants and withdraws a few consents.
    """
    synthetic = is_synthetic(store())
    accounts = first_accounts(store(), synthetic=synthetic)
    logins: list[Login] = []
    for account in accounts:
        organisation, _ = Organisation.objects.get_or_create(
            name=account.organisation,
            defaults={"kind": account.kind, "place": account.place, "firm": account.firm},
        )
        password = passwords.generated()
        if not Organisation.objects.filter(membership__user__username=account.username).exists():
            enrol(viewer=SYSTEM, username=account.username, password=password,
                  organisation=organisation, role=account.role, initial=not synthetic)  # fmt: skip
            logins.append((account.label, account.username, password))
    if not synthetic:
        return logins
    demo_consents()
    return write_logins(settings.VAR / "demo-logins.json", logins)


def serve(host: str, port: int) -> int:
    """Serve the console until stopped, with the worker for background jobs beside it."""
    if not _free(host, port):
        sys.stderr.write(f"端口 {port} 已被占用，可能已在运行；换一个：--port {port + 1}\n"
                         f"Port {port} is in use, perhaps by Jiqun itself; try --port {port + 1}\n")  # fmt: skip
        return 1
    address = f"http://{'localhost' if host in {'127.0.0.1', '0.0.0.0'} else host}:{port}/"  # noqa: S104  # nosec B104
    demo = "1" if is_synthetic(store()) else "0"
    sys.stdout.write(f"\n集群 Jiqun → {address}\n")
    sys.stdout.flush()
    command = [
        str(Path(sys.prefix) / "bin" / "granian"), "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", "2", "--blocking-threads", "2", "--no-ws", "--log-level", "warning",
        "--workers-kill-timeout", "10",  # else one that missed its signal is waited for without end
        "config.wsgi:application",
    ]  # fmt: skip
    # Not by manage.py, which would look at the installed packages and the pages' sources again.
    worker = [sys.executable, "-m", "django", "jobs"]
    given = {
        **os.environ,
        "JIQUN_DEMO": os.environ.get("JIQUN_DEMO", demo),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    return run_beside(command, worker, cwd=settings.BASE, env=given)


def _free(host: str, port: int) -> bool:
    """Whether nobody listens on the port: the server itself would share it in silence."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
