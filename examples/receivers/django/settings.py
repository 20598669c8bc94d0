"""Settings of the receiver; the key is random because nothing here signs with it."""

import os
import secrets

SECRET_KEY = secrets.token_hex()
WEBHOOK_SECRET = os.environ["WEBHOOK_SECRET"]
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
INSTALLED_APPS = ["invoices"]
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "invoices.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE", "receiver.sqlite"),
        "ATOMIC_REQUESTS": True,
        # SQLite locks at the first query: two transactions cannot wait for each other.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
    }
}
USE_TZ = True
