"""Merchant and vendor decide at the same moment, on real connections: one wins, one is told."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.actor import Actor
from actions.rma_changes import reprocess_rma
from actions.rmas import approve_rma, deny_rma
from core.errors import Refused, Stale
from core.tenancy import tenant
from rmas.models import Rma, RmaHandover, RmaNumber
from tests.actions.test_races import all_at_once
from tests.cast import Cast
from tests.vendor_portal.portal import lanterns, strategy

pytestmark = pytest.mark.django_db(transaction=True)


def as_vendor(actor: Actor, work: Any) -> Any:
    """`work` as the gate would run it for a vendor user."""

    def run() -> Any:
        with tenant(actor.merchant_id, user=actor.user_id, vendor=actor.vendor_id):
            return work()

    return run


def test_vera_denies_while_bob_approves(cast: Cast) -> None:
    with tenant(cast.acme.pk):
        rma: Rma = lanterns(cast).rmas.get()
    version = rma.version
    results = all_at_once(
        cast.bob,
        [
            lambda: approve_rma(cast.bob, rma, version=version),
            as_vendor(
                cast.vera, lambda: deny_rma(cast.vera, rma, reason="misuse", version=version)
            ),
        ],
    )
    assert sum(isinstance(one, Rma) for one in results) == 1
    assert sum(isinstance(one, Stale) for one in results) == 1
    with tenant(cast.acme.pk):
        rma.refresh_from_db()
        made = rma.customer_return
        assert rma.status in ("approved", "denied")
        assert (made.approved_units, made.denied_units) == (rma.approved_units, rma.denied_units)


def test_one_number_is_given_to_one_rma(cast: Cast) -> None:
    with tenant(cast.acme.pk):
        strategy(cast, approve=False, process=True)
        rmas = [lanterns(cast).rmas.get() for _place in range(4)]
    results = all_at_once(
        cast.bob,
        [
            as_vendor(cast.vera, lambda rma=rma: reprocess_rma(cast.vera, rma, "NL-1"))
            for rma in rmas
        ],
    )
    assert sum(isinstance(one, Rma) for one in results) == 1
    assert sum(isinstance(one, Refused) for one in results) == 3
    with tenant(cast.acme.pk):
        assert RmaNumber.objects.filter(number="NL-1").count() == 1
        assert RmaHandover.objects.filter(number="NL-1").count() == 1
