"""One committed world for the security tests: two merchants, everybody, and a mark in every text.

Each text of each row holds a mark (`qx00042qx`) that says who may read it. Whatever the product
answers is searched for marks, so a leak shows wherever it happens: body, header or redirect.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.actor import Actor
from accounts.models import (
    Customer,
    Membership,
    Merchant,
    SubmittedForm,
    User,
    Vendor,
)
from accounts.permissions import PERMISSIONS, STAFF_ROLES, Role
from accounts.routes import ROLES_OF_AUDIENCE, ROUTES, Route
from actions.bulk import ask_bulk
from actions.credits import sync_credit
from actions.exports import Recipe, Timing, finish_export, request_export, save_export
from actions.filters import choose_columns, save_filter
from actions.return_changes import upload_changes
from actions.returns import cancel_return, close_return
from actions.rma_changes import process_rma
from actions.rmas import deny_rma
from actions.shipments import ShipmentRequest, add_shipment
from audit.models import Delivery, Event
from core.tenancy import tenant
from orders.models import FulfillmentRequest, OrderImport
from returns.columns import DEFAULT
from returns.models import Return, ReturnDraft, ReturnReason
from tests.factories import (
    CustomerFactory,
    Item,
    MembershipFactory,
    MerchantFactory,
    OrderLineFactory,
    UserFactory,
    VendorFactory,
    made_return,
    shipped_order,
)
from tests.security import papers
from tests.security.marks import MARK, UUID, mark_text, put_marks
from tests.security.settings import settings_rows
from tests.security.staff import pass_second_step, platform_rows
from tests.security.subscriptions import subscription_rows

ANONYMOUS = "anonymous"
OK, SIGN_IN, FORBIDDEN, MISSING, NO_METHOD = "ok", 302, 403, 404, 405
SECOND_STEP, CHOOSE = "led to the second step", "led to the choice of a merchant"
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


# --- who there is -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hat:
    """One active membership as the oracle sees it."""

    merchant: str
    role: Role
    person: str
    vendor: int | None = None
    customer: int | None = None

    @property
    def side(self) -> str:
        """Which kind of page the hat opens."""
        return "staff" if self.role in STAFF_ROLES else self.role.value


@dataclass(slots=True)
class Person:
    """Somebody with a browser. The anonymous one has no user; a locked one counts as anonymous."""

    name: str
    user: User | None = None
    session: str = ""
    hats: list[Hat] = field(default_factory=list)
    has_second_step: bool = False
    passed_second_step: bool = False
    chosen: str = ""

    @property
    def is_inside(self) -> bool:
        """Whether some page of a merchant or of the platform lets the person in."""
        return self.signed_in and bool(self.hats or self.is_platform)

    @property
    def is_platform(self) -> bool:
        """Whether the platform pages open."""
        return self.user is not None and self.user.is_staff and self.passed_second_step

    @property
    def signed_in(self) -> bool:
        """Whether the product takes the session for a person."""
        return self.user is not None and self.user.is_active


@dataclass(frozen=True, slots=True)
class Thing:
    """An object with an address: whose it is, and the random id that names it there."""

    noun: str
    ref: uuid.UUID | int
    merchant: str = ""
    vendor: int | None = None
    customer: int | None = None
    writer: str = ""
    version: int = 1
    form: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

    def is_seen_by(self, hat: Hat) -> bool:
        """The object rule: everything of the merchant for staff, one's own for the others."""
        if self.merchant != hat.merchant:
            return False
        if hat.side == "vendor":
            return self.vendor is not None and self.vendor == hat.vendor
        if hat.side == "customer":
            return self.customer is not None and self.customer == hat.customer
        return self.writer in ("", hat.person)


