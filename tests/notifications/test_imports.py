"""Mails about order files: to the person who uploaded, at least once, with a link."""

from __future__ import annotations

import io

import pytest
from django.conf import settings as django_settings
from django.core import mail as outgoing
from django.db.models.functions import Now

from actions import imports
from actions.imports import request_import, upload_order_file
from actions.order_loading import load_orders
from audit.models import Delivery, Message, MessageState
from core.tenancy import tenant
from notifications.mail import send_waiting
from tests.order_files import BAD, FORMAT, GOOD, order_file
from tests.outbox import deliver_all, run

pytestmark = pytest.mark.django_db


def imported(cast, *rows, name="orders.csv"):
    """A file that Alice uploaded and started; everything due is done."""
    with tenant(cast.acme.pk, user=cast.alice.user.pk):
        found = upload_order_file(cast.alice, order_file(*rows, name=name), format=FORMAT)
        request_import(cast.alice, found)
    deliver_all()
    return found


def test_the_uploader_hears_that_it_is_done(cast):
    found = imported(cast, *GOOD, *BAD)
    [message] = outgoing.outbox
    assert message.to == [cast.alice.user.email]
    assert message.subject == "orders.csv is imported"
    assert message.from_email == django_settings.DEFAULT_FROM_EMAIL
    assert "Hello Alice Owner" in message.body
    assert "2 new orders at Acme Gifts" in message.body
    assert "2 rows were not loaded" in message.body
    link = f"{django_settings.SITE_URL}/m/acme/imports/{found.public_id}/"
    assert link in message.body


def test_a_file_without_rejects_or_news_says_so(cast):
    imported(cast)
    imported(cast)
    first, second = (message.body for message in outgoing.outbox)
    assert "No row was rejected" in first
    assert "It held no new orders" in second


def test_the_uploader_hears_that_it_stopped_and_why(cast, monkeypatch):
    def breaks(*args, **options):
        if not options.get("dry_run"):
            raise ZeroDivisionError
        return load_orders(*args, **options)

    monkeypatch.setattr(imports, "load_orders", breaks)
    found = imported(cast)
    [message] = outgoing.outbox
    assert message.subject == "The import of orders.csv stopped"
    assert "stopped: Something went wrong on our side." in message.body
    assert "Nothing of it was loaded." in message.body
    assert str(found.public_id) in message.body


def test_words_in_the_file_name_are_neither_markup_nor_headers(cast):
    imported(cast, name="Bob's <b>“50 % off”\r\nBcc: eve@example.com.csv")
    [message] = outgoing.outbox
    assert "Bob's <b>“50 % off”Bcc: eve@example.com.csv is imported" in message.body
    assert message.bcc == []
    assert "\n" not in message.subject


def test_the_same_delivery_twice_logs_one_mail(cast):
    imported(cast)
    with tenant(cast.acme.pk):
        delivery = Delivery.objects.get(task="notifications.tasks.send")
    for _ in range(2):
        with tenant(cast.acme.pk):
            Delivery.objects.filter(pk=delivery.pk).update(done_at=None)
        run(delivery)
    send_waiting()
    assert len(outgoing.outbox) == 1
    with tenant(cast.acme.pk):
        assert Message.objects.get().state == MessageState.SENT


def test_a_mail_server_that_is_away_loses_nothing(cast, monkeypatch):
    def away(*args, **options):
        raise ConnectionRefusedError("mail server away")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", away)
        imported(cast)
    with tenant(cast.acme.pk):
        message = Message.objects.get()
        assert (message.state, message.attempts) == (MessageState.WAITING, 1)
        assert "mail server away" in message.error
        Message.objects.update(due_at=Now())
    assert send_waiting() == 1
    assert len(outgoing.outbox) == 1


def test_the_html_part_says_the_same_and_leads_to_the_same_page(cast):
    found = imported(cast, *GOOD, *BAD)
    [message] = outgoing.outbox
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    assert "2 new orders at Acme Gifts" in html
    assert f'href="{django_settings.SITE_URL}/m/acme/imports/{found.public_id}/"' in html


def test_who_has_left_hears_nothing(cast):
    with tenant(cast.acme.pk):
        cast.alice.user.memberships.update(is_active=False)
    imported(cast)
    assert outgoing.outbox == []


def test_a_load_from_the_command_line_mails_nobody(cast):
    with tenant(cast.acme.pk):
        source = io.BytesIO(order_file().read())
        load_orders(cast.alice, source, format=FORMAT, file_name="orders.csv")
    assert deliver_all() == ["notifications.tasks.send"]
    assert outgoing.outbox == []
