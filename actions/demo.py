"""The demo: three merchants, their people and vendors, and three weeks of real orders."""

from __future__ import annotations

import csv
import gzip
import io
import random
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.db import transaction
from django.db.models import Count

from accounts.actor import Actor
from accounts.models import Customer, Membership, Merchant, User, Vendor
from accounts.numbering import start_series
from accounts.permissions import Role
from actions import demo_subscriptions
from actions.order_loading import load_orders
from actions.requests import LineRequest, ReturnRequest, RmaRequest
from actions.returns import create_return
from actions.rmas import deny_rma
from core.tenancy import tenant
from orders.models import Order, Product
from returns.models import ReturnReason
from returns.states import DEFAULT_REASONS

PASSWORD = "backhaul-demo"  # noqa: S105 - printed for everybody who starts the demo
FILE = "online_retail_november.csv.gz"
OWN_WAREHOUSE = "own-warehouse"

Row = list[str]


@dataclass(frozen=True, slots=True)
class Shop:
    """One demo merchant; `share` of 100 customers buy there."""

    slug: str
    name: str
    timezone: str
    share: int


SHOPS = (
    Shop("acme", "Acme Gifts", "Europe/London", 50),
    Shop("globex", "Globex Home", "Europe/London", 30),
    Shop("initech", "Initech Paper", "Europe/Dublin", 20),
)


@dataclass(frozen=True, slots=True)
class Person:
    """One demo sign-in: `places` are (merchant, role, vendor code)."""

    name: str
    email: str
    places: tuple[tuple[str, Role, str], ...]


PEOPLE = (
    Person(
        "Alice Adler",
        "alice@acme.example",
        (("acme", Role.OWNER, ""), ("initech", Role.MANAGER, "")),
    ),
    Person("Bob Ono", "bob@acme.example", (("acme", Role.AGENT, ""),)),
    Person("Wendy Wu", "wendy@acme.example", (("acme", Role.WAREHOUSE, ""),)),
    Person("Ines Iglesias", "ines@acme.example", (("acme", Role.INSPECTOR, ""),)),
    Person("Fay Finch", "fay@acme.example", (("acme", Role.FINANCE, ""),)),
    Person("Charlie Crane", "charlie@globex.example", (("globex", Role.OWNER, ""),)),
    Person("Ivo Ivers", "ivo@initech.example", (("initech", Role.OWNER, ""),)),
    Person("Vera Vance", "vera@northlight.example", (("acme", Role.VENDOR, "northlight-lamps"),)),
    Person("Vic Vale", "vic@papertwine.example", (("acme", Role.VENDOR, "paper-and-twine"),)),
    Person("Cora Lindqvist", "cora@mail.example", (("acme", Role.CUSTOMER, ""),)),
)

VENDORS = (
    (
        "northlight-lamps",
        "Northlight Lamps",
        "Northlight Lamps, Returns\n4 Kiln Yard\nStoke-on-Trent ST4 2QX\nUnited Kingdom",
        ("LIGHT", "LANTERN", "CANDLE", "LAMP", "HOLDER"),
    ),
    (
        "paper-and-twine",
        "Paper & Twine",
        "Paper & Twine Ltd, Goods In\n18 Mill Lane\nKendal LA9 6HS\nUnited Kingdom",
        ("PAPER", "CARD", "WRAP", "BAG", "TISSUE", "NOTEBOOK", "RIBBON", "TAPE", "CHRISTMAS"),
    ),
    (
        "regency-tea",
        "Regency Tea Co.",
        "Regency Tea Co.\nUnit 9, Wharf Road\nBristol BS1 6XN\nUnited Kingdom",
        ("TEA", "CUP", "MUG", "CAKE", "PLATE", "BOWL", "JAR", "KITCHEN", "TIN", "LUNCH", "BAKING"),
    ),
)

