"""Reminders of open credits: by hand once a day, by itself once a month (X6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail as outgoing
from django.utils import timezone

from accounts.models import Merchant, Vendor
from actions import credit_reminders
from actions.credit_reminders import (
    remind_all_merchants,
    remind_for_the_month,
    remind_vendor,
    switch_credit_reminders,
)
from audit.models import Event, Message
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from tests.cast import Cast, SignIn
from tests.console.test_credits import approved
from tests.outbox import deliver_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def owing(cast: Cast) -> Cast:
    """Northlight owes £12.00 and has an address."""
    with tenant(cast.acme.pk):
        Vendor.objects.filter(pk=cast.northlight.pk).update(email="owed@northlight.example")
        approved(cast)
    return cast


def reminded(cast: Cast) -> int:
    with tenant(cast.acme.pk):
        return Event.objects.filter(verb="credit.reminded").count()


def days_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    real = timezone.now

    def later(days: int) -> None:
        monkeypatch.setattr(credit_reminders.timezone, "now", lambda: real() + timedelta(days=days))

    return later


def test_the_vendor_is_mailed_the_open_sum_with_its_age(owing: Cast, sign_in: SignIn) -> None:
    page = f"/m/acme/credits/{owing.northlight.public_id}/"
    fay = sign_in(owing.fay)
    assert "Remind" in fay.get(page).text
    done = fay.post(f"{page}remind/", {"key": uuid4()}, follow=True)
    assert "is reminded at owed@northlight.example" in done.text
    assert "Last reminded" in done.text
    deliver_all()
    (sent,) = outgoing.outbox
    assert sent.to == ["owed@northlight.example"]
    for words in ("£12.00", "0–30 days: £12.00", "Acme Gifts", "for 1 RMA"):
        assert words in sent.body
    with tenant(owing.acme.pk):
        logged = Message.objects.get(kind="credit.reminder")
    assert (logged.user_id, logged.state) == (None, "sent")
    log = sign_in(owing.alice).get(f"/m/acme/messages/{logged.public_id}/")
    assert "owed@northlight.example" in log.text
    assert "owed@northlight.example" in sign_in(owing.alice).get("/m/acme/messages/").text

    again = fay.post(f"{page}remind/", {"key": uuid4()})
    assert (again.status_code, "was reminded today already" in again.text) == (409, True)
    assert reminded(owing) == 1


def test_once_a_day_and_only_with_something_open_and_an_address(
    owing: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = days_pass(monkeypatch)
    with tenant(owing.acme.pk):
        remind_vendor(owing.fay, owing.northlight)
        with pytest.raises(Refused, match="Try again tomorrow"):
            remind_vendor(owing.fay, owing.northlight)
        later(1)
        remind_vendor(owing.fay, owing.northlight)
        with pytest.raises(Refused, match="owes nothing"):
            remind_vendor(owing.fay, owing.paper)
        later(2)
        Vendor.objects.filter(pk=owing.northlight.pk).update(email="")
        with pytest.raises(Refused, match="no e-mail address"):
            remind_vendor(owing.fay, owing.northlight)
        with pytest.raises(NotAllowed):
            remind_vendor(owing.wendy, owing.northlight)
    assert reminded(owing) == 2


def test_by_itself_once_a_month_however_often_the_schedule_runs(
    owing: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    later: Any = days_pass(monkeypatch)
    assert remind_all_merchants() == 0
    with tenant(owing.acme.pk):
        switch_credit_reminders(owing.alice, is_on=True)
    assert remind_all_merchants() == 0, "the first reminders go out with the next month"
    later(32)
    assert [remind_all_merchants() for _time in range(3)] == [1, 0, 0]
    later(64)
    assert [remind_all_merchants() for _time in range(2)] == [1, 0]
    assert reminded(owing) == 2
    with tenant(owing.acme.pk):
        switch_credit_reminders(owing.alice, is_on=False)
        later(96)
        with pytest.raises(Refused):
            remind_for_the_month(owing.alice)
    assert remind_all_merchants() == 0


def test_who_was_reminded_by_hand_that_day_is_left_alone(
    owing: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = days_pass(monkeypatch)
    with tenant(owing.acme.pk):
        switch_credit_reminders(owing.alice, is_on=True)
        later(32)
        remind_vendor(owing.fay, owing.northlight)
    assert remind_all_merchants() == 0
    assert reminded(owing) == 1


def test_the_switch_is_on_its_page(owing: Cast, sign_in: SignIn) -> None:
    alice = sign_in(owing.alice)
    page = "/m/acme/settings/credits/"
    assert "Paper &amp; Twine" in alice.get(page).text
    done = alice.post(page, {"key": uuid4(), "is_on": "on"}, follow=True)
    assert "from the next month on" in done.text
    with tenant(owing.acme.pk):
        assert Merchant.objects.get(pk=owing.acme.pk).credit_reminders
    assert alice.post(page, {"key": uuid4(), "is_on": "on"}).status_code == 409
