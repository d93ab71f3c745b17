"""`manage.py record_bounce`: what a mail server's bounce handler calls (F17)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actor import Actor
from accounts.models import Merchant
from actions.messages import record_bounce
from audit.messages import read_message_id
from audit.models import Message
from core.errors import Refused
from core.tenancy import tenant


class Command(BaseCommand):
    """Note that a mail came back; a second call for the same mail changes nothing."""

    help = "Note that a mail came back, and write to its address no more until it is released."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which mail, and why."""
        parser.add_argument("message_id", help="the Message-ID of the mail that came back")
        parser.add_argument("--reason", default="", help="what the other mail server said")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the mail by its Message-ID; anybody else's is an error with exit code 1."""
        named = read_message_id(options["message_id"])
        if named is None:
            raise CommandError(f"{options['message_id']} is no Message-ID of ours.")
        merchant_id, public_id = named
        with tenant(merchant_id):
            message = Message.objects.filter(merchant_id=merchant_id, public_id=public_id).first()
            if message is None:
                raise CommandError(f"No mail was sent with the Message-ID {options['message_id']}.")
            actor = Actor.system(Merchant.objects.get(pk=merchant_id))
            try:
                record_bounce(actor, message, options["reason"])
            except Refused as refused:
                self.stdout.write(str(refused.message))
                return
        self.stdout.write(f"{message.address} is written to no more.")
