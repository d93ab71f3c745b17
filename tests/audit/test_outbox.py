"""The outbox: every delivery is handed over, done once, and never lost (DESIGN section 4)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from audit import outbox
from audit.models import Delivery, Event
from audit.record import record
from audit.tasks import drain
from core.tenancy import tenant
from orders.models import Channel
from tests.cast import Cast
from tests.factories import ChannelFactory

TASK = "somewhere.tasks.tell"


class Broker:
    """Takes tasks like Celery does; can be told to break."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[int]]] = []
        self.breaks_after: int | None = None

    def send_task(self, name: str, args: Any = (), **options: Any) -> None:
        """Take one task, or fail like a broker that is away."""
        if self.breaks_after is not None and len(self.taken) >= self.breaks_after:
            raise OperationalError("Connection refused.")
        self.taken.append((name, list(args)))

    def delivered(self) -> list[int]:
        """Ids of the deliveries taken, in their order; wake-ups do not count."""
        return [args[2] for name, args in self.taken if name == TASK]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    taker = Broker()
    monkeypatch.setattr(outbox, "current_app", taker)
    return taker


@pytest.fixture
def subscribed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_tasks", {"return.closed": [TASK]})


def deliveries(cast: Cast, count: int, *, globex: int = 0) -> list[int]:
    """Ids of that many fresh deliveries at Acme, and of some at Globex."""
    made = []
    for actor, number in ((cast.bob, count), (cast.charlie, globex)):
        channel = ChannelFactory(merchant=actor.merchant)
        with tenant(actor.merchant_id, user=actor.user_id):
            for _ in range(number):
                event = record(actor, "return.closed", channel)
                made.append(Delivery.objects.get(event=event).pk)
    return made


def stored(pk: int) -> Delivery:
    with tenant(system=True):
        return Delivery.objects.get(pk=pk)


def change(pks: list[int], **values: Any) -> None:
    with tenant(system=True):
        Delivery.objects.filter(pk__in=pks).update(**values)


def at_once(*works: Any) -> list[Any]:
    """Run the works on real connections of their own, started together; results or exceptions."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        try:
            barrier.wait(timeout=20)
            results[place] = works[place]()
        except Exception as error:  # noqa: BLE001 - the test looks at every outcome
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribed")]


# --- draining -----------------------------------------------------------------------------------


def test_the_drain_hands_over_what_is_due_of_every_merchant(cast: Cast, broker: Broker) -> None:
    first, second, third = deliveries(cast, 2, globex=1)
    assert drain() == 3
    events = {pk: stored(pk).event_id for pk in (first, second, third)}
    assert sorted(broker.taken) == sorted(
        [
            (TASK, [cast.acme.pk, events[first], first]),
            (TASK, [cast.acme.pk, events[second], second]),
            (TASK, [cast.globex.pk, events[third], third]),
        ]
    )
    assert drain() == 0
    assert len(broker.taken) == 3


def test_what_is_done_or_not_due_yet_is_left_alone(cast: Cast, broker: Broker) -> None:
    done, later, due = deliveries(cast, 3)
    change([done], done_at=Now())
    change([later], due_at=timezone.now() + timedelta(minutes=5))
    assert drain() == 1
    assert broker.delivered() == [due]


def test_more_than_one_batch_is_drained_in_one_go(
    cast: Cast, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = deliveries(cast, 7)
    monkeypatch.setattr(outbox.claim, "__defaults__", (3,))
    assert drain() == 7
    assert sorted(broker.delivered()) == made


def test_a_claim_is_a_lease_of_twenty_minutes(cast: Cast) -> None:
    (pk,) = deliveries(cast, 1)
    before = timezone.now()
    assert [delivery.pk for delivery in outbox.claim()] == [pk]
    assert outbox.claim() == []
    claimed = stored(pk)
    assert claimed.attempts == 1
    assert before + outbox.LEASE <= claimed.due_at <= timezone.now() + outbox.LEASE


def test_what_a_dead_worker_dropped_is_handed_over_again(cast: Cast, broker: Broker) -> None:
    (pk,) = deliveries(cast, 1)
    assert drain() == 1
    change([pk], due_at=timezone.now() - timedelta(seconds=1))
    assert drain() == 1
    assert broker.delivered() == [pk, pk]
    assert stored(pk).attempts == 2


def test_after_twelve_tries_it_waits_for_a_person(cast: Cast, broker: Broker) -> None:
    tired, fresh = deliveries(cast, 2)
    change([tired], attempts=outbox.MAX_ATTEMPTS)
    change([fresh], attempts=outbox.MAX_ATTEMPTS - 1)
    assert drain() == 1
    assert broker.delivered() == [fresh]
    assert stored(tired).done_at is None


@pytest.mark.django_db(transaction=True)
def test_drains_side_by_side_hand_each_delivery_over_once(cast: Cast, broker: Broker) -> None:
    made = deliveries(cast, 40)
    batches = at_once(*[lambda: outbox.claim(5) for _ in range(4)])
    claimed = [delivery.pk for batch in batches for delivery in batch]
    assert len(claimed) == len(set(claimed)) == 20
    assert sum(at_once(drain, drain, drain, drain)) == 20
    assert sorted([*claimed, *broker.delivered()]) == made


@pytest.mark.django_db(transaction=True)
def test_a_drain_does_not_wait_for_rows_another_one_holds(cast: Cast) -> None:
    held, free = deliveries(cast, 2)
    with tenant(system=True):
        Delivery.objects.select_for_update().get(pk=held)
        (batch,) = at_once(outbox.claim)
    assert [delivery.pk for delivery in batch] == [free]


# --- the broker is away -------------------------------------------------------------------------


def test_while_the_broker_is_away_everything_stays_due(cast: Cast, broker: Broker) -> None:
    made = deliveries(cast, 3)
    broker.breaks_after = 0
    assert drain() == 0
    assert [(stored(pk).attempts, stored(pk).done_at) for pk in made] == [(0, None)] * 3
    broker.breaks_after = None
    assert drain() == 3


def test_a_broker_that_breaks_halfway_keeps_what_it_took(cast: Cast, broker: Broker) -> None:
    made = deliveries(cast, 4)
    broker.breaks_after = 2
    assert drain() == 2
    taken = broker.delivered()
    assert {pk: stored(pk).attempts for pk in made} == {pk: int(pk in taken) for pk in made}
    broker.breaks_after = None
    assert drain() == 2
    assert sorted(broker.delivered()) == made


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A real Celery whose broker does not answer."""
    app = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    app.conf.broker_transport_options = {"socket_connect_timeout": 1, "max_retries": 0}
    monkeypatch.setattr(outbox, "current_app", app)
    yield
    app.close()