GIVEN = """
Jo Hana Leo Ada Tom Ruben Ines Mira Otto Nia Paul Lena Omar Ruth Max Iris Kofi Elsa Hugo Zara
""".split()  # noqa: SIM905 - names are easier to read without forty quotes
FAMILY = """
Amadi Sato Brandt Nwosu Reilly Ortiz Kaya Berg Lang Okoye Moss Keller Haddad Quinn Frost Diaz
Mensah Holm Petit Khan
""".split()  # noqa: SIM905 - names are easier to read without forty quotes


def is_loaded() -> bool:
    """Whether any merchant is there already."""
    with tenant(system=True):
        return Merchant.objects.exists()


@transaction.atomic
def load(folder: Path, today: date, say: Callable[[str], None]) -> None:
    """Make the whole demo from the file in `folder`, ending the week before `today`."""
    header, *rows = read_rows(folder / FILE)
    shifted = shift_dates(rows, today)
    users = {person.email: make_user(person) for person in PEOPLE}
    for shop in SHOPS:
        merchant = make_merchant(shop)
        mine = [row for row in shifted if shop_of(row).slug == shop.slug]
        with tenant(merchant.pk):
            make_vendors(merchant)
            make_products(merchant, mine)
            report = load_orders(
                Actor.system(merchant),
                io.BytesIO(as_csv(header, mine)),
                format="online-retail",
                file_name=FILE.removesuffix(".gz"),
            )
            name_customers(merchant)
        say(f"{shop.name}: {report.created['orders']} orders")
    for person in PEOPLE:
        for slug, role, vendor in person.places:
            give_place(users[person.email], slug, role, vendor)
    make_returns("acme", "bob@acme.example", count=18)
    demo_subscriptions.make("acme")


def read_rows(path: Path) -> list[Row]:
    """All rows of the gzipped CSV file at `path`, header first."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def as_csv(header: Row, rows: Iterable[Row]) -> bytes:
    """The rows as the bytes of a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def shift_dates(rows: list[Row], today: date) -> list[Row]:
    """Move every date (fifth column) by the same whole weeks, so that parcels have arrived."""
    last = max(datetime.fromisoformat(row[4]) for row in rows)
    weeks = (today - timedelta(days=6) - last.date()).days // 7
    distance = timedelta(weeks=weeks)
    return [[*row[:4], str(datetime.fromisoformat(row[4]) + distance), *row[5:]] for row in rows]


def shop_of(row: Row) -> Shop:
    """Where the row's customer buys; guests by their invoice. Always the same for the same one."""
    who = row[6] or row[0].removeprefix("C")
    place = zlib.crc32(who.encode()) % 100
    for shop in SHOPS:
        if place < shop.share:
            return shop
        place -= shop.share
    raise AssertionError("the shares of the shops are not 100")


def make_user(person: Person) -> User:
    """A user with the demo password."""
    return User.objects.create_user(person.email, PASSWORD, name=person.name)


def make_merchant(shop: Shop) -> Merchant:
    """A merchant with number series and reasons."""
    with tenant(system=True):
        merchant = Merchant.objects.create(slug=shop.slug, name=shop.name, timezone=shop.timezone)
    with tenant(merchant.pk):
        start_series(merchant)
        ReturnReason.objects.bulk_create(
            ReturnReason(merchant=merchant, code=code, label=str(label), position=place)
            for place, (code, label) in enumerate(DEFAULT_REASONS)
        )
    return merchant


def make_vendors(merchant: Merchant) -> None:
    """The vendors by product group, and the own warehouse."""
    address = f"{merchant.name}, Returns\nDock 2, Harbour Way\nHull HU1 2BN\nUnited Kingdom"
    Vendor.objects.create(
        merchant=merchant,
        code=OWN_WAREHOUSE,
        name="Own warehouse",
        own_warehouse=True,
        return_address=address,
    )
    Vendor.objects.bulk_create(
        Vendor(
            merchant=merchant,
            code=code,
            name=name,
            return_address=return_address,
            email=f"returns@{code}.example",
        )
        for code, name, return_address, _words in VENDORS
    )


