"""Loading subscriptions from a file: good rows load, others say why, twice changes nothing (P1)."""

from __future__ import annotations

import io
import json
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.actor import Actor
from actions.subscription_loading import SubscriptionReport, load_subscriptions
from audit.models import Event
from core.errors import NotAllowed
from core.tenancy import tenant
from orders.models import Charge, Offer, OfferCycle, Subscription
from tests.cast import Cast
from tests.factories import CustomerFactory, OfferFactory, shipped_order

pytestmark = pytest.mark.django_db

HEADING = (
    "subscription,customer,offer,cycle,charged_at,reference,items,tax,order,tracking,currency,"
    "status,canceled_at"
)
TRIAL = "S-1,17850,TEA,trial,2026-01-05,ch_1,1.00,0.20,,,,,"
INITIAL = "S-1,17850,TEA,initial,2026-02-05,ch_2,20.00,4.00,536365,,,,"
REBILL = "S-1,17850,TEA,rebill 1,2026-03-05,ch_3,20.00,4.00,,,,,"
LATER = "S-1,17850,TEA,rebill 7,2026-09-05,ch_4,20.00,4.00,,,,,"


def load(actor: Actor, *rows: str, dry_run: bool = False) -> SubscriptionReport:
    text = "\n".join([HEADING, *rows]) + "\n"
    with tenant(actor.merchant_id):
        return load_subscriptions(
            actor, io.BytesIO(text.encode()), file_name="s.csv", dry_run=dry_run
        )


@pytest.fixture
def system(cast: Cast) -> Actor:
    shipped_order(cast.acme, customer=cast.cora_row, number="536365")
    return Actor.system(cast.acme)


def stored(cast: Cast) -> tuple[int, ...]:
    with tenant(cast.acme.pk):
        return tuple(one.objects.count() for one in (Offer, OfferCycle, Subscription, Charge))


def test_a_file_makes_offers_cycles_subscriptions_and_charges(cast: Cast, system: Actor) -> None:
    report = load(system, TRIAL, INITIAL, REBILL, LATER)
    assert report.rejects == []
    assert report.created == {"offers": 1, "cycles": 3, "subscriptions": 1, "charges": 4}
    with tenant(cast.acme.pk):
        charge = Charge.objects.get(reference="ch_2")
        assert (charge.order.number, charge.total, charge.paid) == ("536365", D(24), D(24))
        later = Charge.objects.get(reference="ch_4")
        assert (later.cycle.label, later.cycle_label) == ("Rebill 1", "Rebill 7")
        subscription = Subscription.objects.get()
        assert (subscription.customer, subscription.is_trial) == (cast.cora_row, True)
        assert list(Charge.objects.after_trial_of(subscription)) == [charge]
        assert Event.objects.filter(verb="subscriptions.imported").count() == 1


def test_the_same_file_twice_changes_nothing(cast: Cast, system: Actor) -> None:
    load(system, TRIAL, INITIAL)
    before = stored(cast)
    report = load(system, TRIAL, INITIAL)
    assert (report.existing, report.rejects) == (2, [])
    assert set(report.created.values()) == {0}
    assert stored(cast) == before


def test_a_dry_run_says_the_same_and_keeps_nothing(cast: Cast, system: Actor) -> None:
    dry = load(system, TRIAL, INITIAL, dry_run=True)
    assert stored(cast) == (0, 0, 0, 0)
    assert dry.created == load(system, TRIAL, INITIAL).created


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (TRIAL.replace("17850", "1"), "customer", "There is no customer 1."),
        (INITIAL.replace("536365", "9"), "order", "The customer has no order 9."),
        (
            INITIAL.replace("536365,", "536365,JX-none"),
            "tracking",
            "The order has no parcel JX-none.",
        ),
        (INITIAL.replace("536365,", ",JX1"), "tracking", "Name the order of the parcel as well."),
        (
            "S-1,17850,TEA,initial,2026-02-05,ch_2,20.00,4.00,536365,,EUR,,",
            "currency",
            "Order 536365 is in GBP.",
        ),
        (TRIAL.replace("2026-01-05", "2199-01-05"), "charged_at", "The day is in the future."),
    ],
)
def test_what_does_not_fit_what_is_stored_is_rejected(
    cast: Cast, system: Actor, row: str, column: str, reason: str
) -> None:
    report = load(system, row, REBILL)
    assert [(one.line, one.column, one.reason) for one in report.rejects] == [(2, column, reason)]
    assert report.created["charges"] == 1


