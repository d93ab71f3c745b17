"""Who there is: merchants (tenants), their vendors and customers, users and their memberships."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actor import Actor
from accounts.base import PublicModel, TenantModel, TenantQuerySet
from accounts.calendars import STEPS_RISE, SilencePolicy, WorkingWeek
from accounts.permissions import Role
from core.fields import NumberField, TenantForeignKey


class UserManager(BaseUserManager["User"]):
    """Makes users; sign-in is by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with `email` (stored lower-case) and a hashed `password`."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Platform staff with every right in the Django admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """The user with that address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. What they may do follows from their memberships."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_staff = models.BooleanField(_("platform staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("user")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_user_email_lower_case"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        """One or two capitals for the avatar."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words))[
            :2
        ].upper()


def valid_timezone(name: str) -> None:
    """Refuse a name that is no IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone."), params={"name": name})


class Merchant(WorkingWeek):
    """A tenant: the business whose returns these are. Times are shown in its zone."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address name"), max_length=40, unique=True)
    currency = models.CharField(_("currency"), max_length=3, default="GBP")
    timezone = models.CharField(
        _("time zone"), max_length=40, default="Europe/London", validators=[valid_timezone]
    )
    rma_auto_process = models.BooleanField(_("auto process RMAs"), default=False, db_default=False)
    rma_auto_approve = models.BooleanField(_("auto approve RMAs"), default=False, db_default=False)
    credit_reminders = models.BooleanField(
        _("monthly credit reminders"), default=False, db_default=False
    )
    credits_reminded_for = models.DateField(
        _("month of the last credit reminders"), null=True, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("merchant")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weekend__lt=127),
                name="accounts_merchant_weekend",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The merchant's time zone."""
        return zoneinfo.ZoneInfo(self.timezone)


class Override(models.TextChoices):
    """What a vendor's own setting says about a switch of the merchant (F10)."""

    GLOBAL = "global", _("Use the global RMA strategy")
    ALWAYS = "always", _("Always")
    NEVER = "never", _("Never")


class VendorQuerySet(TenantQuerySet["Vendor"]):
    """Questions about vendors."""

    def visible_to(self, actor: Actor) -> VendorQuerySet:
        """The vendors `actor` may know of: all for staff, itself for a vendor user."""
        vendors = self.of_merchant(actor)
        if actor.is_staff:
            return vendors
        return vendors.filter(pk=actor.vendor_id) if actor.vendor_id else vendors.none()

    def offered(self) -> VendorQuerySet:
        """Those goods can be sent to: all that are not archived."""
        return self.filter(is_active=True)


class Vendor(SilencePolicy, PublicModel):
    """A supplier, or the merchant's own warehouse: who fulfils orders and takes returns back."""

    name = models.CharField(_("name"), max_length=120)
    code = models.SlugField(_("code"), max_length=40)
    own_warehouse = models.BooleanField(_("own warehouse"), default=False)
    email = models.EmailField(_("e-mail address"), blank=True)
    return_address = models.TextField(_("return-to address"), max_length=500, blank=True)
    auto_process = models.CharField(
        _("auto processing"),
        max_length=8,
        choices=Override.choices,
        default=Override.GLOBAL,
        db_default=Override.GLOBAL,
    )
    auto_approve = models.CharField(
        _("auto approval"),
        max_length=8,
        choices=Override.choices,
        default=Override.GLOBAL,
        db_default=Override.GLOBAL,
    )
    integrated = models.BooleanField(
        _("takes RMAs through an integration"), default=False, db_default=False
    )
    return_instructions = models.TextField(
        _("return instructions"), max_length=1000, blank=True, default="", db_default=""
    )
    notify_new_users = models.BooleanField(
        _("new users get the RMA mail"), default=False, db_default=False
    )
    is_active = models.BooleanField(_("offered"), default=True, db_default=True)
    credits_reminded_at = models.DateTimeField(
        _("last reminded of credits"), null=True, editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    objects = VendorQuerySet.as_manager()

    class Meta:
        verbose_name = _("vendor")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "public_id"], name="accounts_vendor_public"
            ),
            models.UniqueConstraint(fields=["merchant", "code"], name="accounts_vendor_code"),
            models.UniqueConstraint(
                fields=["merchant"],
                condition=models.Q(own_warehouse=True),
                name="accounts_vendor_one_own_warehouse",
            ),
            models.CheckConstraint(condition=STEPS_RISE, name="accounts_vendor_silence_rises"),
        ]

    def __str__(self) -> str:
        return self.name