@dataclass(slots=True)
class World:
    """Everybody and everything, and who may read which mark."""

    people: dict[str, Person] = field(default_factory=dict)
    things: list[Thing] = field(default_factory=list)
    readers: dict[str, frozenset[str]] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    browser: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def of(self, noun: str) -> list[Thing]:
        """All things of that noun."""
        return [thing for thing in self.things if thing.noun == noun]

    def client(self, person: Person, *, strict: bool = False) -> Client:
        """A browser in which `person` is signed in (the session was made with the world).

        A new one would load all middleware for each request; so the last one is taken over, with
        empty cookies. With `strict` it obeys the check against forged requests.
        """
        self.browser.cookies.clear()
        self.browser.handler.enforce_csrf_checks = strict
        if person.session:
            self.browser.cookies[settings.SESSION_COOKIE_NAME] = person.session
        return self.browser

    def leaks(self, response: Any, person: Person, asked: str = "") -> list[str]:
        """Marks and ids in `response` that `person` may not read; ids in `asked` are their own."""
        return self.leaks_in(whole_text(response), person, asked)

    def leaks_in(self, text: str, person: Person, asked: str) -> list[str]:
        """The same for a text (in lower case)."""
        found = {*MARK.findall(text), *(x for x in UUID.findall(text) if x not in asked)}
        return sorted(
            f"{self.where[mark]} ({mark})"
            for mark in found
            if mark in self.readers and person.name not in self.readers[mark]
        )


def whole_text(response: Any) -> str:
    """Everything a response tells: status line, headers, cookies and the whole body."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return f"{headers}\n{response.cookies}\n{body.decode('utf-8', 'replace')}".lower()


# --- building it --------------------------------------------------------------------------------

STAFF = {
    "alice": Role.OWNER,
    "mona": Role.MANAGER,
    "bob": Role.AGENT,
    "wendy": Role.WAREHOUSE,
    "ines": Role.INSPECTOR,
    "fay": Role.FINANCE,
    "rita": Role.READ_ONLY,
}
WRITERS = ("alice", "mona", "bob", "charlie")


def build() -> World:
    """Write the world into the database of the test run, committed."""
    world = World(people={ANONYMOUS: Person(ANONYMOUS)})
    acme = MerchantFactory(name="Acme", slug="acme")
    globex = MerchantFactory(name="Globex", slug="globex", timezone="America/New_York")
    northlight = VendorFactory(merchant=acme, name="Northlight", email="n@example.com")
    paper = VendorFactory(merchant=acme, name="Paper", email="p@example.com")
    gadgets = VendorFactory(merchant=globex, name="Gadgets", email="g@example.com")
    cora, dora = (CustomerFactory(merchant=acme) for _ in range(2))
    gus = CustomerFactory(merchant=globex)
    for name, role in STAFF.items():
        add_person(world, name, acme, role)
    add_person(world, "charlie", globex, Role.OWNER)
    add_person(world, "vera", acme, Role.VENDOR, vendor=northlight)
    add_person(world, "vic", acme, Role.VENDOR, vendor=paper)
    add_person(world, "greta", globex, Role.VENDOR, vendor=gadgets)
    add_person(world, "cora", acme, Role.CUSTOMER, customer=cora)
    add_person(world, "dora", acme, Role.CUSTOMER, customer=dora)
    # Two hats: owner over there, a mere customer here. Rights must not travel.
    add_person(world, "hugo", globex, Role.OWNER)
    wear(world, "hugo", acme, Role.CUSTOMER, customer=CustomerFactory(merchant=acme))
    add_person(world, "nora")
    add_person(world, "olga", acme, Role.OWNER, is_active=False)
    protect(world.people["alice"])
    # Platform staff: without a second step, with one not passed, at no merchant, at Acme.
    add_person(world, "sam", is_staff=True, is_superuser=True)
    add_person(world, "rex", is_staff=True)
    protect(world.people["rex"])
    add_person(world, "quinn", is_staff=True, is_superuser=True)
    protect(world.people["quinn"])
    pass_second_step(world.people["quinn"])
    add_person(world, "pat", is_staff=True)
    protect(world.people["pat"])
    pass_second_step(world.people["pat"], at=acme)
    add_person(world, "ivan", acme, Role.OWNER)
    User.objects.filter(pk=world.people["ivan"].user.pk).update(is_active=False)
    actors = {name: actor_of(world, name) for name in WRITERS}
    for merchant, customer, vendor, writer, price in (
        (acme, cora, northlight, "bob", "141.43"),
        (acme, dora, paper, "bob", "271.83"),
        (globex, gus, gadgets, "charlie", "313.37"),
    ):
        write_papers(world, actors[writer], merchant, customer, vendor, price)
    for merchant in (acme, globex):
        # Nothing of this one has been asked for, shipped or billed yet.
        OrderLineFactory(merchant=merchant, product__unit_cost="9.99")
    for writer in WRITERS:
        write_drafts(world, writer, actors[writer])
        write_filter(world, writer, actors[writer])
    for merchant, writer in ((acme, "alice"), (globex, "charlie")):
        write_import(world, merchant, world.people[writer])
        write_bulk(world, actors[writer], merchant)
        for noun, ref in papers.write_messages(merchant, world.people[writer].user):
            world.things.append(Thing(noun, ref, merchant.slug))
        placed = next(one for one in world.of("order") if one.merchant == merchant.slug)
        rows = [*settings_rows(merchant, placed.form["pk"]), *papers.write_people(merchant)]
        world.things += [Thing(noun, ref, merchant.slug) for noun, ref in rows]
        rows = subscription_rows(merchant, placed.form["pk"])
        world.things += [Thing(noun, ref, merchant.slug, form=form) for noun, ref, form in rows]
        write_exports(world, actors[writer], merchant, writer)
        rows = platform_rows(merchant, world.people[writer].user)
        world.things += [Thing(noun, pk, merchant.slug) for noun, pk in rows]
    put_marks(world)
    for person in world.people.values():
        if person.user is not None:
            person.user.refresh_from_db()
    return world


def add_person(
    world: World,
    name: str,
    merchant: Merchant | None = None,
    role: Role | None = None,
    *,
    is_active: bool = True,
    vendor: Vendor | None = None,
    customer: Customer | None = None,
    **fields: Any,
) -> None:
    """A user with a session, and a membership if merchant and role are given."""
    person = Person(name, UserFactory(name=name, **fields))
    client = Client()
    client.force_login(person.user)
    request = RequestFactory().get("/")
    request.session = client.session
    # Proved again who they are, and tomorrow at that: the tests may take longer than that holds.
    proof = {"method": "password", "at": time.time() + 86_400, "reauthenticated": True}
    record_authentication(request, person.user, **proof)
    request.session.save()
    person.session = request.session.session_key
    world.people[name] = person
    if merchant and role:
        wear(world, name, merchant, role, is_active=is_active, vendor=vendor, customer=customer)


def protect(person: Person) -> None:
    """Switch the second step of signing in on, with recovery codes."""
    TOTP.activate(person.user, generate_totp_secret())
    RecoveryCodes.activate(person.user)
    person.has_second_step = True


def wear(
    world: World,
    name: str,
    merchant: Merchant,
    role: Role,
    *,
    is_active: bool = True,
    vendor: Vendor | None = None,
    customer: Customer | None = None,
) -> None:
    """Give a person a membership; an inactive one is no hat."""
    person = world.people[name]
    MembershipFactory(
        merchant=merchant, user=person.user, role=role, vendor=vendor, customer=customer,
        is_active=is_active,
    )  # fmt: skip
    if is_active:
        ids = (vendor.pk if vendor else None, customer.pk if customer else None)
        person.hats.append(Hat(merchant.slug, role, name, *ids))


def actor_of(world: World, name: str) -> Actor:
    """The actor the person's first membership makes."""
    with tenant(user=world.people[name].user.pk):
        return Membership.objects.get(user=world.people[name].user).actor()