def test_a_subscription_is_of_one_customer_and_one_offer(cast: Cast, system: Actor) -> None:
    CustomerFactory(merchant=cast.acme, number="2")
    OfferFactory(merchant=cast.acme, code="MILK")
    other = TRIAL.replace("17850", "2").replace("ch_1", "ch_8")
    milk = TRIAL.replace("TEA", "MILK").replace("ch_1", "ch_9")
    report = load(system, TRIAL, other, milk)
    assert [(one.line, one.column) for one in report.rejects] == [(3, "customer"), (4, "offer")]


def test_a_different_charge_by_a_known_reference_is_rejected(cast: Cast, system: Actor) -> None:
    load(system, TRIAL)
    report = load(system, TRIAL.replace("1.00", "2.00"))
    assert [(one.line, one.column) for one in report.rejects] == [(2, "reference")]
    twice = load(system, REBILL, REBILL.replace("20.00", "21.00"))
    assert [(one.line, one.column) for one in twice.rejects] == [(3, "reference")]
    assert twice.created["charges"] == 1


def test_a_canceled_subscription_comes_in_canceled(cast: Cast, system: Actor) -> None:
    report = load(system, REBILL[:-1] + "canceled,2026-04-01")
    assert report.rejects == []
    with tenant(cast.acme.pk):
        made = Subscription.objects.get()
        assert (made.status, str(made.canceled_at.date())) == ("canceled", "2026-03-31")


def test_who_may_not_import_loads_nothing(cast: Cast, system: Actor) -> None:
    with pytest.raises(NotAllowed):
        load(cast.bob, TRIAL)
    assert stored(cast) == (0, 0, 0, 0)


def test_merchants_never_mix(cast: Cast, system: Actor) -> None:
    load(system, TRIAL)
    CustomerFactory(merchant=cast.globex, number="17850")
    report = load(Actor.system(cast.globex), TRIAL)
    assert report.created["charges"] == 1
    assert stored(cast)[3] == 1


# --- the command --------------------------------------------------------------------------------


def run(tmp_path: Path, *options: str, text: str = "") -> str:
    file = tmp_path / "subscriptions.csv"
    file.write_text(text or f"{HEADING}\n{TRIAL}\nbroken\n")
    out = io.StringIO()
    call_command("import_subscriptions", "--merchant", "acme", str(file), *options, stdout=out)
    return out.getvalue()


def test_the_command_reports_line_column_and_reason(
    cast: Cast, system: Actor, tmp_path: Path
) -> None:
    said = run(tmp_path)
    assert "charges created 1" in said
    assert "line 3: The row has 1 columns, the heading 13." in said
    assert "charges would be created 0" in run(tmp_path, "--dry-run")
    found: dict[str, Any] = json.loads(run(tmp_path, "--json"))
    assert (found["rows"], found["existing"]) == (2, 1)
    assert found["rejects"][0]["line"] == 3


@pytest.mark.parametrize("options", [("--merchant", "nowhere", "x.csv"), ("--merchant", "acme")])
def test_a_command_that_cannot_run_says_why(cast: Cast, options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("import_subscriptions", *options)


def test_a_missing_file_is_one_sentence(cast: Cast) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_subscriptions", "--merchant", "acme", "/nowhere.csv")
