"""The people of the stories: Acme and its staff, its vendors and a customer, and rival Globex."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.actor import Actor
from accounts.models import Customer, Merchant, Vendor
from accounts.permissions import Role
from core.tenancy import tenant
from tests.factories import (
    CustomerFactory,
    MembershipFactory,
    MerchantFactory,
    UserFactory,
    VendorFactory,
)

SignIn = Callable[[Actor], Client]


@dataclass(frozen=True, slots=True)
class Cast:
    """Merchants and vendors are rows; people are actors (their user is `.user`).

    Northlight is Vera's company, Paper & Twine is Vic's; both deliver to Acme. Charlie owns Globex
    and must never see anything of Acme.
    """

    acme: Merchant
    globex: Merchant
    warehouse: Vendor
    northlight: Vendor
    paper: Vendor
    cora_row: Customer
    alice: Actor
    bob: Actor
    wendy: Actor
    ines: Actor
    fay: Actor
    charlie: Actor
    vera: Actor
    vic: Actor
    cora: Actor


@pytest.fixture
def cast(db: Any) -> Cast:
    """Everybody, fresh."""
    acme = MerchantFactory(name="Acme Gifts", slug="acme", timezone="Europe/London")
    globex = MerchantFactory(name="Globex", slug="globex", timezone="America/New_York")
    warehouse = VendorFactory(merchant=acme, name="Own warehouse", own_warehouse=True)
    northlight = VendorFactory(merchant=acme, name="Northlight Lamps")
    paper = VendorFactory(merchant=acme, name="Paper & Twine")
    cora_row = CustomerFactory(merchant=acme, name="Cora Lindqvist", number="17850")
    return Cast(
        acme=acme,
        globex=globex,
        warehouse=warehouse,
        northlight=northlight,
        paper=paper,
        cora_row=cora_row,
        alice=member(acme, "Alice Owner", Role.OWNER),
        bob=member(acme, "Bob Ono", Role.AGENT),
        wendy=member(acme, "Wendy Wu", Role.WAREHOUSE),
        ines=member(acme, "Ines Iglesias", Role.INSPECTOR),
        fay=member(acme, "Fay Finch", Role.FINANCE),
        charlie=member(globex, "Charlie Crane", Role.OWNER),
        vera=member(acme, "Vera Vance", Role.VENDOR, vendor=northlight),
        vic=member(acme, "Vic Vale", Role.VENDOR, vendor=paper),
        cora=member(acme, "Cora Lindqvist", Role.CUSTOMER, customer=cora_row),
    )


def member(merchant: Merchant, name: str, role: Role, **of: Any) -> Actor:
    """A new person with `role` at `merchant`; vendor= or customer= for those roles."""
    user = UserFactory(name=name)
    actor: Actor = MembershipFactory(merchant=merchant, user=user, role=role, **of).actor()
    return actor


@pytest.fixture
def at_acme(cast: Cast) -> Iterator[Cast]:
    """The whole test runs inside Acme's tenant; the cast is its value."""
    with tenant(cast.acme.pk):
        yield cast


@pytest.fixture
def sign_in() -> SignIn:
    """A browser without JavaScript in which this person is signed in: `sign_in(cast.alice)`."""

    def signed_in(actor: Actor) -> Client:
        client = Client()
        assert actor.user is not None
        client.force_login(actor.user)
        return client

    return signed_in
