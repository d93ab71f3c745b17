"""Tests of the components: what they draw, what they refuse, whom they help."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.contrib.messages.storage.base import Message
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from jinja2 import Environment, UndefinedError
from markupsafe import Markup

from core.styleguide import SampleForm, styleguide

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.fixture(scope="module")
def env() -> Environment:
    return engines["jinja2"].env  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def ui(env: Environment) -> Any:
    return env.get_template("components/ui.html").module


def show(env: Environment, source: str, **context: Any) -> str:
    """Render a piece of a page that has every component at hand."""
    text = '{% import "components/ui.html" as ui %}' + source
    return env.from_string(text).render(**context).strip()


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    def ids(self) -> list[str]:
        return [str(attrs["id"]) for _tag, attrs in self.tags if attrs.get("id")]


class TestReference:
    """The comment at the top of ui.html is what others write pages against."""

    def test_every_component_is_listed_with_its_parameters(self, ui: Any) -> None:
        comment = (TEMPLATES / "components/ui.html").read_text().split("#}", 1)[0]
        comment = re.sub(r",\s*\n\s+", ", ", comment)
        listed = dict(re.findall(r"(?:^\s+|\s{4,})([a-z_]+)\(([^()]*)\)", comment, re.MULTILINE))
        exported = {
            name: macro
            for name, macro in vars(ui).items()
            if not name.startswith("_") and callable(macro)
        }
        assert set(exported) <= set(listed), set(exported) - set(listed)
        for name, macro in exported.items():
            if name == "error_summary":
                continue
            names = [part.split("=")[0].strip() for part in listed[name].split(",") if part.strip()]
            assert names == list(macro.arguments), name

    def test_a_wrong_parameter_is_loud(self, env: Environment) -> None:
        with pytest.raises(TypeError, match="tonee"):
            show(env, '{{ ui.badge("x", tonee="act") }}')
        with pytest.raises(UndefinedError, match="text"):
            show(env, "{{ ui.badge() }}")
        with pytest.raises(UndefinedError, match="caller"):
            show(env, '{{ ui.card("x") }}')


class TestComponents:
    def test_text_is_escaped_everywhere(self, env: Environment) -> None:
        evil = "<script>alert(1)</script>"
        html = show(
            env,
            """{{ ui.badge(x) }}{{ ui.button(x, href="#") }}{{ ui.button(x, reason=x) }}
            {{ ui.notice(x, title=x) }}{{ ui.page_header(x, crumbs=[(x, none)], note=x) }}
            {{ ui.empty_state(x, x) }}{{ ui.stat(x, x) }}{{ ui.cell(x, x, sub=x) }}
            {{ ui.chips([{"label": x, "href": x}]) }}{{ ui.tabs([{"label": x, "href": x}], x) }}
            {{ ui.timeline([{"title": x, "note": x, "at": none, "at_text": x}]) }}
            {{ ui.quantity_bar([(3, x, "denied")], 4) }}{{ ui.line_item(x, x, amount=x) }}
            {{ ui.description_list([(x, x, x)]) }}{{ ui.sum_list([(x, x)]) }}{{ ui.avatar(x) }}
            {% call ui.card(x, note=x) %}{{ x }}{% endcall %}""",
            x=evil,
        )
        assert "<script" not in html
        assert html.count("&lt;script&gt;") > 20

    def test_a_button_is_a_link_a_submit_or_says_why_not(self, env: Environment) -> None:
        assert show(env, '{{ ui.button("Go", href="/x") }}').startswith('<a class="button')
        submit = show(env, '{{ ui.button("Go", name="a", value="b", form="f", icon="check") }}')
        assert 'type="submit"' in submit
        assert 'name="a" value="b" form="f"' in submit
        blocked = show(env, '{{ ui.button("Close", href="/x", reason="Two RMAs wait.") }}')
        assert 'aria-disabled="true"' in blocked
        assert "Two RMAs wait." in blocked
        assert "href" not in blocked

    def test_a_dialog_opens_without_scripts(self, env: Environment) -> None:
        html = show(
            env,
            '{{ ui.button("Deny", dialog="deny") }}'
            '{% call ui.dialog("deny", "Deny?") %}Sure?{% endcall %}',
        )
        assert 'href="#deny"' in html
        assert '<dialog class="dialog dialog--md" id="deny" aria-labelledby="deny-title"' in html

    def test_bars_are_drawn_without_styles(self, env: Environment) -> None:
        html = show(env, "{{ ui.progress_bars(3, 0, 5) }}")
        assert 'aria-label="3 of 5 approved, 0 received"' in html
        assert 'width="44"' in html
        assert html.count("<rect") == 3
        assert "<rect" in show(env, "{{ ui.progress_bars(0, 0, 0) }}")

    def test_the_parts_of_a_quantity_add_up(self, env: Environment) -> None:
        parts = '[(24, "in", "received"), (0, "x", "voided"), (48, "approved", "approved")]'
        html = show(env, "{{ ui.quantity_bar(" + parts + ", 96) }}")
        assert re.findall(r'<svg x="([\d.]+)%" width="([\d.]+)%"', html) == [
            ("0", "25.0"),
            ("25.0", "50.0"),
        ]
        assert 'aria-label="24 in, 48 approved, of 96"' in html

    def test_a_message_may_say_how_it_is_undone(self, env: Environment) -> None:
        said = [
            Message(25, "Closed.", extra_tags="/m/acme/?a=1&b"),
            Message(25, "Sent.", extra_tags="x"),
        ]
        html = show(env, "{{ ui.messages(list) }}", list=said)
        assert html.count("Undo") == 1
        assert '<a href="/m/acme/?a=1&amp;b">Undo</a>' in html

    def test_messages_are_announced(self, env: Environment) -> None:
        html = show(env, "{{ ui.messages(list) }}", list=[Message(40, "It <failed>.")])
        assert 'role="status"' in html
        assert "toast--refused" in html
        assert "It &lt;failed&gt;." in html

    def test_a_long_facet_folds_and_opens_when_something_in_it_is_chosen(
        self, env: Environment
    ) -> None:
        options = [{"value": n, "label": f"Shop {n}", "count": n} for n in range(12)]
        html = show(env, '{{ ui.facet("Channel", "channel", options) }}', options=options)
        assert "4 more" in html
        assert '<details class="facet__more">' in html
        options[11]["checked"] = True
        html = show(env, '{{ ui.facet("Channel", "channel", options) }}', options=options)
        assert '<details class="facet__more" open>' in html
        assert "more" not in show(env, '{{ ui.facet("C", "c", options) }}', options=options[:9])

    def test_the_last_crumb_is_here(self, env: Environment) -> None:
        html = show(env, '{{ ui.breadcrumb([("Returns", "/r"), ("R-1", none)]) }}')
        assert '<a href="/r">Returns</a>' in html
        assert '<span aria-current="page">R-1</span>' in html

    def test_a_table_says_its_name_and_cells_their_column(self, env: Environment) -> None:
        html = show(
            env,
            """{% call ui.table([("All", "select"), "Return", ("Total", "end")], "Returns") %}
            {% call ui.row(href="/r/1") %}{{ ui.select_cell("ids", 1, "Select R-1", form="bulk") }}
            {{ ui.cell("Return", "R-1", sub="Order #1", href="/r/1") }}
            {% call ui.cell("Total", align="end") %}<i>5</i>{% endcall %}
            {% endcall %}{% endcall %}""",
        )
        assert '<caption class="visually-hidden">Returns</caption>' in html
        assert 'data-label="Return"' in html
        assert '<th scope="col" class="is-end">Total</th>' in html
        assert "<i>5</i>" in html
        wide = show(env, '{% call ui.table(["A"], "Wide", stack=false) %}{% endcall %}')
        assert 'role="region" aria-label="Wide" tabindex="0"' in wide

    def test_a_pager_without_further_pages_cannot_be_pressed(self, env: Environment) -> None:
        html = show(env, '{{ ui.pager(newer=none, older="?after=x") }}')
        assert html.count("<a ") == 1
        assert 'aria-disabled="true"' in html

    def test_a_running_job_asks_again_and_a_finished_one_does_not(self, env: Environment) -> None:
        running = show(env, '{{ ui.job_progress("j", "Export", value=3, max=9, poll="/j") }}')
        assert 'hx-get="/j" hx-trigger="every 2s"' in running
        assert 'value="3" max="9"' in running
        done = show(env, '{{ ui.job_progress("j", "Export", poll="/j", state="done") }}')
        assert "hx-get" not in done
        assert "<progress" not in done

    def test_steps_know_where_they_are(self, env: Environment) -> None:
        html = show(env, '{{ ui.stepper([("One", "/1"), "Two", "Three"], 2) }}')
        assert '<a href="/1">One</a>' in html
        assert html.count('aria-current="step"') == 1

    def test_forms_that_post_carry_the_token_and_a_guard(self, env: Environment) -> None:
        token = Markup('<input type="hidden" name="csrfmiddlewaretoken" value="t">')
        html = show(
            env,
            '{% call ui.form("/x", csrf) %}{% endcall %}{{ ui.post_button("Go", "/y", csrf) }}',
            csrf=token,
        )
        assert html.count("csrfmiddlewaretoken") == 2
        assert html.count("data-guard") == 2


class EveryWidget(forms.Form):
    text = forms.CharField(help_text="<b>", required=False)
    mail = forms.EmailField()
    number = forms.IntegerField()
    day = forms.DateField()
    moment = forms.SplitDateTimeField()
    choice = forms.ChoiceField(choices=[("a", "A")])
    radio = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect)
    many = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
    several = forms.MultipleChoiceField(choices=[("a", "A")])
    flag = forms.BooleanField()
    maybe = forms.NullBooleanField()
    upload = forms.FileField()
    replace = forms.ImageField(widget=forms.ClearableFileInput)
    note = forms.CharField(widget=forms.Textarea)
    secret = forms.CharField(widget=forms.PasswordInput)
    hidden = forms.CharField(widget=forms.HiddenInput)


class TestForms:
    def test_every_widget_is_drawn_by_our_templates(self) -> None:
        html = str(EveryWidget({}))
        for name in EveryWidget.base_fields:
            assert f'name="{name}' in html, name
        assert html.count("This field is required.") == 14
        assert "&lt;b&gt;" in html

    def test_a_field_names_its_hint_its_help_and_its_mistake(self, env: Environment) -> None:
        form = SampleForm({"name": ""})
        html = show(env, '{{ ui.field(form["name"], hint="20 left") }}', form=form)
        assert '<label class="field__label" for="id_name">' in html
        described = re.search(r'aria-describedby="([^"]+)"', html)
        assert described
        assert described[1].split() == ["id_name_helptext", "id_name_error", "id_name_hint"]
        assert set(described[1].split()) <= set(Page(html).ids())
        assert 'aria-invalid="true"' in html
        assert "This field is required." in html

    def test_a_group_is_a_fieldset(self, env: Environment) -> None:
        html = show(env, '{{ ui.field(form["condition"]) }}', form=SampleForm())
        assert "<fieldset" in html
        assert '<legend class="field__label">Condition' in html

    def test_what_may_be_left_out_says_so(self, env: Environment) -> None:
        html = show(env, '{{ ui.field(form["note"]) }}', form=SampleForm())
        assert "optional" in html
        assert "optional" not in show(env, '{{ ui.field(form["name"]) }}', form=SampleForm())

    def test_in_a_table_the_mistake_replaces_the_hint(self, env: Environment) -> None:
        source = '{{ ui.field_inline(form["quantity"], hint="4 of 6 left") }}'
        assert "4 of 6 left" in show(env, source, form=SampleForm())
        html = show(env, source, form=SampleForm({"quantity": "9"}))
        assert "4 of 6 left" not in html
        assert "less than or equal to 6" in html

    def test_the_summary_leads_to_the_fields(self, env: Environment) -> None:
        form = SampleForm({"quantity": "9"})
        html = show(env, "{{ ui.error_summary(form) }}", form=form)
        assert '<a href="#id_quantity">Quantity</a>' in html
        assert '<a href="#id_condition_0">Condition</a>' in html
        targets = set(Page(str(form)).ids())
        assert set(re.findall(r'href="#([^"]+)"', html)) <= targets
        assert show(env, "{{ ui.error_summary(form) }}", form=SampleForm()) == ""

    def test_the_summary_reads_formsets(self, env: Environment) -> None:
        formset = forms.formset_factory(SampleForm)(
            {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-quantity": "9"}
        )
        html = show(env, "{{ ui.error_summary(formset) }}", formset=formset)
        assert '<a href="#id_form-0-quantity">Quantity</a>' in html
        assert "form-TOTAL_FORMS" in str(formset)


def unsafe_parts(html: str) -> list[str]:
    """What the content security policy would refuse."""
    page = Page(html)
    found = [f"style on {tag}" for tag, attrs in page.tags if "style" in attrs]
    found += [
        f"{key} on {tag}" for tag, attrs in page.tags for key in attrs if key.startswith("on")
    ]
    found += [f"<{tag}>" for tag, _attrs in page.tags if tag == "style"]
    found += [
        "inline script"
        for attrs in page.all("script")
        if "src" not in attrs and attrs.get("type") != "application/json"
    ]
    return found


@pytest.fixture(scope="module")
def guide() -> str:
    request = RequestFactory().get("/styleguide/")
    request.session = {}  # type: ignore[assignment]
    request._messages = []  # type: ignore[attr-defined]
    request.actor = None  # type: ignore[attr-defined]
    request.user = SimpleNamespace(is_authenticated=False)  # type: ignore[assignment]
    return styleguide(request).content.decode()


class TestPages:
    def test_the_styleguide_keeps_the_policy(self, guide: str) -> None:
        assert unsafe_parts(guide) == []

    def test_one_heading_unique_ids_labels_that_exist(self, guide: str) -> None:
        page = Page(guide)
        assert len(page.all("h1")) == 1
        ids = page.ids()
        assert [name for name, times in Counter(ids).items() if times > 1] == []
        for tag, attrs in page.tags:
            for key in ("for", "aria-labelledby", "aria-describedby", "popovertarget"):
                for target in (attrs.get(key) or "").split():
                    assert target in ids, (tag, key, target)

    def test_headings_skip_no_level(self, guide: str) -> None:
        levels = [int(tag[1]) for tag, _attrs in Page(guide).tags if re.fullmatch(r"h[1-6]", tag)]
        assert all(after - before <= 1 for before, after in pairwise(levels))

    def test_every_component_is_in_the_styleguide(self, ui: Any) -> None:
        source = (TEMPLATES / "styleguide.html").read_text()
        through_others = {
            "breadcrumb", "messages", "chip", "search_field", "theme_toggle", "form", "status",
            "post_button",
        }  # fmt: skip
        for name, macro in vars(ui).items():
            if not name.startswith("_") and callable(macro) and name not in through_others:
                assert f"ui.{name}(" in source, name

    @pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
    def test_error_pages_draw_without_a_request(self, name: str) -> None:
        html = render_to_string(f"{name}.html")
        assert len(Page(html).all("h1")) == 1
        assert unsafe_parts(html) == []

    def test_plain_mail_is_not_escaped(self) -> None:
        text = render_to_string(
            "account/email/unknown_account_message.txt",
            {"email": "o'neill@acme.example", "current_site": SimpleNamespace(domain="x.example")},
        )
        assert "o'neill@acme.example" in text
        assert "\n\n\n\n" not in text
