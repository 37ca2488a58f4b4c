"""The ``jiqun`` command line: load, run, explain, export, demo, up, status.

``python3 manage.py load FOLDER`` is the same as ``jiqun load FOLDER``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import django
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed
from rich.table import Table
from rich.tree import Tree

from jiqun.core.access import Role, Viewer
from jiqun.core.registry import Engine
from jiqun.errors import JiqunError, Problem

console = Console(width=None if sys.stdout.isatty() else 120)
COMMANDS = (
    "load", "run", "explain", "export", "import", "backup", "restore", "audit", "demo", "up", "status",
)  # fmt: skip


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Elapsed(),
        console=console, transient=not console.is_terminal,
    )  # fmt: skip


@contextmanager
def _moving() -> Generator[Callable[[int, int, str], None]]:
    """Show a progress bar and give what moves it: done, total, what."""
    with _bar() as bar:
        task = bar.add_task("", total=None)

        def move(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield move


def _problem(problem: Problem) -> str:
    lines = [f"  • {problem.where()}  {problem.message_zh}", f"    {problem.message_en}"]
    if problem.value:
        lines.append(f"    原文 value: {problem.value}")
    if problem.remedy_zh or problem.remedy_en:
        lines.append(f"    → {problem.remedy_zh} / {problem.remedy_en}")
    return "\n".join(lines)


def load(arguments: argparse.Namespace) -> int:
    """Load every table of a county's folder and say what became of each row."""
    from jiqun.core.factstore import store
    from jiqun.facts.load.folder import load_folder

    folder = Path(arguments.folder).resolve()
    with _bar() as bar:
        task = bar.add_task("装载 loading", total=None)

        def progress(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=f"装载 loading {name}")

        report = load_folder(folder, store(), progress=progress)
    table = Table(title=f"{report.county} · {report.seconds:.1f} s")
    for heading in (
        "表 table",
        "契约 contract",
        "收到 received",
        "接收 accepted",
        "隔离 quarantined",
        "重复 duplicate",
        "s",
    ):
        table.add_column(heading, justify="left" if heading[0] in "表契" else "right")
    for one in report.tables:
        counts = (one.received, one.accepted, one.quarantined, one.duplicate)
        name = (one.file or one.source) + ("（已装载过，未变 unchanged）" if one.repeated else "")
        table.add_row(name, one.contract, *(f"{count:,}" for count in counts), f"{one.seconds:.1f}")
    console.print(table)
    problems = [problem for one in report.tables for problem in one.problems]
    kinds = Counter((problem.file, problem.code) for problem in problems)
    seen: set[tuple[str, str]] = set()
    for problem in problems:
        kind = (problem.file, problem.code)
        if kind not in seen:
            seen.add(kind)
            console.print(_problem(problem), markup=False, highlight=False)
            if kinds[kind] > 1:
                console.print(
                    f"    … 同类另有 {kinds[kind] - 1} 条 more of this kind ({problem.code})"
                )
    if problems:
        console.print(
            "全部被隔离的行见“数据表 → 隔离区”页 / every quarantined row: page 数据表 → 隔离区"
        )
    return 1 if any(one.received == 0 and one.problems for one in report.tables) else 0


def run(arguments: argparse.Namespace) -> int:
    """Run one engine, or all, over what is loaded."""
    from jiqun.core.database import require_tables
    from jiqun.core.registry import engines

    known = engines()
    if arguments.engine and arguments.engine not in known:
        raise JiqunError(
            "E-ENGINE-UNKNOWN",
            f"没有名为 {arguments.engine} 的引擎",
            f"there is no engine called {arguments.engine}",
            hint_zh="可用：" + "、".join(known),
            hint_en="known: " + ", ".join(known),
        )
    require_tables()  # engines ask for consents and for what was paid
    failed = 0
    for name in [arguments.engine] if arguments.engine else list(known):
        try:
            _run_engine(known[name], arguments)
        except JiqunError as error:
            if arguments.engine:
                raise
            _say_error(error)
            failed += 1
    return 2 if failed == len(known) else 0


