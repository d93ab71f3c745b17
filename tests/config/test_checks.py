"""Production refuses to start until it is safe."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings as project
from django.core.checks import run_checks
from django.urls import path

from config.checks import (
    check_production_settings,
    check_routes,
    login_errors,
    refusals,
    stop_if_unsafe,
)
from tests.plugins.database import owner_login, use_login
from tests.plugins.services import ROOT

SAFE = {
    "PRODUCTION": True,
    "DEBUG": False,
    "SECRET_KEY": "Zk3-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2,
    "ALLOWED_HOSTS": ["returns.example.com"],
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SECURE_HSTS_SECONDS": 3600,
    "SITE_URL": "https://returns.example.com",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
}
UNSAFE = [
    ({"SECRET_KEY": project.INSECURE_SECRET_KEY}, "backhaul.E001"),
    ({"SECRET_KEY": "short"}, "backhaul.E002"),
    ({"SECRET_KEY": "ab" * 40}, "backhaul.E002"),
    ({"DEBUG": True}, "backhaul.E003"),
    ({"ALLOWED_HOSTS": []}, "backhaul.E004"),
    ({"ALLOWED_HOSTS": ["returns.example.com", "*"]}, "backhaul.E005"),
    ({"SESSION_COOKIE_SECURE": False}, "backhaul.E006"),
    ({"SECURE_HSTS_SECONDS": 0}, "backhaul.E006"),
    ({"SITE_URL": "http://returns.example.com"}, "backhaul.E007"),
    ({"DATABASE_URL": ""}, "backhaul.E008"),
    ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "backhaul.E009"),
]


def use(settings, values):
    for name, value in values.items():
        setattr(settings, name, value)


def test_safe_settings_pass(settings):
    use(settings, SAFE)
    assert check_production_settings() == []


@pytest.mark.parametrize(("unsafe", "identifier"), UNSAFE)
def test_each_unsafe_setting_is_refused_with_a_next_step(settings, unsafe, identifier):
    use(settings, {**SAFE, **unsafe})
    (message,) = check_production_settings()
    assert message.id == identifier
    assert message.is_serious()
    assert message.hint


def test_elsewhere_than_in_production_nothing_is_asked(settings):
    use(settings, {**SAFE, "PRODUCTION": False, "SECRET_KEY": "short", "DEBUG": True})
    assert check_production_settings() == []


def test_every_address_has_a_row_in_the_route_table():
    assert check_routes() == []


def test_an_address_without_a_row_is_refused(settings, monkeypatch):
    import config.urls

    extra = path("forgotten/", lambda request: None, name="forgotten")
    settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": [*config.urls.urlpatterns, extra]})
    (message,) = check_routes()
    assert message.id == "backhaul.E010"
    assert "forgotten" in message.msg


@pytest.mark.django_db
def test_the_runtime_login_may_serve():
    assert login_errors() == []
    assert run_checks(databases=["default"]) == []


@pytest.mark.django_db(transaction=True)
def test_the_owner_may_not_serve(capsys):
    with owner_login():
        assert [message.id for message in refusals()] == ["backhaul.E022"]
        with pytest.raises(SystemExit):
            stop_if_unsafe("The web")
    said = capsys.readouterr().err
    assert said.startswith("The web does not start: The database login app_owner owns tables")
    assert said.count("\n") == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("login", "identifier"), [("postgres", "backhaul.E020"), ("app_backup", "backhaul.E021")]
)
def test_a_login_that_can_look_around_the_second_wall_may_not_serve(login, identifier):
    if "%2F" not in project.DATABASE_URL:
        pytest.skip("Only the tests' own server has these logins.")
    use_login(project.DATABASE_URL.replace("app_runtime@", f"{login}@"))
    try:
        assert identifier in [message.id for message in login_errors()]
    finally:
        use_login(project.DATABASE_URL)


def test_the_web_does_not_start_unsafely():
    """The real thing: one sentence per reason, and the code that gunicorn understands."""
    environment = {
        **os.environ,
        "ENVIRONMENT": "production",
        "SECRET_KEY": "short",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/app",
    }
    done = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    lines = done.stderr.strip().splitlines()
    assert all(line.startswith("The web does not start: ") for line in lines), done.stderr
    assert any("SECRET_KEY is too easy to guess" in line for line in lines)
    assert any("The database does not answer" in line for line in lines)
