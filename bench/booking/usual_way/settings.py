"""Django's settings for the usual way: as `startproject` writes them, or tuned where USUAL_WAY_TUNED is set.

Tuned, it keeps its connections to the database and has no middleware. Either way it speaks JSON only.
"""

import os

from django.db.backends.postgresql import psycopg_any  # noqa: F401 (fails at once where psycopg is missing)

SECRET_KEY = "a secret of the benchmarks, which opens nothing"  # noqa: S105 (it guards nothing)
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "Asia/Kolkata"
ROOT_URLCONF = "bench.booking.usual_way.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "rest_framework.authtoken",
    "bench.booking.usual_way",
]
TUNED = "USUAL_WAY_TUNED" in os.environ
_USUAL_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
MIDDLEWARE = [] if TUNED else _USUAL_MIDDLEWARE
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["USUAL_WAY_DATABASE"],
        "USER": "hireloop",
        "HOST": os.environ["USUAL_WAY_SOCKET"],
        "PORT": "5432",
        "CONN_MAX_AGE": None if TUNED else 0,
    }
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["USUAL_WAY_MAIL_PORT"])
DEFAULT_FROM_EMAIL = "HireLoop <interviews@hire.example>"