def _run_engine(engine: Engine, arguments: argparse.Namespace) -> None:
    from jiqun.core.factstore import store

    begun = time.perf_counter()
    with console.status(engine.label_zh) as status:
        runs = engine.run(
            store(),
            place=arguments.place,
            classification=arguments.classification,
            period=arguments.period,
            progress=lambda text: status.update(f"{engine.label_zh} {text}"),
        )
    console.print(f"✓ {engine.name}: {len(runs)} 次运行 runs · {time.perf_counter() - begun:.1f} s")
    for one in runs:
        console.print(f"  {one}", highlight=False)


def _operator() -> Viewer:
    return Viewer(user_id=0, name="cli", roles=frozenset({Role.ANALYST}), places=frozenset({"*"}))


def _grow(tree: Tree, node: dict[str, object]) -> None:
    words = [str(node["label"])]
    if node.get("value"):
        words.append(f"= {node['value']}")
    if node.get("status_label"):
        words.append(f"[{node['status_label']}]")
    branch = tree.add(" ".join(words).replace("[", "\\["))
    for name, sign in (("formula", "ƒ"), ("note", "※")):
        if node.get(name):
            branch.add(f"{sign} {node[name]}")
    rule = node.get("rule")
    if isinstance(rule, dict):
        branch.add(f"§ {rule['label']}")
    source = node.get("source")
    if isinstance(source, dict):
        branch.add(f"← {source['file']} 行 row {source['row']} · {source['date']}")
    terms = node.get("terms")
    for term in terms if isinstance(terms, list) else []:
        _grow(branch, term)


def explain(arguments: argparse.Namespace) -> int:
    """Open one finding down to its facts."""
    from jiqun.core.factstore import store
    from jiqun.modules.chain.public import explain_finding

    run_of, row, shown = explain_finding(store(), arguments.finding, _operator())
    if arguments.json:
        sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")
        return 0
    top = Tree(
        f"{row['finding']} · 快照 snapshot {run_of.snapshot[:12]} · {run_of.rules_version} · {run_of.code_version}"
    )
    _grow(top, shown)
    console.print(top)
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write everything out: facts and findings as CSV and Parquet, with schema, counts and hashes."""
    from jiqun.core.backup import commands
    from jiqun.core.factstore import store
    from jiqun.facts.store.transfer import export_all

    target = Path(arguments.folder).resolve()
    if arguments.all:
        return commands.export(target, personal=arguments.personal, console=console, moving=_moving)
    report = export_all(store(), target)
    console.print(f"✓ {target}: {len(report)} 张表 tables")
    return 0


def bring_back(arguments: argparse.Namespace) -> int:
    """Bring a folder of ``export --all`` into this empty installation."""
    from jiqun.core.backup import commands

    return commands.bring_back(Path(arguments.folder).resolve(), console=console, moving=_moving)


def backup(arguments: argparse.Namespace) -> int:
    """Write database and files together into one new file, also while the server runs."""
    from jiqun.core.backup import commands

    return commands.backup(Path(arguments.file).resolve(), console=console, moving=_moving)


def restore(arguments: argparse.Namespace) -> int:
    """Bring a backup into this empty installation; with ``--check``, only look at it."""
    from jiqun.core.backup import commands

    source = Path(arguments.file).resolve()
    return commands.restore(source, only_check=arguments.check, console=console, moving=_moving)


def audit(arguments: argparse.Namespace) -> int:
    """Close the days of the audit log, verify it, or print the proof of an entry."""
    from jiqun.core.auditor import commands

    if arguments.step == "close":
        return commands.close(_plain, arguments.until)
    if arguments.step == "proof":
        return commands.proof(_plain, arguments.entry, arguments.read)
    return commands.verify(_plain, arguments.roots, arguments.jobs)


def _plain(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def demo(arguments: argparse.Namespace) -> int:
    """Write the synthetic county's folder (合成数据)."""
    from jiqun.demo import generate

    folder = Path(arguments.folder).resolve()
    with console.status("生成合成数据 generating synthetic data"):
        files = generate(folder, seed=arguments.seed, firms=arguments.firms)
    console.print(
        f"✓ {folder}: {len(files)} 个文件 files（合成数据 synthetic, seed {arguments.seed}）"
    )
    return 0


