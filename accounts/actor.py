"""The actor: who does or asks something. Always handed over, never ambient (DESIGN section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.permissions import (
    PERMISSIONS,
    PLATFORM_PERMISSIONS,
    STAFF_ROLES,
    SYSTEM_PERMISSIONS,
    Role,
)
from core.errors import NotAllowed

if TYPE_CHECKING:
    from accounts.models import Merchant, User


class ActorKind(StrEnum):
    """On whose side somebody acts; decides the surface and the wording."""

    STAFF = "staff"
    VENDOR = "vendor"
    CUSTOMER = "customer"
    SYSTEM = "system"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Actor:
    """One person (or the system) at one merchant, with what they may do there."""

    kind: ActorKind
    merchant: Merchant
    user: User | None = None
    role: Role | None = None
    vendor_id: int | None = None
    customer_id: int | None = None

    @classmethod
    def member(
        cls,
        *,
        user: User,
        merchant: Merchant,
        role: Role,
        vendor_id: int | None = None,
        customer_id: int | None = None,
    ) -> Actor:
        """The actor a membership makes of `user`."""
        kind = ActorKind.STAFF if role in STAFF_ROLES else ActorKind(role.value)
        return cls(kind, merchant, user, role, vendor_id, customer_id)

    @classmethod
    def system(cls, merchant: Merchant) -> Actor:
        """The house itself: schedules, imports and rules of `merchant`."""
        return cls(ActorKind.SYSTEM, merchant)

    @classmethod
    def platform(cls, user: User, merchant: Merchant) -> Actor:
        """Platform staff who look after `merchant`: they read everything and write little."""
        return cls(ActorKind.PLATFORM, merchant, user)

    @property
    def merchant_id(self) -> int:
        """Id of the merchant the actor is at."""
        return self.merchant.pk

    @property
    def user_id(self) -> int:
        """Id of the person; 0 for the system, which fills in no forms."""
        return self.user.pk if self.user else 0

    @property
    def name(self) -> str:
        """How the timeline calls the actor."""
        return self.user.name if self.user else _("Backhaul")

    @property
    def is_staff(self) -> bool:
        """Whether the actor sees everything of the merchant (its staff, the system, platform)."""
        return self.kind in (ActorKind.STAFF, ActorKind.SYSTEM, ActorKind.PLATFORM)

    def may(self, permission: str) -> bool:
        """Whether the actor's role holds `permission`."""
        if self.kind is ActorKind.SYSTEM:
            return permission in SYSTEM_PERMISSIONS
        if self.kind is ActorKind.PLATFORM:
            return permission in PLATFORM_PERMISSIONS
        return self.role is not None and permission in PERMISSIONS[self.role]

    def require(self, permission: str) -> None:
        """Raise NotAllowed unless the actor's role holds `permission`."""
        if not self.may(permission):
            raise NotAllowed(permission)
