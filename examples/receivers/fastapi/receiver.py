"""Receiver of webhooks with FastAPI: `uvicorn receiver:app --port 3000`."""

import os
import sqlite3
from contextlib import closing
from datetime import datetime

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

WEBHOOK = Webhook(os.environ["WEBHOOK_SECRET"])
DATABASE = os.environ.get("DATABASE", "receiver.sqlite")

app = FastAPI()


class Invoice(BaseModel):
    id: str


class Event(BaseModel):
    type: str
    timestamp: datetime
    data: Invoice


def database():
    return closing(sqlite3.connect(DATABASE, timeout=20, isolation_level=None))


with database() as db:
    columns = "webhook_id TEXT PRIMARY KEY, invoice TEXT, status TEXT, at REAL"
    db.execute(f"CREATE TABLE IF NOT EXISTS changes ({columns})")


@app.post("/webhooks", status_code=204)
async def receive(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415)
    body = await request.body()
    try:
        WEBHOOK.verify(body, dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        raise HTTPException(401) from None
    try:
        event = Event.model_validate_json(body)
    except ValidationError:
        raise HTTPException(400) from None
    if event.type in ("invoice.paid", "invoice.voided"):
        await run_in_threadpool(change, request.headers["webhook-id"], event)


def change(webhook_id: str, event: Event) -> None:
    """Store the change of an invoice, unless it came before or a newer one is there."""
    status, at = event.type.partition(".")[2], event.timestamp.timestamp()
    with database() as db:
        db.execute(
            "INSERT OR IGNORE INTO changes SELECT ?, ?, ?, ? WHERE NOT EXISTS"
            " (SELECT 1 FROM changes WHERE invoice = ? AND at > ?)",
            (webhook_id, event.data.id, status, at, event.data.id, at),
        )


@app.get("/effects")
def effects() -> int:
    with database() as db:
        return db.execute("SELECT count(*) FROM changes").fetchone()[0]
