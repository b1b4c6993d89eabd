"""Django settings. Values come from ``nganam.site.env``; ``docs/settings.md`` lists every variable."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from nganam.site import env, logs

LOGGING = logs.LOGGING
DATA = env.data_dir()
LOGGING = logs.LOGGING
PACKAGE = Path(__file__).resolve().parents[1]
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret_key(DATA)
ALLOWED_HOSTS = env.text("HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in env.text("ORIGINS", "").split(",") if origin]

ROOMS = [
    "face", "audit", "jobs", "deadlines", "documents", "notices", "cases", "accounts", "agencies", "codelists",
    "scanning", "catalogue", "warehouse", "services", "sharing", "lgsp", "opendata", "inspection", "disputes",
    "analysis", "master", "lineage", "reporting", "portal", "desk", "api",
]  # fmt: skip
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_cotton.apps.SimpleAppConfig",
    "django_tasks",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *[f"nganam.{room}" for room in ROOMS],
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "nganam.site.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "nganam.face.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "nganam.site.middleware.ActorMiddleware",
    "nganam.site.middleware.ContentSecurityPolicyMiddleware",
    "nganam.site.middleware.AddressMiddleware",
    "nganam.site.middleware.ProblemMiddleware",
]
ROOT_URLCONF = "nganam.site.urls"
WSGI_APPLICATION = "nganam.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "nganam.site.context.page",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "nganam.face.templatetags.nganam"],
        },
    }
]


def database(url: str) -> dict[str, Any]:
    """Turn ``sqlite:///path`` or ``postgresql://user:pass@host:port/name`` into Django's settings."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path.removeprefix("/")) if parts.path.startswith("//") else DATA / parts.path[1:],
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=268435456;",
            },
            # To open the file anew is to read the whole schema anew: 3 ms of every request.
            "CONN_MAX_AGE": 60,
        }
    if parts.scheme in {"postgresql", "postgres"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path[1:],
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
        }
    raise env.WrongSetting(
        f"NGANAM_DATABASE_URL: không hỗ trợ {parts.scheme!r}.", hint="Dùng sqlite:/// hoặc postgresql://."
    )


DATABASES = {"default": database(env.text("DATABASE_URL", "sqlite:///nganam.sqlite3"))}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/dang-nhap/"
LOGIN_REDIRECT_URL = "/ban-lam-viec/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "nganam.accounts.adapter.ClosedDoorAdapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "nganam.accounts.adapter.WordsOfMfa"

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
WHITENOISE_USE_FINDERS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("HTTPS", default=False)
CSRF_FAILURE_VIEW = "nganam.face.problems.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
EMAIL_BACKEND = env.text("MAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = DATA / "mail"
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "khong-tra-loi@nganam.invalid")

# Of the platform itself.
NGANAM_SUBSCRIPTIONS = "nganam.site.subscriptions.TABLE"
NGANAM_SMALLEST_GROUP = env.number("SMALLEST_GROUP", 5)
NGANAM_UPLOAD_LIMIT = env.number("UPLOAD_LIMIT_MB", 100) * 1_000_000
NGANAM_GATEWAY_URL = env.text("GATEWAY_URL", env.local_address("PORT_GATEWAY"))
NGANAM_GATEWAY_TLS_URL = env.text("GATEWAY_TLS_URL", f"https://127.0.0.1:{env.tls_port()}")
NGANAM_GATEWAY_PROXIES = env.networks("GATEWAY_PROXIES")
NGANAM_SERVING_URL = env.text("SERVING_URL", env.local_address("PORT_SERVING"))
NGANAM_PUBLIC_URL = env.text("PUBLIC_URL", env.local_address("PORT_WEB"))
NGANAM_INSTANCE = env.instance()
NGANAM_METRICS_TOKEN = env.metrics_token()
NGANAM_OTLP_ENDPOINT = env.text("OTLP_ENDPOINT", "")
NGANAM_OTLP_PERCENT = env.number("OTLP_PERCENT", 100)
NGANAM_UPSTREAM_NETWORKS = env.text("UPSTREAM_NETWORKS", "")
NGANAM_WAREHOUSE_NETWORKS = env.text("WAREHOUSE_NETWORKS", "")
NGANAM_TRUST = Path(env.text("TRUST", str(DATA / "trust")))
NGANAM_DEMO = env.flag("DEMO", default=False)