def write_papers(
    world: World, actor: Actor, merchant: Merchant, customer: Customer, vendor: Vendor, price: str
) -> None:
    """An order with purchase order, parcel and invoice, and three returns in different states."""
    placed = shipped_order(
        merchant, Item(12, price), vendor=vendor, customer=customer, currency="GBP"
    )
    whose = {"merchant": merchant.slug, "vendor": vendor.pk, "customer": customer.pk}
    with tenant(merchant.pk, user=actor.user.pk):
        line = placed.lines.get()
        reason = ReturnReason.objects.filter(merchant=merchant).first()
        request = FulfillmentRequest.objects.get(order=placed)
    items = {
        f"line-{line.pk}-selected": "on",
        f"line-{line.pk}-quantity": "1",
        f"line-{line.pk}-destination": str(vendor.pk),
        f"line-{line.pk}-reason": str(reason.pk),
        f"line-{line.pk}-condition": "new",
    }
    boxes = {f"rma-{vendor.pk}-return_address": "1 Dock Road"}
    world.things += [
        Thing("order", placed.public_id, **whose, form={**items, "pk": placed.pk, "boxes": boxes}),
        Thing("purchase_order", request.public_id, **whose),
    ]
    for noun in (
        "return",
        "closed return",
        "shipped return",
        "waiting return",
        "canceled return",
        "denied return",
        "processed return",
    ):
        made = made_return(
            actor,
            placed,
            approve=noun in ("return", "closed return", "shipped return"),
            apply_to_invoice=noun == "closed return",
            note="Fragile",
        )
        with tenant(merchant.pk, user=actor.user.pk):
            rma = made.rmas.get()
            parcel = {f"quantity-{rma.lines.get().pk}": 1, **papers.PARCEL}
            if noun == "closed return":
                sync_credit(actor, rma, reference="CN-7", note="By post")
                close_return(actor, made)
            if noun == "canceled return":
                cancel_return(actor, made)
            if noun == "denied return":
                deny_rma(actor, rma, reason="no_fault", note="Dusty")
            if noun == "processed return":
                process_rma(actor, rma)
            if noun == "shipped return":
                paper = papers.write_credits(actor, rma)
                world.things.append(Thing("credit entry", paper, merchant.slug))
                add_shipment(
                    actor, rma, ShipmentRequest(**papers.PARCEL, quantities={rma.lines.get().pk: 1})
                )
            made.refresh_from_db()
            rma.refresh_from_db()
            line, asked = made.lines.get(), rma.lines.get()
            if noun == "return":
                world.things.append(Thing("file", papers.write_notes(actor, made), merchant.slug))
        forms = papers.inputs_of_return(line), papers.inputs_of_rma(asked)
        seen = {"version": made.version, "form": forms[0]}
        world.things.append(Thing(noun, made.public_id, **whose, **seen))
        if kind := {"waiting return": "rma", "processed return": "processed rma"}.get(noun):
            seen = {"version": rma.version, "form": forms[1]}
            world.things.append(Thing(kind, rma.public_id, **whose, **seen))
            left = papers.leave_with_rma(actor, rma)
            world.things += [Thing(one, ref, merchant.slug, vendor.pk) for one, ref in left]
        if noun == "return":
            seen = {"version": rma.version, "form": parcel}
            world.things.append(Thing("approved rma", rma.public_id, **whose, **seen))


