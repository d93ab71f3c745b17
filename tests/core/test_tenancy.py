"""Who is asking: bound per transaction, restored where transactions nest, gone afterwards."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from core.tenancy import bind, tenant
from orders.models import Channel
from tests.cast import Cast
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db

NOBODY = (None, None, None, None, False)


def bound() -> tuple[int | None, int | None, int | None, int | None, bool]:
    """What the policies read: merchant, user, vendor, customer, system."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT app_merchant(), app_user(), app_vendor(), app_customer(), app_system()"
        )
        return cursor.fetchone()


def test_nobody_is_bound_to_begin_with():
    assert bound() == NOBODY


def test_everything_that_is_given_is_bound_until_the_block_ends():
    with tenant(7, user=8, vendor=9, customer=10, system=True):
        assert bound() == (7, 8, 9, 10, True)
    assert bound() == NOBODY


def test_an_inner_block_replaces_everything_and_gives_it_back():
    with tenant(7, user=8, vendor=9):
        with tenant(11):
            assert bound() == (11, None, None, None, False)
        assert bound() == (7, 8, 9, None, False)


def test_binding_again_clears_what_is_not_given():
    with tenant(7, user=8, vendor=9, system=True):
        bind(merchant=12)
        assert bound() == (12, None, None, None, False)
    assert bound() == NOBODY


def test_an_error_gives_the_former_ids_back():
    with tenant(7, user=8):
        with pytest.raises(ValueError, match="lost"), tenant(11):
            raise ValueError("lost")
        assert bound() == (7, 8, None, None, False)


def test_an_error_of_the_database_gives_the_former_ids_back(cast: Cast):
    with tenant(cast.acme.pk):
        channel = ChannelFactory(merchant=cast.acme)
        with pytest.raises(IntegrityError), tenant(cast.acme.pk, user=3):
            Channel.objects.create(merchant=cast.acme, name="Again", code=channel.code)
        assert bound() == (cast.acme.pk, None, None, None, False)
        assert Channel.objects.count() == 1


def test_a_transaction_that_is_undone_on_purpose_gives_them_back_too():
    with tenant(7):
        with tenant(11):
            transaction.set_rollback(True)
        assert bound() == (7, None, None, None, False)


@pytest.mark.parametrize("value", ["", "0", "-1", "9223372036854775807"])
def test_odd_ids_open_nothing(cast: Cast, value: str):
    ChannelFactory(merchant=cast.acme)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.merchant', %s, true)", [value])
        assert Channel.objects.count() == 0


@pytest.mark.parametrize("value", ["acme", "1 OR 1=1", "9223372036854775808"])
def test_what_is_no_id_is_an_error_and_no_open_door(cast: Cast, value: str):
    ChannelFactory(merchant=cast.acme)

    def look() -> int:
        with transaction.atomic():
            bind(merchant=value)  # type: ignore[arg-type]
            return Channel.objects.count()

    with pytest.raises(DatabaseError):
        look()


# --- for real -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_binding_does_not_last():
    bind(merchant=7)
    assert bound() == NOBODY


@pytest.mark.django_db(transaction=True)
def test_after_commit_and_after_rollback_the_connection_is_nobodys():
    with tenant(7):
        assert bound()[0] == 7
    assert bound() == NOBODY
    with pytest.raises(ValueError, match="lost"), tenant(7):
        raise ValueError("lost")
    assert bound() == NOBODY


@pytest.mark.django_db(transaction=True)
def test_what_is_read_after_the_block_is_not_there(cast: Cast):
    """A queryset is lazy: one that leaves its tenant finds nothing."""
    ChannelFactory(merchant=cast.acme)
    with tenant(cast.acme.pk):
        channels = Channel.objects.all()
        assert channels.count() == 1
    assert list(channels) == []


@pytest.mark.django_db(transaction=True)
def test_on_commit_hooks_run_without_a_tenant():
    seen = []
    with tenant(7):
        transaction.on_commit(lambda: seen.append(bound()))
    assert seen == [NOBODY]


@pytest.mark.django_db(transaction=True)
def test_two_connections_do_not_hear_each_other(cast: Cast):
    ChannelFactory(merchant=cast.acme)
    counts = []

    def look() -> None:
        counts.append(Channel.objects.count())
        with tenant(cast.globex.pk):
            counts.append(Channel.objects.count())
        connection.close()

    with tenant(cast.acme.pk):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert (counts, Channel.objects.count()) == ([0, 0], 1)
