"""Notes on a return, and who reads which (F6)."""

from __future__ import annotations

import pytest

from actions.notes import add_note
from audit.models import Event
from core.errors import NotAllowed, Refused
from core.tenancy import tenant
from returns.models import Return, ReturnNote
from tests.cast import Cast, SignIn
from tests.factories import made_return, shipped_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(at_acme: Cast) -> Return:
    order = shipped_order(at_acme.acme, vendor=at_acme.northlight, customer=at_acme.cora_row)
    return made_return(at_acme.bob, order)


def test_the_timeline_says_that_there_is_a_note_but_not_what_is_in_it(
    at_acme: Cast, found: Return
) -> None:
    add_note(at_acme.wendy, found, "  Box was open  ", audience="internal")
    assert ReturnNote.objects.get().text == "Box was open"
    event = Event.objects.get(verb="note.written")
    assert (event.parent_noun, event.parent_id) == ("return", found.pk)
    assert "Box" not in str(event.data)


@pytest.mark.parametrize(
    ("text", "audience", "field"),
    [(" \n", "internal", "text"), ("Hello", "everybody", "audience")],
)
def test_what_cannot_be_a_note_is_refused_at_its_field(
    at_acme: Cast, found: Return, text: str, audience: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        add_note(at_acme.bob, found, text, audience=audience)
    assert refused.value.field == field
    assert not ReturnNote.objects.exists()


def test_internal_notes_are_for_the_staff_alone_and_the_others_for_their_customer(
    at_acme: Cast, found: Return
) -> None:
    add_note(at_acme.bob, found, "She rang twice", audience="internal")
    add_note(at_acme.bob, found, "Please add the lid", audience="customer")

    def seen(actor: object) -> list[str]:
        notes = ReturnNote.objects.visible_to(actor)  # type: ignore[arg-type]
        return list(notes.order_by("id").values_list("text", flat=True))

    assert seen(at_acme.ines) == ["She rang twice", "Please add the lid"]
    assert seen(at_acme.cora) == ["Please add the lid"]
    assert seen(at_acme.vera) == []
    assert seen(at_acme.charlie) == []
    with tenant(at_acme.acme.pk, customer=at_acme.cora_row.pk):
        assert [note.text for note in ReturnNote.objects.all()] == ["Please add the lid"]
    with tenant(at_acme.acme.pk, vendor=at_acme.northlight.pk):
        assert not ReturnNote.objects.exists()


def test_cora_reads_what_was_written_to_her(at_acme: Cast, found: Return, sign_in: SignIn) -> None:
    add_note(at_acme.bob, found, "She rang twice", audience="internal")
    add_note(at_acme.bob, found, "Please add the lid", audience="customer")
    page = sign_in(at_acme.cora).get(f"/customers/acme/orders/{found.order.public_id}/")
    assert "Please add the lid" in page.text
    assert "She rang twice" not in page.text


def test_vendors_and_customers_write_no_notes(at_acme: Cast, found: Return) -> None:
    for actor in (at_acme.vera, at_acme.cora):
        with pytest.raises(NotAllowed):
            add_note(actor, found, "Hello", audience="customer")
    assert not ReturnNote.objects.exists()
    add_note(at_acme.fay, found, "Hello", audience="customer")
