"""Who there is, and who was asked to come in."""

from accounts.models.invitations import Invitation, InvitationQuerySet
from accounts.models.parties import (
    Customer,
    CustomerQuerySet,
    Membership,
    Merchant,
    Notice,
    NoticeSwitch,
    NumberSeries,
    Override,
    ReturnAddress,
    SubmittedForm,
    User,
    UserManager,
    Vendor,
    VendorQuerySet,
    valid_timezone,
)

__all__ = [
    "Customer",
    "CustomerQuerySet",
    "Invitation",
    "InvitationQuerySet",
    "Membership",
    "Merchant",
    "Notice",
    "NoticeSwitch",
    "NumberSeries",
    "Override",
    "ReturnAddress",
    "SubmittedForm",
    "User",
    "UserManager",
    "Vendor",
    "VendorQuerySet",
    "valid_timezone",
]