def make_products(merchant: Merchant, rows: list[Row]) -> None:
    """Every product of `rows` with its vendor and a cost of six tenths of its first price."""
    vendors = {vendor.code: vendor for vendor in Vendor.objects.filter(merchant=merchant)}
    first: dict[str, Row] = {}
    for row in rows:
        if row[1][:1].isdigit() and row[2].strip():
            first.setdefault(row[1], row)
    Product.objects.bulk_create(
        Product(
            merchant=merchant,
            sku=sku,
            title=row[2].strip()[:200],
            vendor=vendors.get(vendor_of(row[2])),
            unit_cost=(Decimal(row[5]) * Decimal("0.6")).quantize(Decimal("0.01")),
        )
        for sku, row in first.items()
    )


def vendor_of(title: str) -> str:
    """The code of the vendor whose words are in `title`, or "" for the own warehouse."""
    words = title.upper()
    for code, _name, _address, keys in VENDORS:
        if any(key in words for key in keys):
            return code
    return ""


def name_customers(merchant: Merchant) -> None:
    """Give the numbered customers invented names, always the same ones."""
    customers = list(Customer.objects.filter(merchant=merchant))
    for customer in customers:
        seed = zlib.crc32(customer.number.encode())
        given, family = GIVEN[seed % len(GIVEN)], FAMILY[seed // 31 % len(FAMILY)]
        customer.name = f"{given} {family}"
        customer.email = f"{given}.{family}.{customer.number}@mail.example".lower()
    Customer.objects.bulk_update(customers, ["name", "email"], batch_size=500)


def give_place(user: User, slug: str, role: Role, vendor: str) -> None:
    """Make `user` a member; Cora becomes a customer with several orders."""
    with tenant(system=True):
        merchant = Merchant.objects.get(slug=slug)
    with tenant(merchant.pk):
        customer = None
        if role is Role.CUSTOMER:
            customer = Customer.objects.annotate(bought=Count("orders")).order_by("-bought", "id")[
                2
            ]
            customer.name, customer.email = user.name, user.email
            customer.save(update_fields=["name", "email"])
        Membership.objects.create(
            merchant=merchant,
            user=user,
            role=role,
            vendor=Vendor.objects.get(code=vendor) if vendor else None,
            customer=customer,
        )


def make_returns(slug: str, email: str, count: int) -> None:
    """Some open returns, so that the overview shows more than the past."""
    chance = random.Random(7)  # noqa: S311 - the demo should look the same every time
    user = User.objects.get(email=email)
    with tenant(user=user.pk):
        membership = Membership.objects.select_related("merchant", "user").get(
            user=user, merchant__slug=slug
        )
        actor = membership.actor()
    with tenant(actor.merchant_id, user=user.pk):
        reasons = list(ReturnReason.objects.visible_to(actor))
        orders = Order.objects.visible_to(actor).filter(
            customer__isnull=False, return_count=0, line_count__range=(2, 12)
        )
        for place, order in enumerate(orders.order_by("-placed_at", "-id")[: count * 4 : 4]):
            request = some_lines(order, reasons, chance, approve=place % 3 == 1)
            made = create_return(actor, order, request)
            for rma in made.rmas.filter(status="waiting") if place % 7 == 3 else ():
                deny_rma(actor, rma, note="Final sale item")


def some_lines(
    order: Order, reasons: list[ReturnReason], chance: random.Random, *, approve: bool
) -> ReturnRequest:
    """One to three lines of `order`, some of their units, to the vendors that sent them."""
    lines = list(order.lines.select_related("fulfillment_request").order_by("position"))
    chosen = chance.sample(lines, k=min(len(lines), chance.randint(1, 3)))
    wanted = [
        LineRequest(
            order_line_id=line.pk,
            quantity=chance.randint(1, line.returnable_quantity),
            destination_id=line.fulfillment_request.vendor_id if line.fulfillment_request else 0,
            reason_id=chance.choice(reasons).pk,
            condition=chance.choice(["new", "used", "damaged"]),
        )
        for line in chosen
    ]
    destinations = dict.fromkeys(line.destination_id for line in wanted)
    return ReturnRequest(wanted, [RmaRequest(pk, approve=approve) for pk in destinations])