def write_drafts(world: World, writer: str, actor: Actor) -> None:
    """What `writer` typed in the wizard: one draft still open and one that became a return."""
    slug = actor.merchant.slug
    placed = next(thing for thing in world.of("order") if thing.merchant == slug)
    with tenant(actor.merchant_id, user=actor.user.pk):
        made = Return.objects.filter(order_id=placed.form["pk"]).first()
        for noun, completed in (("draft", None), ("finished draft", made)):
            draft = ReturnDraft.objects.create(
                merchant=actor.merchant,
                user=actor.user,
                order_id=placed.form["pk"],
                choices={"items": {k: v for k, v in placed.form.items() if k.startswith("line-")}},
                completed_as=completed,
            )
            world.things.append(
                Thing(noun, draft.key, slug, writer=writer, form=placed.form["boxes"])
            )


def write_filter(world: World, writer: str, actor: Actor) -> None:
    """A filter of the overview that `writer` keeps to themselves, and the columns they see."""
    with tenant(actor.merchant_id, user=actor.user.pk):
        saved = save_filter(actor, name="Mine", query="status=open")
        choose_columns(actor, DEFAULT)
    world.things.append(Thing("filter", saved.public_id, actor.merchant.slug, writer=writer))


ORDERS_FILE = b"""InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,White lantern,6,01/12/2010 08:26,2.55,17850,United Kingdom
"""


def staff_of(world: World, merchant: Merchant) -> frozenset[str]:
    """The names of the merchant's staff."""
    hats = [hat for person in world.people.values() for hat in person.hats]
    return frozenset(h.person for h in hats if h.side == "staff" and h.merchant == merchant.slug)


def write_import(world: World, merchant: Merchant, person: Person) -> None:
    """An uploaded order file that waits to be started, with rejects; and rows no page shows."""
    with tenant(merchant.pk, user=person.user.pk):
        uploaded = OrderImport(
            merchant=merchant,
            file_name="orders.csv",
            format="online-retail",
            uploaded_by=person.user,
        )
        uploaded.file.save("orders.csv", ContentFile(ORDERS_FILE), save=False)
        mark = mark_text(world, "the rejects of an import", staff_of(world, merchant))
        uploaded.rejects.save("rejects.csv", ContentFile(f"Line\n{mark}\n".encode()), save=False)
        uploaded.save()
        SubmittedForm.objects.create(
            merchant=merchant, user_id=person.user.pk, key=uuid.uuid4(), result="/"
        )
        Delivery.objects.create(
            merchant=merchant, event=Event.objects.first(), task="nobody.listens", done_at=Now()
        )
    world.things.append(Thing("import", uploaded.public_id, merchant.slug))


