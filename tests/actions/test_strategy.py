"""Setting the RMA strategy, and what it does to new RMAs (F10)."""

from __future__ import annotations

from itertools import product

import pytest

from accounts.models import Merchant, Override, Vendor
from actions.strategy import VendorRules, change_strategy, change_vendor
from audit.models import Event
from audit.timeline import entries
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from rmas.models import Rma
from tests.cast import Cast
from tests.factories import Item, made_return, shipped_order

pytestmark = pytest.mark.django_db

RULES = VendorRules(
    "global", "global", integrated=False, return_address="1 Dock Road\r\nLeeds LS1 1AA\r\n"
)
# auto-approve, auto-process: first status, processed at once, what the timeline says
FLOWS = {
    (True, True): (
        "approved",
        True,
        ["rma.created", "rma.handed_over", "rma.approved_by_rule"],
    ),
    (True, False): ("approved", False, ["rma.created", "rma.approved_by_rule"]),
    (False, True): ("processed", True, ["rma.created", "rma.handed_over"]),
    (False, False): ("waiting", False, ["rma.created"]),
}
OVERRIDES = {"global": None, "always": True, "never": False}


def decided(switch: bool, override: str) -> bool:
    own = OVERRIDES[override]
    return switch if own is None else own


def events_about(rma: Rma) -> list[str]:
    found = Event.objects.filter(noun="rma", object_id=rma.pk).order_by("id")
    return list(found.values_list("verb", flat=True))


def test_four_flows_times_every_override(at_acme: Cast) -> None:
    """Both switches, both overrides: 36 ways to set them, four things that happen."""
    order = shipped_order(at_acme.acme, Item(40, "1.00"), vendor=at_acme.northlight)
    merchant = at_acme.bob.merchant
    seen = []
    for approve, process, of_approve, of_process in product(
        (True, False), (True, False), OVERRIDES, OVERRIDES
    ):
        merchant.rma_auto_approve, merchant.rma_auto_process = approve, process
        Vendor.objects.filter(pk=at_acme.northlight.pk).update(
            auto_approve=of_approve, auto_process=of_process
        )
        rma = made_return(at_acme.bob, order).rmas.get()
        got = (rma.status, rma.processed_at is not None, events_about(rma))
        flow = (decided(approve, of_approve), decided(process, of_process))
        assert got == FLOWS[flow], (approve, process, of_approve, of_process)
        assert rma.decided_by_rule == flow[0]
        assert rma.decided_by is None
        seen.append(flow)
    assert set(seen) == set(FLOWS)
    assert len(seen) == 36


def test_an_integration_has_to_take_the_rma_first(at_acme: Cast) -> None:
    change_vendor(
        at_acme.alice,
        at_acme.northlight,
        VendorRules("always", "never", integrated=True, return_address="1 Dock Road"),
    )
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    rma = made_return(at_acme.bob, order).rmas.get()
    assert (rma.status, rma.processed_at) == ("processing", None)
    assert events_about(rma) == ["rma.created", "rma.handed_over"]
    assert rma.return_address == "1 Dock Road"


def test_approve_now_is_a_persons_word_and_not_the_rules(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight)
    rma = made_return(at_acme.bob, order, approve=True).rmas.get()
    assert (rma.status, rma.decided_by, rma.decided_by_rule) == (
        "approved", at_acme.bob.user, False,
    )  # fmt: skip
    assert events_about(rma) == ["rma.created", "rma.approved"]


def test_a_change_is_recorded_in_words_and_old_rmas_stay(at_acme: Cast) -> None:
    order = shipped_order(at_acme.acme, Item(3), vendor=at_acme.northlight)
    before = made_return(at_acme.bob, order).rmas.get()

    change_strategy(at_acme.alice, auto_process=True, auto_approve=True)

    merchant = Merchant.objects.get(pk=at_acme.acme.pk)
    assert (merchant.rma_auto_process, merchant.rma_auto_approve) == (True, True)
    before.refresh_from_db()
    assert before.status == "waiting"
    event = Event.objects.get(verb="strategy.changed")
    assert entries([event])[0].title == (
        "Alice Owner changed the RMA strategy: auto process on, auto approve on"
    )


def test_the_event_of_a_vendor_names_what_changed(at_acme: Cast) -> None:
    rules = VendorRules("never", "global", integrated=True, return_address="2 Dock Road")
    change_vendor(at_acme.alice, at_acme.northlight, rules)
    event = Event.objects.get(verb="vendor.rules_changed")
    assert entries([event])[0].title == (
        "Alice Owner changed how Northlight Lamps takes RMAs:"
        " Do NOT Auto Process, integration on, return-to address"
    )
    assert (event.noun, event.parent_noun) == ("vendor", "merchant")


def test_nothing_new_is_refused_and_leaves_no_event(at_acme: Cast) -> None:
    with pytest.raises(Refused, match="set that way already"):
        change_strategy(at_acme.alice, auto_process=False, auto_approve=False)
    with pytest.raises(Refused, match="set that way already"):
        change_vendor(at_acme.alice, at_acme.northlight, RULES)
    assert not Event.objects.exists()


@pytest.mark.parametrize("field", ["auto_process", "auto_approve"])
def test_an_override_that_is_none_is_refused(at_acme: Cast, field: str) -> None:
    values = {"auto_process": "global", "auto_approve": "global", field: "perhaps"}
    with pytest.raises(Refused) as refused:
        change_vendor(
            at_acme.alice,
            at_acme.northlight,
            VendorRules(**values, integrated=False, return_address=""),
        )
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["bob", "wendy", "ines", "fay", "vera", "cora"])
def test_only_owner_and_manager_may(at_acme: Cast, name: str) -> None:
    actor = getattr(at_acme, name)
    with pytest.raises(NotAllowed):
        change_strategy(actor, auto_process=True, auto_approve=True)
    with pytest.raises(NotAllowed):
        change_vendor(actor, at_acme.northlight, RULES)
    assert not Merchant.objects.get(pk=at_acme.acme.pk).rma_auto_process
    assert not Event.objects.exists()


def test_the_vendor_of_another_merchant_cannot_be_set(cast: Cast) -> None:
    rules = VendorRules(Override.ALWAYS, Override.ALWAYS, integrated=True, return_address="x")
    with tenant(cast.globex.pk), pytest.raises(Vendor.DoesNotExist):
        change_vendor(cast.charlie, cast.northlight, rules)
    with tenant(cast.acme.pk):
        assert Vendor.objects.get(pk=cast.northlight.pk).auto_process == "global"
