"""Everything that differs between machines comes from the environment; the README lists every variable."""

from __future__ import annotations

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from config.embedded import embedded_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

DATA_DIR = Path(env.str("CASCADER_DATA_DIR", default=str(BASE_DIR / "var")))
DEBUG = env.bool("DEBUG", default=False)
# The embedded set keeps its own secrets below the data folder; a real database asks for real ones.
EMBEDDED = "DATABASE_URL" not in env.ENVIRON and "DATABASE_URL_FILE" not in env.ENVIRON
if EMBEDDED and (DATA_DIR / "environment").exists():  # what `make demo` left for the other commands
    env.read_env(str(DATA_DIR / "environment"))


def _secret(name: str) -> str:
    if EMBEDDED:
        return str(env.str(name, default="")) or embedded_secret(DATA_DIR, name)
    try:
        return str(env.str(name))
    except ImproperlyConfigured as err:
        raise ImproperlyConfigured(f"Set {name}: with DATABASE_URL given, no secret is made up.") from err


SECRET_KEY = _secret("SECRET_KEY")
FIELD_ENCRYPTION_KEYS = [key for key in _secret("FIELD_ENCRYPTION_KEYS").split(",") if key]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "mappings",
    "carts",
    "intake",
    "cascade",
    "bookings",
    "objects",
    "reports",
    "logs_ui",
    "config",
]

MIDDLEWARE = [
    "config.middleware.Doorkeeper",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.csp.AdminPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.BodyLimit",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.SecretsSealed",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'cascader.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # FULL: what is marked as sending must survive a power cut. IMMEDIATE: writers queue instead of failing.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    DATABASES["default"]["CONN_MAX_AGE"] = None
    # A file, not memory: tests share it with real worker processes.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "/logs/"

USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
LANGUAGE_CODE = "en-us"
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
if EMBEDDED:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

# -- Celery: it only wakes workers; an empty or absent broker loses nothing ---------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://localhost")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_DB_REUSE_MAX = 2**62  # else each task has a new connection; `config.celery` looks after them
CELERY_TASK_DEFAULT_QUEUE = env.str("CELERY_QUEUE", default="cascader")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {}
if CELERY_BROKER_URL.startswith("filesystem:"):
    _queue = DATA_DIR / "queue"
    (_queue / "control").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue),
        "data_folder_out": str(_queue),
        "control_folder": str(_queue / "control"),
        "polling_interval": 0.01,
    }
# Where the apps send their wake-ups: a Django shop that installs them may have a Celery app of its own.
CASCADER_BROKER_URL, CASCADER_QUEUE = CELERY_BROKER_URL, CELERY_TASK_DEFAULT_QUEUE
CASCADER_BROKER_TRANSPORT_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS

# -- the CRM ------------------------------------------------------------------------------------------------
CRM_GATEWAY_URL = env.str("CRM_GATEWAY_URL", default="")
CRM_LEGACY_URL = env.str("CRM_LEGACY_URL", default="")
CRM_AUTHORIZE_URL = env.str("CRM_AUTHORIZE_URL", default="")
KEAP_CLIENT_ID = env.str("KEAP_CLIENT_ID", default="")
KEAP_CLIENT_SECRET = env.str("KEAP_CLIENT_SECRET", default="")
OAUTH_LEASE_SECONDS = 300.0  # how long a silent worker keeps others from renewing; longer than two reads
OAUTH_READ_TIMEOUT_SECONDS = env.float("OAUTH_READ_TIMEOUT_SECONDS", default=60.0)
OAUTH_WAIT_SECONDS = 3.0  # how long who has no living token waits for another's renewal
OAUTH_REFRESH_LIFE_DAYS = 45.0  # unused; uncertain, for the alarm before its end
CRM_TIME_ZONE = env.str("CRM_TIME_ZONE", default="America/New_York")
CRM_CONNECT_TIMEOUT_SECONDS = 5.0
CRM_READ_TIMEOUT_SECONDS = 30.0
CRM_LIMITS = env.json("CRM_LIMITS", default={})
CRM_REST_DISCOUNTS_POSITIVE = env.bool("CRM_REST_DISCOUNTS_POSITIVE", default=False)
DIRECTORY_HOURS = 24.0  # how often the CRM's lists are read; 0: only when asked for

# -- reports ------------------------------------------------------------------------------------------------
REPORTS_PACE_SECONDS = env.float("REPORTS_PACE_SECONDS", default=1.0)
REPORTS_MOST_ROWS = env.int("REPORTS_MOST_ROWS", default=1_000_000)

# -- mail: notices to a merchant's people -------------------------------------------------------------------
vars().update(env.email("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="Cascader <cascader@localhost>")
SITE_URL = env.str("SITE_URL", default="").rstrip("/")

# -- the engine ---------------------------------------------------------------------------------------------
LEASE_SECONDS = 10.0  # how long a silent worker keeps its replication
SETTLE_SECONDS = 60.0  # how late an effect may land after its reply was lost; longer than a read
SWEEP_SECONDS = 1.0  # how often the scheduler looks
SWEEP_DIRECT_AFTER_SECONDS = 3.0  # when the scheduler works itself instead of waking workers

# -- shops' own APIs ---------------------------------------------------------------------------------------
SHOP_PRIVATE_ADDRESSES = env.bool("SHOP_PRIVATE_ADDRESSES", default=False)
BOOKING_API_URL = env.str("BOOKING_API_URL", default="")
ULTRACART_URL = env.str("ULTRACART_URL", default="https://secure.ultracart.com")

# -- what comes in ------------------------------------------------------------------------------------------
MAX_BODY_BYTES = env.int("MAX_BODY_BYTES", default=2_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # the mapping tables are long

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["intake.api.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "PAGE_SIZE": 50,
    "DEFAULT_THROTTLE_RATES": {"api_key": env.str("API_KEY_RATE", default="600/min")},
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Cascader",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "What a shop's own program puts into Cascader, and what became of it. Every delivery is "
    "whole: there are no partial updates. Amounts are in the order's currency, times carry their offset.",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "carts.api.order_schema.carts_links",
        "logs_ui.api.links.replication_links",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ReplicationKind": "logs_ui.api.serializers.kind_choices",
        "ReplicationState": "cascade.models.Replication.State",
        "StepState": "cascade.models.JournalEntry.State",
        "ChargeKind": "carts.order_data.ChargeKind",
    },
}

# -- security -----------------------------------------------------------------------------------------------
HTTPS = env.bool("HTTPS", default=not EMBEDDED)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
# The first three are asked for from inside; the others are refused without TLS, not redirected.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$", r"^api/", r"^hooks/"]
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
if HTTPS:  # a browser takes these from this very host alone
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

UNFOLD = {
    "SITE_TITLE": "Cascader",
    "SITE_HEADER": "Cascader",
    "SITE_SUBHEADER": "Orders into Infusionsoft (Keap)",
    "SITE_URL": "/logs/",
    "COLORS": {
        # the log's green; config.csp knows the style element that this makes by its hash
        "primary": {
            "50": "rgb(240 249 247)",
            "100": "rgb(215 240 235)",
            "200": "rgb(176 224 215)",
            "300": "rgb(127 201 189)",
            "400": "rgb(69 170 156)",
            "500": "rgb(31 140 126)",
            "600": "rgb(13 107 97)",
            "700": "rgb(12 88 80)",
            "800": "rgb(12 71 65)",
            "900": "rgb(11 58 54)",
            "950": "rgb(4 34 32)",
        }
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.process_log.OneLine",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