class ReturnAddress(PublicModel):
    """An entry of the address book: where goods may go back to; without a vendor it is for all."""

    vendor = TenantForeignKey(Vendor, null=True, blank=True, related_name="addresses")
    label = models.CharField(_("label"), max_length=80)
    address = models.TextField(_("return-to address"), max_length=500)
    is_active = models.BooleanField(_("offered"), default=True, db_default=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    objects = TenantQuerySet["ReturnAddress"].as_manager()

    class Meta:
        verbose_name = _("return-to address")
        verbose_name_plural = _("return-to addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "public_id"], name="accounts_return_address_public"
            ),
            models.UniqueConstraint(
                fields=["merchant", "vendor", "label"],
                name="accounts_return_address_label",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return self.label


class CustomerQuerySet(TenantQuerySet["Customer"]):
    """Questions about customers."""

    def matching(self, text: str) -> CustomerQuerySet:
        """Those whose number is `text`, or whose name, last name or e-mail address begins with it.

        One letter finds nobody. Every condition is a comparison that row-level security leaves to
        the index.
        """
        found = Q(number__in={text, text.upper()})
        if len(start := text.lower()) > 1:
            found |= Q(search_name__begins=start)
            found |= Q(search_last_name__begins=start)
            found |= Q(search_email__begins=start)
        return self.filter(found)


class Customer(PublicModel):
    """Somebody who bought from the merchant, under the merchant's own customer number."""

    number = models.CharField(_("customer number"), max_length=40)
    name = models.CharField(_("name"), max_length=160, blank=True, db_default="")
    email = models.EmailField(_("e-mail address"), blank=True, db_default="")
    country = models.CharField(_("country"), max_length=60, blank=True, db_default="")
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    search_name = models.GeneratedField(
        expression=Lower("name"), output_field=NumberField(max_length=160), db_persist=True
    )
    search_last_name = models.GeneratedField(
        expression=Func(Lower("name"), Value(r"^.*\s"), Value(""), function="regexp_replace"),
        output_field=NumberField(max_length=160),
        db_persist=True,
    )
    search_email = models.GeneratedField(
        expression=Lower("email"), output_field=NumberField(max_length=254), db_persist=True
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "public_id"], name="accounts_customer_public"
            ),
            models.UniqueConstraint(fields=["merchant", "number"], name="accounts_customer_number"),
        ]
        indexes = [
            models.Index(fields=["merchant", "search_name"], name="accounts_customer_name"),
            models.Index(
                fields=["merchant", "search_last_name"], name="accounts_customer_last_name"
            ),
            models.Index(fields=["merchant", "search_email"], name="accounts_customer_email"),
        ]

    def __str__(self) -> str:
        return self.name or str(_("Customer %(number)s")) % {"number": self.number}


class Membership(PublicModel):
    """What one user is to one merchant: staff with a role, a vendor's user, or a customer."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    vendor = TenantForeignKey(Vendor, null=True, blank=True, related_name="memberships")
    customer = TenantForeignKey(Customer, null=True, blank=True, related_name="memberships")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantQuerySet["Membership"].as_manager()

    class Meta:
        verbose_name = _("membership")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "public_id"], name="accounts_membership_public"
            ),
            models.UniqueConstraint(
                fields=["merchant", "user", "role", "vendor", "customer"],
                name="accounts_membership_key",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(role="vendor", vendor__isnull=False, customer__isnull=True)
                    | models.Q(role="customer", vendor__isnull=True, customer__isnull=False)
                    | (
                        ~models.Q(role__in=("vendor", "customer"))
                        & models.Q(vendor__isnull=True, customer__isnull=True)
                    )
                ),
                name="accounts_membership_role_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    def actor(self) -> Actor:
        """Who this membership makes its user be. Reads user and merchant."""
        return Actor.member(
            user=self.user,
            merchant=self.merchant,
            role=Role(self.role),
            vendor_id=self.vendor_id,
            customer_id=self.customer_id,
        )


class Notice(models.TextChoices):
    """What a vendor's user may ask to be told by e-mail (F17)."""

    RMA_AVAILABLE = "rma.available", _("NOTIFY ME WHEN RMA BECOMES AVAILABLE")
    FULFILLMENT_REQUESTED = (
        "fulfillment.requested",
        _("NOTIFY ME WHEN FULFILLMENT REQUEST BECOMES AVAILABLE"),
    )


class NoticeSwitch(TenantModel):
    """Whether one user of one vendor wants one kind of mail. Without a row it is off (F17)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    vendor = TenantForeignKey(Vendor, related_name="+", db_index=False)
    kind = models.CharField(max_length=40, choices=Notice.choices)
    is_on = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("notification setting")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "vendor", "kind", "user"], name="accounts_notice_switch_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of user {self.user_id}"

    @classmethod
    def wanted_by(cls, merchant_id: int, vendor_id: int, kind: str) -> list[User]:
        """Who is to be told: users of the vendor that switched it on and still belong to it."""
        members = Membership.objects.filter(
            merchant_id=merchant_id,
            vendor_id=vendor_id,
            role=Role.VENDOR,
            is_active=True,
            user__is_active=True,
            user__in=cls.objects.filter(
                merchant_id=merchant_id, vendor_id=vendor_id, kind=kind, is_on=True
            ).values("user"),
        )
        return [one.user for one in members.select_related("user").order_by("user_id")]


class NumberSeries(TenantModel):
    """The next number of one kind of document of one merchant; the row lock makes it gapless."""

    kind = models.CharField(max_length=20)
    prefix = models.CharField(max_length=12, blank=True)
    next_value = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "kind"], name="accounts_number_series_key"),
            models.CheckConstraint(
                condition=models.Q(next_value__gte=1), name="accounts_number_series_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}{self.next_value}"


class SubmittedForm(TenantModel):
    """A form that was carried out. A second submit of its key answers with the first result."""

    key = models.UUIDField()
    user_id = models.BigIntegerField()
    result = models.CharField(max_length=300, blank=True)
    submitted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "user_id", "key"], name="accounts_submitted_form_key"
            )
        ]
        indexes = [models.Index(fields=["submitted_at"], name="accounts_submitted_form_age")]

    def __str__(self) -> str:
        return str(self.key)