def test_nobody_sees_an_error_because_the_broker_is_away(
    cast: Cast, no_broker: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        (pk,) = deliveries(cast, 1)
    assert len(callbacks) == 1
    assert drain() == 0
    assert stored(pk).attempts == 0


# --- doing the work -----------------------------------------------------------------------------


def open_channel(cast: Cast, code: str = "sent") -> None:
    """The work of a delivery: a row, so that doing it twice shows."""
    number = Channel.objects.filter(name=code).count() + 1
    Channel.objects.create(merchant=cast.acme, name=code, code=f"{code}-{number}")


def opened(cast: Cast) -> int:
    with tenant(cast.acme.pk):
        return Channel.objects.filter(name="sent").count()


def deliver(cast: Cast, pk: int) -> bool:
    """What a delivery task does; tells whether there was something to do."""
    with outbox.delivering(cast.acme.pk, pk) as delivery:
        if delivery is None:
            return False
        open_channel(cast)
        return True


def test_a_delivery_is_done_with_its_work(cast: Cast) -> None:
    (pk,) = deliveries(cast, 1)
    assert deliver(cast, pk) is True
    assert (opened(cast), stored(pk).done_at is not None, stored(pk).error) == (1, True, "")


def test_the_same_delivery_handed_over_twice_is_done_once(cast: Cast) -> None:
    (pk,) = deliveries(cast, 1)
    assert [deliver(cast, pk), deliver(cast, pk)] == [True, False]
    assert opened(cast) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_the_same_delivery_do_it_once(cast: Cast) -> None:
    (pk,) = deliveries(cast, 1)
    results = at_once(*[lambda: deliver(cast, pk) for _ in range(4)])
    assert sorted(results) == [False, False, False, True]
    assert opened(cast) == 1


def test_work_that_fails_is_undone_noted_and_tried_again_later(cast: Cast) -> None:
    (pk,) = deliveries(cast, 1)
    pauses = []
    for attempts in (1, 2, 3, 9):
        change([pk], attempts=attempts)
        with pytest.raises(ValueError, match="No mail server"):
            fail(cast, pk)
        noted = stored(pk)
        assert (noted.error, noted.done_at) == ("ValueError: No mail server", None)
        pauses.append(round((noted.due_at - timezone.now()).total_seconds()))
    assert opened(cast) == 0
    assert pauses == [30, 60, 120, 3600]


def fail(cast: Cast, pk: int) -> None:
    with outbox.delivering(cast.acme.pk, pk):
        open_channel(cast)
        raise ValueError("No mail server")


def test_a_success_after_failures_clears_the_note(cast: Cast) -> None:
    (pk,) = deliveries(cast, 1)
    with pytest.raises(ValueError, match="No mail server"):
        fail(cast, pk)
    assert deliver(cast, pk) is True
    assert (stored(pk).error, opened(cast)) == ("", 1)


def test_a_task_with_the_wrong_merchant_finds_nothing_to_do(cast: Cast) -> None:
    (pk,) = deliveries(cast, 1)
    with outbox.delivering(cast.globex.pk, pk) as delivery:
        assert delivery is None
    assert stored(pk).done_at is None


def test_inside_a_delivery_only_its_merchant_is_bound(cast: Cast) -> None:
    mine, _theirs = deliveries(cast, 1, globex=1)
    with outbox.delivering(cast.acme.pk, mine):
        assert set(Event.objects.values_list("merchant_id", flat=True)) == {cast.acme.pk}
        assert set(Channel.objects.values_list("merchant_id", flat=True)) == {cast.acme.pk}


# --- subscriptions ------------------------------------------------------------------------------


def test_each_task_of_a_verb_gets_a_delivery_of_its_own(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_tasks", {"return.closed": []})
    for task in ("one.tasks.mail", "two.tasks.hook", "one.tasks.mail"):
        outbox.subscribe("return.closed", task)
    channel = ChannelFactory(merchant=cast.acme)
    with tenant(cast.acme.pk, user=cast.bob.user_id):
        event = record(cast.bob, "return.closed", channel)
        tasks = Delivery.objects.filter(event=event).values_list("task", flat=True)
        assert sorted(tasks) == ["one.tasks.mail", "two.tasks.hook"]
