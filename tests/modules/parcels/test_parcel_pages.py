"""The pages of standard land over the demo county: states, who sees what, buttons that do what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jiqun.core.access import Role
from jiqun.masters.models import Membership, Organisation
from jiqun.modules.land.models import Parcel, ParcelEvent
from jiqun.modules.land.parcels.demo import demo_parcels
from jiqun.modules.land.parcels.selectors import all_standings
from django.utils import timezone
from tests.console import Demo, text_of

SignIn = Callable[..., Client]


@pytest.fixture
def told(demo: Demo, sign_in: SignIn) -> Demo:
    """The demo county with its parcels entered by two officials of one bureau."""
    sign_in("analyst")
    office = Organisation.objects.get(membership__user__username="analyst")
    reviewer = User.objects.create_user("reviewer")
    Membership.objects.create(user=reviewer, organisation=office, role=Role.ANALYST.value)
    demo_parcels(demo.store)
    return demo


def test_the_demo_shows_every_stage(told: Demo) -> None:
    states = Counter(str(one.phase) for one in all_standings(timezone.localdate()))
    print(states)
    assert Parcel.objects.count() == 24
    assert 0
