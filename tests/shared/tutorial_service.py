"""Service as FastAPI's tutorial teaches to write one: items in memory, and HTTP Basic.

It is judged by the document that the framework generates, without any extension. `MISTAKES` make
it break that document; without them it keeps it.
"""

import argparse
import asyncio
import itertools
import secrets
import socket
from types import MappingProxyType
from typing import Annotated, Any, Final

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from pydantic import BaseModel, Field

MISTAKES: Final = MappingProxyType(
    {
        "no-authentication": "writing needs no credential",
        "any-password": "the password is not compared",
        "user-prefix": "the user name only has to begin like the right one",
        "price-text": "a response has the price as a text",
        "missing-name": "the response to reading one item lacks its name",
        "null-list": "an empty list is answered as null",
        "status-200": "a creation is answered 200",
        "crash-on-unknown": "reading an unknown item ends in an exception",
        "crash-on-tags": "an item without tags ends in an exception",
        "negative-price": "a negative price is accepted",
        "long-name": "a name of any length is accepted",
        "large-page": "a page of any size is accepted",
    }
)
"""Mistakes by name."""
USER: Final = "stanleyjobson"
PASSWORD: Final = "swordfish"


def create_app(mistakes: frozenset[str] = frozenset()) -> FastAPI:
    """Return the application with some of `MISTAKES`; its document is that of the right one."""
    app = FastAPI(title="Items", version="1.0.0")
    security = HTTPBasic(auto_error="no-authentication" not in mistakes)
    numbers = itertools.count(1)
    prices = (
        Field() if "negative-price" in mistakes else Field(gt=0, le=100_000, allow_inf_nan=False)
    )
    names = Field() if "long-name" in mistakes else Field(min_length=1, max_length=50)
    limits = Query() if "large-page" in mistakes else Query(ge=1, le=100)

    class ItemIn(BaseModel):
        name: Annotated[str, names]
        price: Annotated[float, prices]
        description: Annotated[str | None, Field(max_length=300)] = None
        tags: Annotated[list[str], Field(max_length=10)] = []

    class Item(ItemIn):
        id: int

    items: dict[int, Item] = {}

    def current_user(
        given: Annotated[HTTPBasicCredentials | None, Depends(security)],
    ) -> None:
        if "no-authentication" in mistakes:
            return
        assert given is not None, "the framework answers 401 without a credential"
        user_is_right = (
            given.username.startswith(USER)
            if "user-prefix" in mistakes
            else secrets.compare_digest(given.username.encode(), USER.encode())
        )
        password_is_right = "any-password" in mistakes or secrets.compare_digest(
            given.password.encode(), PASSWORD.encode()
        )
        if not (user_is_right and password_is_right):
            challenge = {"WWW-Authenticate": "Basic"}
            raise HTTPException(401, "Incorrect username or password", challenge)

    authenticated = [Depends(current_user)]

    def find(item_id: int) -> Item:
        if "crash-on-unknown" in mistakes:
            return items[item_id]
        if item_id not in items:
            raise HTTPException(404, "Item not found")
        return items[item_id]

    def answer(item: Item, status: int = 200) -> JSONResponse:
        data = item.model_dump()
        if "price-text" in mistakes:
            data["price"] = str(item.price)
        return JSONResponse(data, status)

    def store(item_id: int, given: ItemIn) -> Item:
        if "crash-on-tags" in mistakes:
            assert given.tags[0] is not None
        items[item_id] = Item(id=item_id, **given.model_dump())
        return items[item_id]

    @app.post("/items/", status_code=201, response_model=Item, dependencies=authenticated)
    async def create_item(given: ItemIn) -> JSONResponse:
        return answer(store(next(numbers), given), 200 if "status-200" in mistakes else 201)

    @app.get("/items/", response_model=list[Item])
    async def read_items(
        skip: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, limits] = 10
    ) -> JSONResponse:
        found = [item.model_dump() for item in [*items.values()][skip : skip + limit]]
        return JSONResponse(None if not found and "null-list" in mistakes else found)

    @app.get("/items/{item_id}", response_model=Item)
    async def read_item(item_id: int) -> JSONResponse:
        item = find(item_id)
        if "missing-name" in mistakes:
            return JSONResponse(item.model_dump(exclude={"name"}))
        return answer(item)

    @app.put("/items/{item_id}", response_model=Item, dependencies=authenticated)
    async def update_item(item_id: int, given: ItemIn) -> JSONResponse:
        find(item_id)
        return answer(store(item_id, given))

    @app.delete("/items/{item_id}", status_code=204, dependencies=authenticated)
    async def delete_item(item_id: int) -> None:
        find(item_id)
        del items[item_id]

    if mistakes:
        app.openapi_schema = create_app().openapi()
    return app


def document() -> dict[str, Any]:
    """Return the document that the framework generates for the right application."""
    return create_app().openapi()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mistake", action="append", default=[], choices=MISTAKES)
    app = create_app(frozenset(parser.parse_args().mistake))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        asyncio.run(server.serve([listener]))


if __name__ == "__main__":
    main()
