"""All settings. They come from the environment; `.env.example` explains every variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from environs import Env, validate

from config import addresses

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# What kind of installation this is. "development" is local and asks for nothing; "production"
# refuses to start until everything below is safe (config/checks.py); "test" is for pytest.
ENVIRONMENT = env.str(
    "ENVIRONMENT", "development", validate=validate.OneOf(["development", "production", "test"])
)
PRODUCTION = ENVIRONMENT == "production"
TESTING = ENVIRONMENT == "test"

# --- who we are ---------------------------------------------------------------------------------
INSECURE_SECRET_KEY = "insecure-key-for-development-only"  # noqa: S105 - refused in production
SECRET_KEY = env.str("SECRET_KEY", INSECURE_SECRET_KEY)
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
DEBUG = env.bool("DEBUG", default=False)
LOCAL_HOSTS = ["localhost", ".localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [] if PRODUCTION else LOCAL_HOSTS)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
SITE_URL = env.str("SITE_URL", "http://localhost:8000").rstrip("/")

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "config",
    "core",
    "accounts",
    "audit",
    "profiles",
    "orders",
    "returns",
    "rmas",
    "shipments",
    "actions",
    "notifications",
    "exports",
    "documents",
    "console",
    "vendor_portal",
    "customer_portal",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_htmx",
    "import_export",
    "django.forms",
    # Without discovery: config/platform says which tables have pages, and on which site.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Last, so that everything a view does runs inside its transaction (core/tenancy.py).
    "config.middleware.TenantMiddleware",
]

# --- database -----------------------------------------------------------------------------------
# One alias, two logins: the web and the workers connect as a role that owns nothing, migrations as
# the owner. manage.py sets DATABASE_ROLE for the commands that change the schema.
DATABASE_ROLE = env.str("DATABASE_ROLE", "runtime", validate=validate.OneOf(["owner", "runtime"]))
DATABASE_RUNTIME_ROLE = env.str("DATABASE_RUNTIME_ROLE", "app_runtime")
DATABASE_URL = env.str("DATABASE_URL", "")
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", DATABASE_URL)
DATABASE_POOL = env.bool("DATABASE_POOL", default=False) and DATABASE_ROLE == "runtime"
DATABASE_LOCK_TIMEOUT = env.int("DATABASE_LOCK_TIMEOUT", 3000)
DATABASE_STATEMENT_TIMEOUT = env.int("DATABASE_STATEMENT_TIMEOUT", 0)


def _default_database() -> dict[str, Any]:
    url = DATABASE_OWNER_URL if DATABASE_ROLE == "owner" else DATABASE_URL
    database = addresses.database(url or "postgresql:///app")
    options = database["OPTIONS"]
    options.setdefault("connect_timeout", 5)
    if DATABASE_ROLE == "runtime":
        options.setdefault(
            "options",
            f"-c lock_timeout={DATABASE_LOCK_TIMEOUT}"
            f" -c statement_timeout={DATABASE_STATEMENT_TIMEOUT}",
        )
    if DATABASE_POOL:
        options["pool"] = {
            "min_size": env.int("DATABASE_POOL_MIN", 2),
            "max_size": env.int("DATABASE_POOL_MAX", 8),
            "timeout": 5,
        }
    else:
        database["CONN_MAX_AGE"] = env.int("DATABASE_MAX_AGE", 60)
    return {**database, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": True}


DATABASES = {"default": _default_database()}

# --- cache, sessions, messages ------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", "redis://localhost:6379/0")
CACHES = {
    "default": addresses.cache(
        env.str("CACHE_URL", "memory://" if TESTING else addresses.redis_database(REDIS_URL, 1))
    )
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", 60 * 60 * 24 * 14)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- safety of pages ----------------------------------------------------------------------------
HTTPS = env.bool("HTTPS", default=PRODUCTION)
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=HTTPS)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 60 * 60 * 24 * 365 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=HTTPS)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=HTTPS)
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

# --- signing in ---------------------------------------------------------------------------------
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
ARGON2 = "django.contrib.auth.hashers.Argon2PasswordHasher"
FAST_HASHER = "django.contrib.auth.hashers.MD5PasswordHasher"
PASSWORD_HASHERS = [FAST_HASHER] if TESTING else [ARGON2]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
# How many proxies stand between the clients and us; allauth takes the client's address from that
# place in X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
MFA_TOTP_ISSUER = "Backhaul"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

# --- pages and language -------------------------------------------------------------------------
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "core.jinja.environment",
            "context_processors": ["config.context.shell"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates_dj"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]
FORM_RENDERER = "core.forms_renderer.FormRenderer"
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- files --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
# Elsewhere than in production files are served from where they are; nothing is collected.
STATIC_ROOT = env.path("STATIC_ROOT", BASE_DIR / "staticfiles") if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 60 if PRODUCTION else 0
MEDIA_ROOT = env.path("MEDIA_ROOT", BASE_DIR / "media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Uploads go straight to temporary files, and only where a view takes them (core/uploads.py).
FILE_UPLOAD_HANDLERS = ["core.uploads.LimitedUploadHandler"]
ORDER_FILE_LIMIT = env.int("ORDER_FILE_LIMIT", 100 * 1024 * 1024)
ORDER_FILE_UNPACKED_LIMIT = env.int("ORDER_FILE_UNPACKED_LIMIT", 300 * 1024 * 1024)
VENDOR_FILE_LIMIT = 256 * 1024
RETURN_FILE_LIMIT = env.int("RETURN_FILE_LIMIT", 20 * 1024 * 1024)
EXPORT_KEPT_DAYS = env.int("EXPORT_KEPT_DAYS", 14)
RETURN_FILE_LIMIT = env.int("RETURN_FILE_LIMIT", 10 * 1024 * 1024)
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# --- mail ---------------------------------------------------------------------------------------
_mail = addresses.mail(env.str("EMAIL_URL", "memory:" if TESTING else "console:"))
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = _mail.get("EMAIL_FILE_PATH")
EMAIL_HOST = _mail.get("EMAIL_HOST", "localhost")
EMAIL_PORT = _mail.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Backhaul <returns@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- background work ----------------------------------------------------------------------------
CELERY_BROKER_URL = env.str(
    "CELERY_BROKER_URL", "memory://" if TESTING else addresses.celery_broker(REDIS_URL)
)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_TIME_LIMIT = env.int("TASK_TIME_LIMIT", 300)
CELERY_TASK_SOFT_TIME_LIMIT = max(CELERY_TASK_TIME_LIMIT - 30, 1)
# An unacknowledged task is handed out again after this time, so it must exceed the hard limit.
CELERY_VISIBILITY_TIMEOUT = max(900, 3 * CELERY_TASK_TIME_LIMIT)
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"polling_interval": 0.1}
    if CELERY_BROKER_URL.startswith("memory")
    else {
        "visibility_timeout": CELERY_VISIBILITY_TIMEOUT,
        "socket_connect_timeout": 1,
        "socket_timeout": 3,
        "max_retries": 0,
    }
)
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "drain-the-outbox": {"task": "audit.tasks.drain", "schedule": 10.0, "options": {"expires": 30}},
    "send-mails": {
        "task": "notifications.tasks.send_waiting",
        "schedule": 10.0,
        "options": {"expires": 30},
    },
    "beat-heartbeat": {
        "task": "core.tasks.beat_heartbeat",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
    "scheduled-exports": {
        "task": "actions.tasks.start_due_exports",
        "schedule": 60.0,
        "options": {"expires": 120},
    },
    "credit-reminders": {
        "task": "actions.tasks.remind_of_credits",
        "schedule": 60.0 * 60,
        "options": {"expires": 60 * 60},
    },
    "silent-vendors": {
        "task": "actions.tasks.take_silence_steps",
        "schedule": 60.0 * 5,
        "options": {"expires": 60 * 5},
    },
    "old-exports": {
        "task": "actions.tasks.forget_old_exports",
        "schedule": 60.0 * 60,
        "options": {"expires": 60 * 60},
    },
}

# --- logs ---------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOG_FORMAT = env.str(
    "LOG_FORMAT", "json" if PRODUCTION else "text", validate=validate.OneOf(["json", "text"])
)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "config.logs.json_formatter"},
        "text": {"()": "config.logs.text_formatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "fontTools": {"level": "ERROR"},
        "gunicorn.http.wsgi": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
    },
}
