"""Tests of the environment of the pages, and of how amounts and dates are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
import time_machine
from django.http import QueryDict
from django.template import engines
from django.utils import timezone, translation
from heroicons import IconDoesNotExist
from jinja2 import Environment, UndefinedError

from core import jinja as jinja_environment
from core import jinja_filters as filters


@pytest.fixture(scope="module")
def env() -> Environment:
    return engines["jinja2"].env  # type: ignore[attr-defined]


class TestEnvironment:
    def test_what_is_missing_is_an_error(self, env: Environment) -> None:
        with pytest.raises(UndefinedError):
            env.from_string("{{ nobody }}").render()
        with pytest.raises(UndefinedError):
            env.from_string("{% if item.key %}{% endif %}").render(item={})

    def test_a_method_nobody_called_is_an_error(self, env: Environment) -> None:
        with pytest.raises(TypeError, match="callable"):
            env.from_string("{{ name.upper }}").render(name="bob")

    def test_none_prints_nothing(self, env: Environment) -> None:
        assert env.from_string("[{{ nothing }}]").render(nothing=None) == "[]"

    def test_html_is_escaped_and_plain_text_is_not(self, env: Environment) -> None:
        assert env.from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
        assert jinja_environment.autoescape("a.html")
        assert jinja_environment.autoescape(None)
        assert not jinja_environment.autoescape("account/email/a_message.txt")

    def test_translated_text_is_not_trusted(self, env: Environment) -> None:
        assert env.from_string("{{ _(x) }}").render(x="<script>") == "&lt;script&gt;"
        assert env.from_string("{{ _(x) }}").render(x="100% sure") == "100% sure"
        block = "{% trans name=x %}Hello {{ name }}{% endtrans %}"
        assert env.from_string(block).render(x="<b>") == "Hello &lt;b&gt;"

    def test_each_language_has_its_own_words(self, env: Environment) -> None:
        template = env.from_string('{{ _("Enter a valid URL.") }}')
        for _again in range(2):
            with translation.override("en-gb"):
                assert template.render() == "Enter a valid URL."
            with translation.override("de"):
                assert template.render() != "Enter a valid URL."

    def test_templates_stay_cached(self, env: Environment) -> None:
        assert not env.auto_reload
        assert env.get_template("components/ui.html") is env.get_template("components/ui.html")

    def test_icons_only_decorate_and_unknown_ones_are_loud(self) -> None:
        svg = jinja_environment.icon("check", 16)
        assert 'aria-hidden="true"' in svg
        assert 'class="icon"' in svg
        assert svg is jinja_environment.icon("check", 16)
        with pytest.raises(IconDoesNotExist):
            jinja_environment.icon("no-such-icon", 16)

    def test_query_changes_one_thing_and_forgets_the_cursor(self, env: Environment) -> None:
        request = SimpleNamespace(GET=QueryDict("status=open&vendor=1&vendor=2&after=abc&q=x"))

        def render(call: str) -> str:
            return env.from_string("{{ " + call + "|safe }}").render(request=request)

        assert render('query(q="lamp")') == "?status=open&vendor=1&vendor=2&q=lamp"
        assert render("query(status=none, q=none, vendor=[3])") == "?vendor=3"
        assert render('query(q=none, status=none, vendor=none, after="z")') == "?after=z"

    def test_href_stays_inside_the_merchant(self, env: Environment) -> None:
        actor = SimpleNamespace(merchant=SimpleNamespace(slug="acme"))
        template = env.from_string('{{ href("console:home") }} {{ href("styleguide") }}')
        assert template.render(request=SimpleNamespace(actor=actor)) == "/m/acme/ /styleguide/"
        named = env.from_string('{{ href("console:home", merchant="globex") }}')
        assert named.render(request=SimpleNamespace(actor=actor)) == "/m/globex/"

    def test_url_takes_a_query(self) -> None:
        assert jinja_environment.url("styleguide", query={"a": 1}) == "/styleguide/?a=1"


@translation.override("en-gb")
class TestFilters:
    @pytest.mark.parametrize(
        ("amount", "currency", "text"),
        [
            ("84.2", "GBP", "£84.20"),
            ("-5", "GBP", "\u2212£5.00"),
            ("1204.1", "GBP", "£1,204.10"),
            ("0", "EUR", "€0.00"),
            ("1200", "JPY", "JP¥1,200"),
        ],
    )
    def test_money(self, amount: str, currency: str, text: str) -> None:
        assert filters.money(Decimal(amount), currency) == text

    def test_money_has_the_decimals_of_its_currency(self) -> None:
        assert filters.money(Decimal("3.5"), "KWD").endswith("3.500")
        assert filters.money(Decimal("3.5"), "GBP", signed=True) == "+£3.50"
        assert filters.money(None, "GBP") == filters.NOTHING

    def test_money_is_never_a_float(self) -> None:
        with pytest.raises(TypeError):
            filters.money(0.1, "GBP")  # type: ignore[arg-type]

    def test_money_follows_the_language(self) -> None:
        with translation.override("de"):
            assert filters.money(Decimal("1204.1"), "EUR") == "1.204,10\u00a0€"

    def test_numbers(self) -> None:
        assert filters.number(2481) == "2,481"
        assert filters.number(Decimal("-3.14159"), 2) == "\u22123.14"
        assert filters.percent(Decimal("0.125"), 1) == "12.5\u00a0%"

    @pytest.mark.parametrize(
        ("length", "text"),
        [
            (timedelta(seconds=20), "under 1 min"),
            (timedelta(minutes=40), "40 min"),
            (timedelta(hours=5, minutes=50), "5 h"),
            (timedelta(hours=48), "2 d"),
            (timedelta(days=2, hours=4), "2 d 4 h"),
            (timedelta(days=12, hours=4), "12 d"),
        ],
    )
    def test_ago(self, length: timedelta, text: str) -> None:
        assert filters.ago(length) == text
        with time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False):
            assert filters.ago(timezone.now() - length) == text
            assert filters.ago(timezone.now() + length) == text

    @time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False)
    def test_dates_are_near_and_local(self) -> None:
        with timezone.override("Asia/Tokyo"):
            assert filters.datetime_(datetime(2026, 11, 22, 0, 12, tzinfo=UTC)) == "today 09:12"
            late = datetime(2026, 11, 21, 7, 40, tzinfo=UTC)
            assert filters.datetime_(late) == "yesterday 16:40"
        with timezone.override("Europe/London"):
            week = datetime(2026, 11, 25, 17, tzinfo=UTC)
            assert filters.datetime_(week) == "Wed 25 Nov, 17:00"
            assert filters.datetime_(week, "full") == "25 Nov 2026, 17:00"
            assert filters.clock(week) == "17:00"
            assert filters.date_(week) == "25 Nov"
            assert filters.date_(datetime(2025, 1, 3, tzinfo=UTC)) == "3 Jan 2025"
            assert filters.date_(None) == filters.NOTHING
        with timezone.override("America/Los_Angeles"):
            assert filters.date_(datetime(2026, 11, 22, 3, tzinfo=UTC)) == "21 Nov"

    def test_an_unknown_style_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="style"):
            filters.date_(datetime(2026, 1, 1, tzinfo=UTC), "pretty")

    @pytest.mark.parametrize(
        ("name", "text"), [("Bob Ono", "BO"), ("Vera", "V"), ("", "?"), ("ada b. nwosu", "AN")]
    )
    def test_initials(self, name: str, text: str) -> None:
        assert filters.initials(name) == text
