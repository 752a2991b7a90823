"""Django's settings for django-post-office: its defaults, over SMTP to the benchmark's sink."""

import os
import tempfile

from django.db.backends.postgresql import psycopg_any  # noqa: F401 (fails at once where psycopg is missing)

SECRET_KEY = "a secret of the benchmarks, which opens nothing"  # noqa: S105 (it guards nothing)
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "post_office"]
MEDIA_ROOT = tempfile.gettempdir()
STORAGES = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}  # the attachment costs it no disk
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]  # it renders what is rendered already
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["POST_OFFICE_DATABASE"],
        "USER": "hireloop",
        "HOST": os.environ["POST_OFFICE_SOCKET"],
        "PORT": "5432",
    }
}
EMAIL_BACKEND = "post_office.EmailBackend"
POST_OFFICE = {"BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"}, "MESSAGE_ID_ENABLED": True}
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["POST_OFFICE_MAIL_PORT"])
DEFAULT_FROM_EMAIL = "HireLoop <interviews@hire.example>"
