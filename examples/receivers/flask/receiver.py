"""Receiver of webhooks with Flask: `flask --app receiver run --port 3000`."""

import base64
import hmac
import json
import os
import sqlite3
import time
from contextlib import closing
from datetime import datetime

from flask import Flask, abort, request

SECRET = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_") + "==")
DATABASE = os.environ.get("DATABASE", "receiver.sqlite")
TOLERANCE_S = 300

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 2**20


def database():
    return closing(sqlite3.connect(DATABASE, timeout=20, isolation_level=None))


with database() as db:
    columns = "webhook_id TEXT PRIMARY KEY, invoice TEXT, status TEXT, at REAL"
    db.execute(f"CREATE TABLE IF NOT EXISTS changes ({columns})")


@app.post("/webhooks")
def receive():
    if request.mimetype != "application/json":
        abort(415)
    body = request.get_data()
    webhook_id = verified_id(body)
    try:
        event = json.loads(body)
        if event["type"] in ("invoice.paid", "invoice.voided"):
            change(webhook_id, event)
    except (LookupError, TypeError, ValueError, RecursionError):
        abort(400)
    return "", 204


def verified_id(body):
    """Return the id of a delivery that is signed and recent; abort with 401 otherwise."""
    webhook_id, timestamp = header("Webhook-Id"), header("Webhook-Timestamp")
    if not (timestamp.isascii() and timestamp.isdecimal()):
        abort(401)
    if abs(time.time() - int(timestamp)) > TOLERANCE_S:
        abort(401)
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.digest(SECRET, signed, "sha256"))
    signatures = header("Webhook-Signature").encode().split()
    if not any(hmac.compare_digest(signature, expected) for signature in signatures):
        abort(401)
    return webhook_id


def header(name):
    # The server of `flask run` leaves white space at the end of a value.
    return request.headers.get(name, "").strip()


def change(webhook_id, event):
    """Store the change of an invoice, unless it came before or a newer one is there."""
    invoice, status = str(event["data"]["id"]), event["type"].partition(".")[2]
    at = datetime.fromisoformat(event["timestamp"]).timestamp()
    with database() as db:
        db.execute(
            "INSERT OR IGNORE INTO changes SELECT ?, ?, ?, ? WHERE NOT EXISTS"
            " (SELECT 1 FROM changes WHERE invoice = ? AND at > ?)",
            (webhook_id, invoice, status, at, invoice, at),
        )


@app.get("/effects")
def effects():
    with database() as db:
        return str(db.execute("SELECT count(*) FROM changes").fetchone()[0])
