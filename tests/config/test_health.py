"""`/healthz` answers an orchestrator."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from audit.models import Delivery
from core.tasks import HEARTBEAT_KEY, beat_heartbeat
from core.tenancy import tenant
from tests.plugins.database import owner_login

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_beat():
    cache.delete(HEARTBEAT_KEY)


def test_healthy_without_signing_in(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
        "outbox_lag_seconds": 0.0,
        "mail_lag_seconds": 0.0,
        "beat_age_seconds": None,
    }
    assert "no-store" in response["Cache-Control"]


def test_a_heartbeat_shows_its_age(client):
    beat_heartbeat()
    cache.set(HEARTBEAT_KEY, time.time() - 7)
    assert client.get("/healthz").json()["beat_age_seconds"] == pytest.approx(7, abs=1)


def test_without_database_it_answers_503(client, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"
    assert response.json()["outbox_lag_seconds"] is None


def test_without_broker_it_answers_503_quickly(client, monkeypatch):
    class Down:
        def __enter__(self):
            raise OSError

        def __exit__(self, *args):
            return None

    monkeypatch.setattr("config.health.current_app.connection_for_write", Down)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["broker"] == "unreachable"


@pytest.mark.django_db(transaction=True)
def test_the_oldest_delivery_not_done_is_the_lag(client, cast):
    from audit.models import Event

    old = timezone.now() - timedelta(seconds=90)
    with owner_login(), tenant(cast.acme.pk):
        event = Event.objects.create(
            merchant=cast.acme, verb="x", noun="x", object_id=1, actor_kind="system"
        )
        delivery = Delivery.objects.create(
            merchant=cast.acme, event=event, task="nothing", created_at=old
        )
    assert client.get("/healthz").json()["outbox_lag_seconds"] == pytest.approx(90, abs=5)
    with tenant(cast.acme.pk):
        Delivery.objects.filter(pk=delivery.pk).update(done_at=timezone.now())
    assert client.get("/healthz").json()["outbox_lag_seconds"] == 0.0


@pytest.mark.django_db(transaction=True)
def test_the_oldest_mail_not_sent_is_the_mails_lag(client, cast):
    from tests.audit.test_messages import change, logged

    (pk,) = logged(cast)
    change(pk, created_at=timezone.now() - timedelta(seconds=70))
    assert client.get("/healthz").json()["mail_lag_seconds"] == pytest.approx(70, abs=5)
    change(pk, state="failed")
    assert client.get("/healthz").json()["mail_lag_seconds"] == 0.0
