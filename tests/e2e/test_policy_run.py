"""Benefits without application from the match to the books, pressed by six people in a browser."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from jiqun.cockpit.setup import open_accounts
from jiqun.masters.models import Organisation
from jiqun.modules.policy.benefits.ledger.actions import books
from jiqun.modules.policy.benefits.ledger.verify import verify
from jiqun.modules.policy.models import Batch, Case, Pool
from jiqun.modules.policy.public import demo_benefits
from tests.console import Demo
from tests.e2e.conftest import LOOKS, Watched, _watch

pytestmark = pytest.mark.browser
Enter = Callable[[str], Watched]


@pytest.fixture
def enter(
    browser: Browser, demo: Demo, live_server: LiveServer, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Enter]:  # fmt: skip
    """Open a window as one of the demo's own people, as ``jiqun up`` has set them up."""
    settings.VAR = tmp_path_factory.mktemp("var")
    open_accounts()
    matters = demo.store.polars("firm_attribute", ["firm", "item", "content"])
    entitled = matters.filter(item="首次入规", content="是")["firm"].min()
    Organisation.objects.filter(membership__user__username="firm").update(firm=entitled)
    demo_benefits(demo.store)
    contexts: dict[str, BrowserContext] = {}
    windows: dict[str, Watched] = {}

    def entered(name: str) -> Watched:
        if name in windows:
            return windows[name]
        client = Client()
        client.force_login(User.objects.get(username=name))
        if name != "firm":
            client.post("/purpose/", {"purpose": "审核惠企政策申报"})
        contexts[name] = browser.new_context(
            viewport={"width": 1280, "height": 800}, locale="zh-CN"
        )
        contexts[name].set_default_timeout(30_000)
        for key, value in client.cookies.items():
            contexts[name].add_cookies(
                [{"name": key, "value": value.value, "url": live_server.url}]
            )
        windows[name] = _watch(contexts[name].new_page(), live_server.url, LOOKS[0])
        return windows[name]

    yield entered
    for context in contexts.values():
        context.close()


def press(who: Watched, path: str, verb: str) -> str:
    """Press a button of a page and return what the next page says."""
    who.open(path)
    who.page.locator(f"button[name=verb][value={verb}]").click()
    who.page.wait_for_load_state("load")
    return who.page.inner_text("main")


def test_a_benefit_goes_from_the_match_to_the_books(enter: Enter) -> None:
    analyst, reviewer, firm = enter("analyst"), enter("reviewer"), enter("firm")
    finance, payer = enter("finance"), enter("payer")

    press(analyst, "/policy/match/HC-01@1/", "batch")
    batch = Batch.objects.get(cases__policy="HC-01", cases__firm__in=_own_firm())
    path = f"/policy/batches/{batch.key}/"
    assert path in analyst.page.url
    assert "须由主管部门的另一人办理" in analyst.page.inner_text("main"), (
        "who entered does not confirm"
    )
    assert not analyst.page.locator("button[name=verb][value=confirm]").count()
    press(reviewer, path, "confirm")

    firm.open("/policy/mine/")
    firm.page.locator("main table a").first.click()
    case = Case.objects.get(batch=batch, firm__in=_own_firm())
    firm.page.fill("[name=bank]", "合成银行示例县支行")
    firm.page.fill("[name=account]", "6222020200112233445")
    firm.page.locator("button[name=verb][value=accept]").click()
    firm.page.wait_for_load_state("load")
    assert "待公示" in firm.page.inner_text("main")

    press(reviewer, path, "publish")
    assert "公示期满送财政：" in reviewer.page.inner_text("main"), "the term is not over yet"
    firm.open("/policy/public/")
    assert case.firm_name in firm.page.inner_text("main")
    Case.objects.filter(pk=case.pk).update(public_until=dt.date(2026, 1, 5))  # the days go by
    press(reviewer, path, "close")

    press(finance, path, "approve")
    press(payer, path, "export")
    payer.page.locator("main a[href*='/policy/files/']").first.click()
    with payer.page.expect_download() as taken:
        payer.page.locator("a[href$='/take/template']").click()
    answer = taken.value.path().read_text(encoding="utf-8-sig").replace(",,", ",成功,")
    payer.page.set_input_files(
        "input[type=file]", {"name": "回单.csv", "mimeType": "text/csv", "buffer": answer.encode()}
    )
    payer.page.locator("button[name=verb][value=reconcile]").click()
    payer.page.wait_for_load_state("load")
    assert "一致，已到账 1 笔" in payer.page.inner_text("main")

    pool = Pool.objects.get()
    assert "0 处不符" in press(finance, f"/policy/funds/{pool.key}/", "verify")
    firm.open("/policy/mine/")
    assert "已到账" in firm.page.inner_text("main")
    found = verify(books(pool))
    assert found.sound
    assert Case.objects.get(pk=case.pk).paid_fen == case.amount_fen
    wrong = [one for who in (analyst, reviewer, firm, finance, payer) for one in who.wrong]
    assert not wrong, "\n".join(wrong)


def _own_firm() -> list[str]:
    return list(
        User.objects.filter(username="firm").values_list(
            "membership__organisation__firm", flat=True
        )
    )