def write_bulk(world: World, actor: Actor, merchant: Merchant) -> None:
    """A bulk action that was looked ahead and waits to be started."""
    with tenant(merchant.pk, user=actor.user.pk):
        job = ask_bulk(actor, "close", Return.objects.visible_to(actor))
    world.things.append(Thing("bulk", job.public_id, merchant.slug))


def write_exports(world: World, actor: Actor, merchant: Merchant, writer: str) -> None:
    """A shared export that is repeated, a file that is ready, and a file with a change."""
    recipe = Recipe("Weekly", "return", ["number", "note"])
    with tenant(merchant.pk, user=actor.user.pk):
        saved = save_export(actor, recipe, Timing("weekly"), is_shared=True)
        job = request_export(actor, recipe, saved=saved)
        mark = mark_text(world, "the file of an export", staff_of(world, merchant))
        job.file.save("returns.csv", ContentFile(f"Note\n{mark}\n".encode()), save=False)
        finish_export(actor, job, rows=1)
        number = Return.objects.filter(merchant=merchant, status="open").first().number
        file = SimpleUploadedFile("edited.csv", f"Return,Note\n{number},Sturdy\n".encode())
        changes = upload_changes(actor, file)
    slug = merchant.slug
    world.things += [
        Thing("export", job.public_id, slug),
        Thing("saved export", saved.public_id, slug),
        Thing("own export", saved.public_id, slug, writer=writer),
        Thing("changes", changes.public_id, slug),
    ]


# Pages about a second step that the person must have switched on.
OF_THE_SECOND_STEP = {
    "mfa_deactivate_totp",
    "mfa_download_recovery_codes",
    "mfa_view_recovery_codes",
}


# --- routes and what they should answer ---------------------------------------------------------


def all_routes() -> dict[str, URLPattern]:
    """Every address of the resolver by its full name, third-party ones included."""
    return dict(walk(get_resolver()))


def walk(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """The patterns below `resolver`; a nameless one goes by its pattern."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from walk(entry, inner)
        else:
            yield namespace + (entry.name or str(entry.pattern)), entry


def at_a_merchant(name: str) -> bool:
    """Whether the address of the route names a merchant."""
    return ROUTES[name].audience in ROLES_OF_AUDIENCE


def of_the_platform(name: str) -> bool:
    """Whether the route is one of the platform pages."""
    return ROUTES[name].audience in ("platform", "platform_merchant")


def expected_of_platform(person: Person, row: Route, thing: Thing | None, method: str) -> int | str:
    """What the platform pages must answer to a signed-in person."""
    if not person.user.is_staff:
        return MISSING
    if not person.passed_second_step:
        return SECOND_STEP
    of_merchant = row.audience == "platform_merchant"
    if of_merchant and not person.chosen:
        return CHOOSE
    if method not in row.methods:
        return NO_METHOD
    if row.noun and (thing is None or (of_merchant and thing.merchant != person.chosen)):
        return MISSING
    return OK


def expected(person: Person, name: str, slug: str, thing: Thing | None, method: str) -> int | str:
    """What the route table says `person` must get; `thing` is None where there is no such row."""
    row = ROUTES[name]
    if row.audience == "public":
        return OK if method in row.methods else NO_METHOD
    if not person.signed_in:
        return SIGN_IN
    if row.audience == "signed_in":
        if method not in row.methods:
            return NO_METHOD
        return OK if person.has_second_step or name not in OF_THE_SECOND_STEP else MISSING
    if of_the_platform(name):
        return expected_of_platform(person, row, thing, method)
    hat = next(
        (hat for hat in person.hats if hat.merchant == slug and hat.side == row.audience), None
    )
    if hat is None:
        return MISSING
    if row.permission not in PERMISSIONS[hat.role]:
        return FORBIDDEN
    if method not in row.methods:
        return NO_METHOD
    if row.noun and (thing is None or not thing.is_seen_by(hat)):
        return MISSING
    return OK
