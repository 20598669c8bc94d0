"""Views of the receiver."""

import base64
import hmac
import json
import time
from datetime import datetime

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from invoices.models import Change

SECRET = base64.b64decode(settings.WEBHOOK_SECRET.removeprefix("whsec_") + "==")
TOLERANCE_S = 300


@csrf_exempt
@require_POST
def receive(request):
    if request.content_type != "application/json":
        return HttpResponse(status=415)
    if not request.META.get("CONTENT_LENGTH"):
        return HttpResponse(status=411)  # by WSGI Django reads no body that comes in chunks
    if not is_verified(request):
        return HttpResponse(status=401)
    try:
        event = json.loads(request.body)
        if event["type"] in ("invoice.paid", "invoice.voided"):
            change(request.headers["Webhook-Id"], event)
    except (LookupError, TypeError, ValueError, RecursionError):
        return HttpResponse(status=400)
    return HttpResponse(status=204)


def is_verified(request):
    webhook_id = request.headers.get("Webhook-Id", "")
    timestamp = request.headers.get("Webhook-Timestamp", "")
    if not (timestamp.isascii() and timestamp.isdecimal()):
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE_S:
        return False
    signed = f"{webhook_id}.{timestamp}.".encode() + request.body
    expected = b"v1," + base64.b64encode(hmac.digest(SECRET, signed, "sha256"))
    signatures = request.headers.get("Webhook-Signature", "").encode().split()
    return any(hmac.compare_digest(signature, expected) for signature in signatures)


def change(webhook_id, event):
    """Store the change of an invoice, unless it came before or a newer one is there."""
    invoice, status = str(event["data"]["id"]), event["type"].partition(".")[2]
    at = datetime.fromisoformat(event["timestamp"])
    if not Change.objects.filter(invoice=invoice, at__gt=at).exists():
        values = {"invoice": invoice, "status": status, "at": at}
        Change.objects.get_or_create(webhook_id=webhook_id, defaults=values)


def effects(_request):
    return HttpResponse(Change.objects.count())
