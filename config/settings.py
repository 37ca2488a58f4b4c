"""Django settings. Everything that a county changes comes from the environment.

Each variable is listed in docs/reference/settings.md; a test fails when one is not.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

BASE = Path(__file__).resolve().parents[1]


def env(name: str, default: str = "") -> str:
    """Return the setting ``JIQUN_<name>`` from the environment."""
    return os.environ.get(f"JIQUN_{name}", default)


def _flag(name: str, *, default: bool) -> bool:
    return env(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def _names(name: str, default: str) -> list[str]:
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def _secret_key(folder: Path) -> str:
    """Return the key from the environment, else one made once and kept readable by its owner only."""
    if given := env("SECRET_KEY"):
        return given
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def _database(url: str, folder: Path) -> dict[str, Any]:
    """Return Django's database entry: PostgreSQL by URL, else SQLite in WAL with full fsync.

    synchronous=FULL because NORMAL loses acknowledged commits when the power is cut; IMMEDIATE
    because a deferred transaction that turns into a write fails instead of waiting.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "jiqun.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
    }


VAR = Path(env("VAR", str(BASE / "var")))
STORE = Path(env("STORE", str(VAR / "store")))
DEBUG = _flag("DEBUG", default=False)
DEMO = _flag("DEMO", default=False)
SECRET_KEY = _secret_key(VAR)
ALLOWED_HOSTS = _names("HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _names("ORIGINS", "")
HTTPS = _flag("HTTPS", default=False)
AUDIT_HASH = env("AUDIT_HASH", "sha256")  # digest of the audit log: sha256 or sm3

# The parts whose manifests make up the console; core and masters declare themselves likewise.
# A folder of a county's own policy packs beside those of this project (docs/reference/policy-packs.md).
POLICY_FOLDER = env("POLICY_FOLDER")
JIQUN_MODULES = [
    "jiqun.modules.chain",
    "jiqun.modules.policy",
    "jiqun.modules.land",
    "jiqun.masters",
    "jiqun.core",
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "jiqun.core",  # before allauth, whose login page it replaces
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "ninja",  # serves the pages of /api/docs from here
    *(name for name in JIQUN_MODULES if name != "jiqun.core"),
    "jiqun.cockpit",
]
MIDDLEWARE = [
    "jiqun.core.security.middleware.RequestMiddleware",  # first: the request's id and address
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "jiqun.masters.middleware.ViewerMiddleware",
    "jiqun.core.security.middleware.RateMiddleware",
    "jiqun.core.security.middleware.SessionMiddleware",
    "jiqun.core.middleware.ErrorMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "jiqun.core.pages.shell",
            ]
        },
    }
]
DATABASES = {"default": _database(env("DATABASE_URL"), VAR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_PROFILE = env("PASSWORD_PROFILE", "mlps3")
AUTH_PASSWORD_VALIDATORS = [{"NAME": "jiqun.core.security.passwords.ProfileValidator"}]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # earlier hashes are renewed at login
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "jiqun.masters.accounts.ClosedSignup"
ACCOUNT_FORMS = {"change_password": "jiqun.core.security.forms.OwnPassword"}
ACCOUNT_RATE_LIMITS = False  # counted by core/security, for all server processes together
# Wrong passwords or codes until an account is locked, and for how long.
LOCK_AFTER = int(env("LOCK_AFTER", "5"))
LOCK_MINUTES = int(env("LOCK_MINUTES", "15"))
RATE_LIMITS = env("RATE_LIMITS", "")
# Who must have a second factor: off, admins, officials (and administrators), all.
MFA = env("MFA", "off" if DEMO else "officials")
MFA_ADAPTER = "jiqun.core.security.factors.FactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # accounts are opened by name; mail addresses are not asked for
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_FORMS = {
    "authenticate": "jiqun.core.security.factors.CodeAtLogin",
    "reauthenticate": "jiqun.core.security.factors.CodeAgain",
    "activate_totp": "jiqun.core.security.factors.CodeAtEnrolment",
}
SESSION_IDLE_MINUTES = int(env("SESSION_IDLE_MINUTES", "30"))
SESSION_COOKIE_AGE = int(env("SESSION_HOURS", "8")) * 3600
# The prefix makes browsers insist on HTTPS and on this very host (RFC 6265bis).
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = HTTPS
# Machines whose X-Forwarded-* headers are believed: the proxy that ends HTTPS.
TRUSTED_PROXIES = _names("TRUSTED_PROXIES", "127.0.0.1,::1")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# A program is told that it asked without encryption; a redirect would hide it.
SECURE_REDIRECT_EXEMPT = ["^api/", "^health$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# worker: a process beside the server does the background work; immediate: the request itself.
JOBS = env("JOBS", "worker")
MEMBERSHIP_MODEL = "masters.Membership"
VIEWER_OF = "jiqun.masters.viewers.viewer_of"
PUBLIC_URL = env("URL")
# One base map under the map of parcels; all three or none (docs/reference/settings.md).
TILES_URL, TILES_CREDIT, TILES_APPROVAL = (
    env("TILES_URL"), env("TILES_CREDIT"), env("TILES_APPROVAL"),
)  # fmt: skip
ROBOT_HOSTS = _names("ROBOT_HOSTS", "https://qyapi.weixin.qq.com,https://oapi.dingtalk.com")
EMAIL_HOST = env("MAIL_HOST")
MAIL = bool(EMAIL_HOST)
EMAIL_PORT = int(env("MAIL_PORT", "465"))
EMAIL_HOST_USER = env("MAIL_USER")
EMAIL_HOST_PASSWORD = env("MAIL_PASSWORD")
EMAIL_USE_SSL = env("MAIL_SECURITY", "ssl") == "ssl"
EMAIL_USE_TLS = env("MAIL_SECURITY", "ssl") == "starttls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("MAIL_FROM", "jiqun@localhost")

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE / "jiqun" / "locale"]
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
FRONTEND_DIST = BASE / "frontend" / "dist"
STATICFILES_DIRS = [FRONTEND_DIST] if FRONTEND_DIST.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
# Vite puts a content hash into the file name, so such a file may be kept for ever.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+[.-][0-9A-Za-z_-]{8}\.(js|css|svg|woff2)$"
MAX_UPLOAD = int(env("MAX_UPLOAD_MB", "50")) * 1024 * 1024
IMPORT_UNDO_DAYS = int(env("IMPORT_UNDO_DAYS", "30"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "jiqun.core.security.origin.OneLine",
            "format": "{asctime} {levelname} {request_id} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "WARNING")},
}
