"""The state machine: any tenant, any address, any row, any form, in any order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, cast

from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.conformance.tenants.canary import FIGURES, word
from tests.conformance.tenants.crawler import Crawler, filling
from tests.conformance.tenants.routes import NOWHERE, Route, routes, values_for
from tests.conformance.tenants.rules import REGISTER, SEES
from tests.conformance.tenants.world import TENANTS, World
from tests.console import DEMO_QUERY

PEOPLE = st.sampled_from(list(TENANTS))
# Parameters whose values everybody may know: names of tables, tiers, lists, purposes, formats.
VOCABULARY = frozenset({"table", "name", "kind", "code", "slug", "use"})
BODY = ("firm", "purpose", "label", "name", "q", "reason")


def queries(words: Mapping[str, Sequence[object]]) -> list[dict[str, str]]:
    """Query strings worth trying: the demo's scope, searches for what is another's, exports."""
    scope = dict(part.split("=") for part in DEMO_QUERY.split("&"))
    searches = [
        {name: text}
        for name in ("q", "search", "filter", "firm", "target", "who")
        for text in [
            *map(str, words["firm"]),
            word("firmb", "typed")[:6],
            "合成",
            str(FIGURES["firmb"]),
        ]
    ]
    more = [{"sort": "value"}, {"page": "2"}, {"format": "xlsx"}, {"format": "csv"}, {"export": "xlsx"},
            {"purpose": "chain"}, {"user": "1"}, {"owner": "firmb"}]  # fmt: skip
    return [{}, scope, *searches, *more, *({**scope, **one} for one in more)]


class Tenants(RuleBasedStateMachine):
    """One example: a series of requests of several tenants, undone at its end.

    :func:`machine_of` gives a subclass its world.
    """

    crawler_of: ClassVar[Callable[[], Crawler]]
    words: ClassVar[Mapping[str, Sequence[object]]]
    numbers: ClassVar[Sequence[int]]
    owners: ClassVar[Mapping[tuple[str, object], str]]
    readable: ClassVar[Sequence[Route]]
    writing: ClassVar[Sequence[Route]]

    def __init__(self) -> None:
        super().__init__()
        cache.clear()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.crawler = type(self).crawler_of()

    def teardown(self) -> None:
        """Forget what this example wrote."""
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def _filled(self, data: st.DataObject, route: Route) -> tuple[str, str, set[str]]:
        """The address for some row, the same for one that does not exist, and whose the row is."""
        values = [
            data.draw(st.sampled_from(candidates))
            for candidates in values_for(route, self.numbers, self.words)
        ]
        missing = [
            one if name in VOCABULARY else NOWHERE if isinstance(one, int) else f"{one}x9"
            for one, (_, name) in zip(values, route.parameters, strict=True)
        ]
        owners = {
            self.owners[name, one]
            for one, (_, name) in zip(values, route.parameters, strict=True)
            if (name, one) in self.owners
        }
        return route.filled(values), route.filled(missing), owners

    @rule(data=st.data(), tenant=PEOPLE)
    def visit(self, data: st.DataObject, tenant: str) -> None:
        """Open an address with a row of anybody."""
        path, _, _ = self._filled(data, data.draw(st.sampled_from(self.readable)))
        self.crawler.get(tenant, path, data.draw(st.sampled_from(queries(self.words))))

    @rule(data=st.data(), first=PEOPLE, second=PEOPLE)
    def one_after_the_other(self, data: st.DataObject, first: str, second: str) -> None:
        """Open one address as two people: what is kept for one must not reach the other."""
        path, _, _ = self._filled(data, data.draw(st.sampled_from(self.readable)))
        for tenant in (first, second):
            self.crawler.get(tenant, f"{path}?{DEMO_QUERY}")

    @rule(data=st.data(), tenant=PEOPLE)
    def compare(self, data: st.DataObject, tenant: str) -> None:
        """Ask for what is another's and for what does not exist."""
        detailed = [
            route
            for route in self.readable
            if any(name not in VOCABULARY for _, name in route.parameters)
        ]
        if not detailed:
            return
        route = data.draw(st.sampled_from(detailed))
        path, nowhere, owners = self._filled(data, route)
        # Who keeps the register knows that a person is there, and may be told that something is not theirs.
        known = REGISTER & SEES.get(tenant, frozenset()) & {name for _, name in route.parameters}
        if tenant not in owners and not known:
            self.crawler.probe(tenant, path, nowhere)

    @rule(data=st.data(), tenant=PEOPLE)
    def send(self, data: st.DataObject, tenant: str) -> None:
        """Send a form that somebody was offered, perhaps for another row."""
        if not self.crawler.forms:
            return
        form = data.draw(st.sampled_from(self.crawler.forms))
        body = filling(tenant, form, lambda values: data.draw(st.sampled_from(values)))
        parts = form.action.split("/")
        if data.draw(st.booleans()):
            parts = [str(data.draw(st.sampled_from(self.numbers))) if one.isdigit() else one
                     for one in parts]  # fmt: skip
        self.crawler.send(tenant, form, body, "/".join(parts))

    @rule(data=st.data(), tenant=PEOPLE)
    def operate(self, data: st.DataObject, tenant: str) -> None:
        """Call a writing operation of the API with values of anybody."""
        if not self.writing:
            return
        route = data.draw(st.sampled_from(self.writing))
        everything = sorted({str(word) for group in self.words.values() for word in group})
        body = {name: data.draw(st.sampled_from(everything)) for name in BODY}
        self.crawler.operate(tenant, route.method, self._filled(data, route)[0], body)

    @rule(data=st.data(), tenant=PEOPLE)
    def search(self, data: st.DataObject, tenant: str) -> None:
        """Look for something by a word of somebody else's."""
        term = data.draw(st.sampled_from([*self.words["firm"], "合成", "袜业", "ZQ"]))
        self.crawler.get(tenant, "/search/", {"q": term})


def machine_of(
    world: World,
    crawler: Callable[[], Crawler],
    words: Mapping[str, Sequence[object]],
    owners: Mapping[tuple[str, object], str],
    where: tuple[str, ...] = ("",),
) -> type[Tenants]:
    """Return the machine for a world; every example starts from the same rows.

    ``words`` are values by the name of a parameter, ``owners`` whose row such a value names;
    ``where`` are beginnings of the addresses to keep to.
    """
    known = [route for route in routes() if route.path.lstrip("/").startswith(where)]
    return type(
        "TenantsOfThisWorld",
        (Tenants,),
        {
            "crawler_of": staticmethod(crawler),
            "words": words,
            "owners": owners,
            "numbers": sorted({int(o.row.pk) for o in world.rows if str(o.row.pk).isdigit()}),
            "readable": [route for route in known if route.method == "GET"],
            "writing": [route for route in known if route.method != "GET"],
        },
    )


def run(
    machine: type[RuleBasedStateMachine], *, examples: int, steps: int, seed: int | None = None
) -> None:
    """Run the machine; the same requests every time unless a seed says otherwise."""
    made = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=seed is None,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(cast(Any, machine), settings=made)
