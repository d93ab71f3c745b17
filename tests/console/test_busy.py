"""Waiting for somebody else's lock ends in a sentence, not in an error."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from core.tenancy import tenant
from returns.models import Return
from rmas.models import Rma
from tests.cast import Cast, SignIn
from tests.factories import made_return, new_key, shipped_order


@pytest.mark.django_db(transaction=True)
def test_a_lock_held_too_long_is_said_and_changes_nothing(cast: Cast, sign_in: SignIn) -> None:
    made = made_return(cast.bob, shipped_order(cast.acme, vendor=cast.northlight))
    with tenant(cast.acme.pk):
        rma = Rma.objects.get()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with tenant(cast.acme.pk):
            Return.objects.select_for_update().get(pk=made.pk)
            held.set()
            done.wait(timeout=20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(timeout=20)
    form = {"key": new_key(), "version": 1, "note": ""}
    address = f"/m/acme/rmas/{rma.public_id}/approve/"
    page = sign_in(cast.bob).post(address, form)
    done.set()
    holder.join()

    assert page.status_code == 503
    assert "Somebody else is changing this right now" in page.text
    with tenant(cast.acme.pk):
        assert Rma.objects.get().status == "waiting"
    assert sign_in(cast.bob).post(address, form).status_code == 302
