"""A Django shop with Cascader's apps beside its own, in one database with Cascader's own processes."""

import environ

env = environ.Env()
SECRET_KEY = env.str("SECRET_KEY")
DATABASES = {"default": env.db("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "mappings",
    "intake",
    "carts",
    "cascade",
    "shop",
]
# What Cascader's apps read here; its workers, which call the CRM, have their own settings.
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEYS")
CRM_LIMITS: dict[str, object] = {}
