"""Addresses from the environment."""

from __future__ import annotations

import pytest

from config import addresses


def test_a_database_on_a_server():
    found = addresses.database("postgresql://app:p%40ss@db.example.com:6432/shop?sslmode=require")
    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "app",
        "PASSWORD": "p@ss",
        "HOST": "db.example.com",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_database_behind_a_unix_socket_keeps_the_case_of_its_folder():
    found = addresses.database("postgresql://app@%2FVar%2FLib%2FRun/shop")
    assert found["HOST"] == "/Var/Lib/Run"
    assert found["PORT"] == ""


def test_a_database_at_an_ipv6_address():
    assert addresses.database("postgresql://app@[::1]:5432/shop")["HOST"] == "::1"


def test_another_database_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="must begin with postgresql://, not mysql://"):
        addresses.database("mysql://app@localhost/shop")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://h:6379/0", "redis://h:6379/1"),
        ("rediss://:pw@h:6379/0?ssl_cert_reqs=none", "rediss://:pw@h:6379/1?ssl_cert_reqs=none"),
        ("unix:///a/b.sock?db=0", "unix:///a/b.sock?db=1"),
        ("unix:///a/b.sock", "unix:///a/b.sock?db=1"),
    ],
)
def test_the_cache_gets_a_database_of_its_own(url, expected):
    assert addresses.redis_database(url, 1) == expected


def test_celery_has_its_own_spelling_of_sockets():
    assert addresses.celery_broker("redis://h/0") == "redis://h/0"
    assert addresses.celery_broker("unix:///a/b.sock?db=2") == (
        "redis+socket:///a/b.sock?virtual_host=2"
    )


def test_mail_servers():
    plain = addresses.mail("smtp://localhost")
    assert (plain["EMAIL_PORT"], plain["EMAIL_USE_TLS"], plain["EMAIL_USE_SSL"]) == (
        25,
        False,
        False,
    )
    start = addresses.mail("submission://me:s%2Fcret@mail.example.com")
    assert (start["EMAIL_PORT"], start["EMAIL_USE_TLS"]) == (587, True)
    assert start["EMAIL_HOST_PASSWORD"] == "s/cret"
    assert addresses.mail("smtps://mail.example.com")["EMAIL_USE_SSL"]
    with pytest.raises(ValueError, match="EMAIL_URL must begin with one of"):
        addresses.mail("ftp://mail.example.com")
