"""RMA strategy: which of the four flows a new RMA takes (F10). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Merchant, Override, Vendor
from rmas.states import RmaStatus


@dataclass(frozen=True, slots=True)
class Strategy:
    """What happens to a new RMA of one vendor without anybody doing anything.

    `integrated`: an integration or the API takes it over, so that it is Processing until that says
    it has it; a vendor who works in the portal has it at once.
    """

    auto_approve: bool
    auto_process: bool
    integrated: bool = False

    @property
    def status(self) -> RmaStatus:
        """The status a new RMA starts with."""
        if self.auto_approve:
            return RmaStatus.APPROVED
        if not self.auto_process:
            return RmaStatus.WAITING
        return RmaStatus.PROCESSING if self.integrated else RmaStatus.PROCESSED

    @property
    def is_handed_over(self) -> bool:
        """Whether a new RMA counts as processed at once."""
        return self.auto_process and not self.integrated

    @property
    def name(self) -> Promise:
        """The flow's name in the words of the settings page."""
        return _NAMES[self.auto_approve, self.auto_process]

    @property
    def sequence(self) -> tuple[RmaStatus, ...]:
        """The statuses the RMA goes through; the last one is the decision, or its denial."""
        if self.auto_approve:
            return (RmaStatus.APPROVED,)
        if not self.auto_process:
            return (RmaStatus.WAITING, RmaStatus.PROCESSED, RmaStatus.APPROVED)
        first = (RmaStatus.PROCESSING,) if self.integrated else ()
        return (*first, RmaStatus.PROCESSED, RmaStatus.APPROVED)

    @property
    def sentence(self) -> Promise:
        """What will happen, and who has to do what."""
        return _SENTENCES[self.auto_approve, self.auto_process]


_NAMES = {
    (True, True): _("Auto-approve, auto-process"),
    (True, False): _("Auto-approve, manually process"),
    (False, True): _("Auto-process, user or vendor approves or denies"),
    (False, False): _("Manually process, user or vendor approves or denies"),
}
_SENTENCES = {
    (True, True): _(
        "A new RMA is approved and handed to the vendor at once. Nobody has to do anything before"
        " the goods travel; the vendor may re-process it to give it a number of their own."
    ),
    (True, False): _(
        "A new RMA is approved at once. The vendor or one of you still processes it by hand;"
        " afterwards it can be re-processed."
    ),
    (False, True): _(
        "A new RMA is handed to the vendor at once and counts as processed. Then the vendor, or one"
        " of you, approves or denies it."
    ),
    (False, False): _(
        "A new RMA waits until somebody processes it by hand. Then the vendor, or one of you,"
        " approves or denies it."
    ),
}


def strategy_of(merchant: Merchant, vendor: Vendor) -> Strategy:
    """The strategy for new RMAs of `vendor`: its own setting, else the merchant's switch (F10)."""
    return Strategy(
        auto_approve=_setting(vendor.auto_approve, switch=merchant.rma_auto_approve),
        auto_process=_setting(vendor.auto_process, switch=merchant.rma_auto_process),
        integrated=vendor.integrated,
    )


def _setting(override: str, *, switch: bool) -> bool:
    return switch if override == Override.GLOBAL else override == Override.ALWAYS
