"""Receiver of webhooks with Django: `gunicorn --threads 8 --bind 127.0.0.1:3000 wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
application = get_wsgi_application()