def status(_arguments: argparse.Namespace) -> int:
    """Say what the store holds and which runs there are."""
    from jiqun.core.factstore import store

    facts = store()
    table = Table(title=str(facts.root))
    for heading in ("契约 contract", "接收 accepted", "隔离 quarantined", "批次 batches"):
        table.add_column(heading)
    for (name,), part in facts.batches().group_by("contract", maintain_order=True):
        counts = (part["accepted"].sum(), part["quarantined"].sum(), part.height)
        table.add_row(str(name), *(f"{count:,}" for count in counts))
    console.print(table)
    for one in facts.runs()[:20]:
        console.print(
            f"{one.run} {one.engine} {dict(one.scope)} {one.recorded_at:%Y-%m-%d %H:%M}",
            highlight=False,
        )
    return 0


def up(arguments: argparse.Namespace) -> int:
    """Set everything up, fill it when it is empty, and serve the console."""
    from jiqun.cockpit.setup import serve, set_up

    set_up(
        console.print,
        county=Path(arguments.county).resolve() if arguments.county else None,
        load=lambda folder: load(argparse.Namespace(folder=folder)),
        run=lambda: run(argparse.Namespace(engine="", place="", classification="", period="")),
    )
    return 0 if arguments.no_serve else serve(arguments.host, arguments.port)


def _say_error(error: JiqunError) -> None:
    console.print(
        f"✗ [{error.code}] {error.message_zh}\n  {error.message_en}", markup=False, style="red"
    )
    if error.hint_zh or error.hint_en:
        console.print(f"  → {error.hint_zh}\n    {error.hint_en}", markup=False)
    for problem in error.fields[:40]:
        console.print(_problem(problem), markup=False, highlight=False)


def parser() -> argparse.ArgumentParser:
    """Build the parser; each command's help is its function's first line."""
    top = argparse.ArgumentParser(prog="jiqun", description="集群 Jiqun: 县域产业集群系统")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, function: object) -> argparse.ArgumentParser:
        words = (getattr(function, "__doc__", "") or "").strip().splitlines()[0]
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(function=function)
        return command

    add("load", load).add_argument(
        "folder", help="文件夹，内有 county.toml / folder with a county.toml"
    )
    runner = add("run", run)
    runner.add_argument(
        "engine", nargs="?", default="", help="引擎名，缺省全部 / engine, all by default"
    )
    for name in ("place", "classification", "period"):
        runner.add_argument(f"--{name}", default="")
    explainer = add("explain", explain)
    explainer.add_argument("finding", help="推断编号 / id of a finding")
    explainer.add_argument("--json", action="store_true")
    exporter = add("export", export)
    exporter.add_argument("folder")
    exporter.add_argument("--all", action="store_true", help="连同承诺 / commitments too")
    exporter.add_argument(
        "--personal", action="store_true", help="连同个人数据 / data about persons too"
    )
    add("import", bring_back).add_argument("folder")
    add("backup", backup).add_argument("file", help="新文件 / a new file")
    restorer = add("restore", restore)
    restorer.add_argument("file")
    restorer.add_argument("--check", action="store_true", help="只检查 / only check it")
    auditor = add("audit", audit)
    auditor.add_argument("step", choices=("close", "verify", "proof"))
    auditor.add_argument("--until", default="", help="封存到哪天 / close up to this day")
    auditor.add_argument("--roots", default="", help="别处留存的日根 / roots kept elsewhere")
    auditor.add_argument("--jobs", type=int, default=2, help="进程数 / processes")
    auditor.add_argument("--entry", default="", help="对象#序号 / target#number")
    auditor.add_argument("--read", default="", help="企业查看的编号 / number of a read of a firm")
    writer = add("demo", demo)
    writer.add_argument("folder")
    writer.add_argument("--seed", type=int, default=20261122)
    writer.add_argument("--firms", type=int, default=3000)
    add("status", status)
    starter = add("up", up)
    starter.add_argument(
        "--county", default="", help="真实县的数据文件夹 / folder of a real county"
    )
    starter.add_argument("--host", default="127.0.0.1")
    starter.add_argument("--port", type=int, default=8000)
    starter.add_argument("--no-serve", action="store_true", help="只准备不启动 / prepare only")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; a JiqunError ends as a message in both languages and exit code 2."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    parsed = parser().parse_args(arguments)
    django.setup()
    try:
        return int(parsed.function(parsed))
    except JiqunError as error:
        _say_error(error)
        return 2


if __name__ == "__main__":
    sys.exit(main())
