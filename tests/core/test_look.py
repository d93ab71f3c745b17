"""Tests of the rules that templates, styles and colours keep, and of pages in a browser."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template import engines
from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
CSS = ROOT / "static" / "css"


@pytest.fixture(scope="module")
def env() -> Environment:
    return engines["jinja2"].env  # type: ignore[attr-defined]


def template_names() -> list[str]:
    return sorted(
        str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file()
    )


def translations(env: Environment, text: str) -> list[ast.expr]:
    """The first arguments of all calls of the translation function in a template."""
    source = env.compile(text, raw=True)
    return [
        node.args[1]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and len(node.args) > 1
        and isinstance(node.args[0], ast.Name | ast.IfExp)
        and re.search(r"_(gettext|_)\b", ast.unparse(node.args[0]))
    ]


class TestFiles:
    @pytest.mark.parametrize("name", template_names())
    def test_every_template_compiles(self, env: Environment, name: str) -> None:
        env.get_template(name)

    def test_a_translated_variable_would_be_found(self, env: Environment) -> None:
        text = '{{ _("a") }}{{ _(x) }}{% macro m(y) %}{{ _(y) }}{% endmacro %}{{ other(x) }}'
        found = translations(env, text)
        assert [isinstance(node, ast.Constant) for node in found].count(False) == 2
        assert len(found) == 3

    @pytest.mark.parametrize("name", template_names())
    def test_only_constants_are_translated(self, env: Environment, name: str) -> None:
        found = translations(env, (TEMPLATES / name).read_text())
        variable = [node for node in found if not isinstance(node, ast.Constant)]
        assert [ast.unparse(node) for node in variable] == []

    @pytest.mark.parametrize("name", template_names())
    def test_no_template_writes_styles_or_scripts(self, name: str) -> None:
        source = (TEMPLATES / name).read_text()
        for part in (r"\{#.*?#\}", r"\{\{.*?\}\}|\{%.*?%\}"):
            source = re.sub(part, "", source, flags=re.DOTALL)
        if not name.startswith("notifications/"):  # mails, which know no style sheets
            assert not re.search(r'\sstyle="', source)
        assert not re.search(r'\son[a-z]+="', source)
        if not name.startswith("documents/"):  # files of their own, which reach nothing outside
            assert not re.search(r"<style\b", source)
        assert not re.search(r"hx-on[:=]", source)
        assert not re.search(r"<script(?![^>]*(src=|application/json))", source)

    def test_every_style_sheet_is_short_and_linked(self) -> None:
        base = (TEMPLATES / "shells/base.html").read_text()
        everywhere = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
        for path in CSS.glob("*.css"):
            assert len(path.read_text().splitlines()) < 400, path.name
            assert f'"{path.stem}"' in base or f"css/{path.name}" in everywhere, path.name

    def test_every_module_of_script_is_used(self) -> None:
        scripts = ROOT / "static" / "js"
        text = "".join(path.read_text() for path in scripts.glob("*.js"))
        text += (TEMPLATES / "shells/base.html").read_text()
        for path in scripts.glob("*.js"):
            assert path.name in text, path.name


def tokens() -> dict[str, tuple[str, str]]:
    text = (CSS / "tokens.css").read_text()
    pairs = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", text)
    plain = re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text)
    return {name: (light, dark) for name, light, dark in pairs} | {
        name: (both, both) for name, both in plain
    }


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TONES = ("act", "moving", "agreed", "partly", "refused", "ended")
READABLE = [
    *[(f"{tone}-ink", f"{tone}-soft") for tone in TONES],
    *[
        (ink, ground)
        for ink in ("ink", "ink-soft", "ink-muted", "accent", "refused-ink")
        for ground in ("page", "surface", "surface-raised", "surface-sunken", "surface-selected")
    ],
    ("placeholder", "surface"),
    ("placeholder", "surface-sunken"),
    ("accent-ink", "accent-fill"),
    ("accent-ink", "accent-fill-hover"),
    ("accent-ink", "refused-fill"),
    ("accent-soft-ink", "accent-soft"),
    ("side-ink", "side"),
    ("side-ink", "side-raised"),
    ("side-ink-muted", "side"),
    ("accent-ink", "bar-dark"),
    ("accent-ink", "bar-dark-raised"),
    ("accent-ink", "bar-received-fill"),
    ("accent-ink", "bar-denied"),
    ("accent-ink", "bar-voided"),
    ("bar-waiting-ink", "bar-waiting"),
]


class TestColours:
    @pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
    @pytest.mark.parametrize(("ink", "ground"), READABLE)
    def test_text_can_be_read(self, ink: str, ground: str, mode: int) -> None:
        found = tokens()
        assert contrast(found[ink][mode], found[ground][mode]) >= 4.5

    @pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
    @pytest.mark.parametrize(
        ("line", "ground"),
        [
            ("control-line", "surface"),
            ("focus", "surface"),
            ("focus", "page"),
            ("accent-fill", "surface"),
        ],
    )
    def test_edges_of_controls_can_be_seen(self, line: str, ground: str, mode: int) -> None:
        found = tokens()
        assert contrast(found[line][mode], found[ground][mode]) >= 3


in_the_browser = pytest.mark.django_db(transaction=True)
SIZES = [(width, scheme) for width in (390, 1280, 1440) for scheme in ("light", "dark")]


@in_the_browser
@pytest.mark.parametrize("path", ["/styleguide/", "/sign-in/"])
def test_nothing_is_inaccessible_refused_or_too_wide(
    live_server: Any, new_context: Any, path: str
) -> None:
    for width, scheme in SIZES:
        context = new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message, into=complaints: into.append(message.text))
        page.on("pageerror", lambda error, into=complaints: into.append(str(error)))
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert complaints == []
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
        assert [found["id"] for found in Axe().run(page).response["violations"]] == []
        context.close()


@in_the_browser
def test_scripts_only_make_it_quicker(live_server: Any, page: Any) -> None:
    page.goto(live_server.url + "/styleguide/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")

    bar = page.locator("[data-bulk]")
    assert "1 selected" in bar.inner_text()
    page.locator("[data-select-all]").check()
    assert "6 selected" in bar.inner_text()
    page.locator("[data-bulk-everything]").check()
    assert "41 selected" in bar.inner_text()
    page.locator("[data-select-all]").uncheck()
    assert not bar.is_visible()

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("tr[data-active]").inner_text().split()[0] == "R-10481"
    assert "1 selected" in bar.inner_text()

    menu = page.locator("main details[data-menu]").first
    menu.locator("summary").click()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Approve…"
    page.keyboard.press("Escape")
    assert not menu.evaluate("menu => menu.open")

    page.locator("a[data-dialog-open]").first.click()
    dialog = page.locator("#sample-dialog")
    assert dialog.evaluate("dialog => dialog.matches(':modal')")
    assert page.evaluate("document.activeElement.id") == "new-number"
    page.keyboard.press("Escape")
    assert not dialog.is_visible()


@in_the_browser
def test_the_appearance_is_kept(live_server: Any, page: Any) -> None:
    page.goto(live_server.url + "/styleguide/")
    page.locator(".user-menu summary").click()
    page.locator("[data-theme-toggle] label", has_text="Dark").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


@in_the_browser
def test_without_scripts_it_works_too(live_server: Any, new_context: Any) -> None:
    context = new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(live_server.url + "/styleguide/")
    assert not page.locator("#sidebar").is_visible()
    page.locator(".topbar__menu").click()
    assert page.locator("#sidebar").is_visible()
    page.locator(".sidebar__close").click()
    assert not page.locator("#sidebar").is_visible()

    menu = page.locator("main details[data-menu]").first
    menu.locator("summary").click()
    assert menu.locator(".menu__panel").is_visible()

    page.locator("a[href='#sample-dialog']").first.click()
    assert page.locator("#sample-dialog").is_visible()
    page.locator("#sample-dialog [data-dialog-close]").first.click()
    assert not page.locator("#sample-dialog").is_visible()
    assert page.locator("[data-bulk]").is_visible()
