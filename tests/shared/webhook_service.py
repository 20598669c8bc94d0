"""Service with webhooks as FastAPI's tutorial teaches to declare and to send them.

`MISTAKES` make its webhooks break the document or its promise; without them it keeps both. Its
document says nothing about which operation sends which webhook.
"""

import argparse
import asyncio
import socket
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import httpx
import uvicorn
from fastapi import BackgroundTasks, FastAPI, HTTPException
from pydantic import BaseModel, Field

MISTAKES: Final = MappingProxyType(
    {
        "never-sent": "no webhook is sent",
        "one-in-three": "only every third webhook is sent",
        "sent-twice": "each webhook is sent twice",
        "name-cut": "a webhook has the first 20 characters of the name",
        "another-id": "the id in a webhook is another one than in the response",
        "previous-pet": "a webhook has the values of the pet before",
        "local-time": "the date in a webhook is two hours late",
        "tag-lost": "a webhook has no tag although the pet has one",
        "missing-name": "a webhook lacks the name",
        "id-as-object": "the id in a webhook is an object",
        "text-body": "the media type of a webhook is text/plain",
    }
)
"""Mistakes of the webhooks by name."""


class PetIn(BaseModel):
    """Pet that a client sends."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    tag: Annotated[str | None, Field(max_length=20)] = None


class Pet(PetIn):
    """Pet with what the service adds."""

    id: UUID
    created_at: datetime


def create_app(mistakes: frozenset[str] = frozenset(), receiver: str = "") -> FastAPI:
    """Return the application with some of `MISTAKES`; it sends webhooks to `receiver`."""
    app = FastAPI(title="Pets", version="1.0.0")
    pets: dict[UUID, Pet] = {}

    @app.webhooks.post("petCreated")
    def pet_created(body: Pet) -> None:
        """Tell that a pet was created."""

    async def send(payload: dict[str, Any]) -> None:
        number = len(pets)
        if "never-sent" in mistakes or ("one-in-three" in mistakes and number % 3):
            return
        media_type = "text/plain" if "text-body" in mistakes else "application/json"
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(2 if "sent-twice" in mistakes else 1):
                content = httpx.Request("POST", receiver, json=payload).content
                await client.post(receiver, content=content, headers={"Content-Type": media_type})

    def payload_of(pet: Pet) -> dict[str, Any]:
        if "previous-pet" in mistakes and len(pets) > 1:
            pet = [*pets.values()][-2]
        data = pet.model_dump(mode="json")
        if "name-cut" in mistakes:
            data["name"] = pet.name[:20]
        if "another-id" in mistakes:
            data["id"] = str(uuid4())
        if "local-time" in mistakes:
            data["created_at"] = (pet.created_at + timedelta(hours=2)).isoformat()
        if "tag-lost" in mistakes:
            data["tag"] = None
        if "missing-name" in mistakes:
            del data["name"]
        if "id-as-object" in mistakes:
            data["id"] = {"value": data["id"]}
        return data

    @app.post("/pets", status_code=201)
    async def create_pet(pet: PetIn, tasks: BackgroundTasks) -> Pet:
        made = Pet(id=uuid4(), created_at=datetime.now(UTC), **pet.model_dump())
        pets[made.id] = made
        tasks.add_task(send, payload_of(made))
        return made

    @app.get("/pets/{pet_id}")
    async def read_pet(pet_id: UUID) -> Pet:
        if pet_id not in pets:
            raise HTTPException(404, "There is no such pet")
        return pets[pet_id]

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mistake", action="append", default=[], choices=MISTAKES)
    parser.add_argument("--webhook-url", required=True)
    given = parser.parse_args()
    app = create_app(frozenset(given.mistake), given.webhook_url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        asyncio.run(server.serve([listener]))


if __name__ == "__main__":
    main()
