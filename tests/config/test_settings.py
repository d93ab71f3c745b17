"""The settings module, and what is said about it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import yaml

from tests.plugins.services import ROOT

SHOW = """
import json
from django.conf import settings as s
print(json.dumps({n: getattr(s, n, None) for n in (
  "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
  "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "PASSWORD_HASHERS",
  "CONTENT_SECURITY_POLICY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "STORAGES", "DATABASES",
  "CELERY_BROKER_TRANSPORT_OPTIONS", "CELERY_TASK_TIME_LIMIT", "DEBUG", "CELERY_ACCEPT_CONTENT",
)}, default=str))
"""
BASE = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgresql://app_runtime@db/app",
    "DATABASE_OWNER_URL": "postgresql://app_owner@db/app",
    "REDIS_URL": "redis://cache/0",
    "CSRF_TRUSTED_ORIGINS": "",
}


def loaded(**environment):
    """The settings a process with this environment sees."""
    inherited = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=ROOT,
        env={**inherited, "DJANGO_SETTINGS_MODULE": "config.settings", **BASE, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_production_is_safe_without_being_told():
    found = loaded(DATABASE_POOL="true", DATABASE_STATEMENT_TIMEOUT="15000", TASK_TIME_LIMIT="600")
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]
    assert found["SECURE_SSL_REDIRECT"]
    assert found["SECURE_HSTS_SECONDS"] >= 31536000
    assert found["SECURE_PROXY_SSL_HEADER"] is None
    assert not found["DEBUG"]
    assert found["ALLOWED_HOSTS"] == []
    assert found["CSRF_TRUSTED_ORIGINS"] == []
    assert "Argon2" in found["PASSWORD_HASHERS"][0]
    assert "Manifest" in found["STORAGES"]["staticfiles"]["BACKEND"]
    assert found["CELERY_ACCEPT_CONTENT"] == ["json"]
    visibility = found["CELERY_BROKER_TRANSPORT_OPTIONS"]["visibility_timeout"]
    assert visibility > found["CELERY_TASK_TIME_LIMIT"] == 600
    database = found["DATABASES"]["default"]
    assert database["USER"] == "app_runtime"
    assert database["OPTIONS"]["pool"]["max_size"] == 8
    assert database["OPTIONS"]["options"] == "-c lock_timeout=3000 -c statement_timeout=15000"
    assert database["ATOMIC_REQUESTS"] is True


def test_the_content_policy_allows_nothing_inline():
    directives = loaded()["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert not [value for values in directives.values() for value in values if "unsafe" in value]
    assert directives["default-src"] == ["'self'"]
    for name in ("object-src", "base-uri", "frame-ancestors"):
        assert directives[name] == ["'none'"]


def test_the_owner_is_used_only_when_asked_for_and_never_pooled():
    database = loaded(DATABASE_ROLE="owner", DATABASE_POOL="true")["DATABASES"]["default"]
    assert database["USER"] == "app_owner"
    assert "pool" not in database["OPTIONS"]
    assert "options" not in database["OPTIONS"]


def explained() -> set[str]:
    return set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_every_setting_is_explained_and_nothing_else():
    source = (ROOT / "config/settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    compose = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    local = {"BACKHAUL_DATA", "PG_BIN", "BROWSER_TESTS", "CHROMIUM"}
    assert explained() == read | compose | local


def test_every_service_of_the_compose_file_has_what_it_needs():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat"}
    for name, service in services.items():
        variables = service.get("environment", {})
        if name in {"migrate", "web", "worker", "beat"}:
            assert "app_runtime" in variables["DATABASE_URL"], name
        assert ("DATABASE_OWNER_URL" in variables) is (name == "migrate"), name
        assert ("healthcheck" in service) is (name != "migrate"), name


def test_requirements_are_pinned_with_hashes_and_name_no_index():
    for path in sorted((ROOT / "requirements").iterdir()):
        text = path.read_text()
        assert "://" not in text
        assert not re.search(r"^\s*-(?!-hash)", text, re.MULTILINE), path.name
        for requirement in re.split(r"\n(?=\S)", text.strip()):
            assert re.match(r"[\w.\[\],-]+==\S+", requirement), requirement
            assert "--hash=sha256:" in requirement, requirement
