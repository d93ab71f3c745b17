"""Switching mails on and off: for a vendor's user, of their own vendor (F17)."""

from __future__ import annotations

import pytest

from accounts.models import Notice, NoticeSwitch
from actions.notices import choose_notices, switched_on
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from tests.notifications.test_vendor_mails import switch_on

pytestmark = pytest.mark.django_db


def test_unknown_kinds_are_no_switches(cast):
    with tenant(cast.acme.pk, user=cast.vera.user_id, vendor=cast.vera.vendor_id):
        with pytest.raises(Refused, match="set that way already"):
            choose_notices(cast.vera, ["import.finished"])
        choose_notices(cast.vera, ["import.finished", Notice.RMA_AVAILABLE])
        assert switched_on(cast.vera) == {Notice.RMA_AVAILABLE}


def test_only_a_vendors_user_may(cast):
    for name in ("alice", "cora"):
        actor = getattr(cast, name)
        with tenant(cast.acme.pk, user=actor.user_id), pytest.raises(NotAllowed):
            choose_notices(actor, [Notice.RMA_AVAILABLE])


def test_a_vendors_user_sees_and_changes_no_switch_of_anybody_else(cast):
    switch_on(cast.vera)
    with tenant(cast.acme.pk, user=cast.vic.user_id, vendor=cast.vic.vendor_id):
        assert not NoticeSwitch.objects.exists()
        assert NoticeSwitch.objects.update(is_on=False) == 0
    with tenant(cast.acme.pk):
        assert NoticeSwitch.objects.filter(is_on=True).count() == 1
