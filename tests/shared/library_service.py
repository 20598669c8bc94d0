"""Service of the library contract: it parses requests with Starlette, and validates by hand.

It shares no code with hookproof. `MISTAKES` are those of services that read such requests; without
them the service conforms to tests/data/library.yaml.
"""

import json
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MISTAKES: Final = MappingProxyType(
    {
        "first-item": "only the first item of a repeated parameter is read",
        "item-types": "the items of an array are not converted to numbers",
        "item-case": "the items of an array are compared without regard to case",
        "header-array": "an array in a header is one text",
        "cookie": "a required cookie is not checked",
        "form-field": "a missing form field is an empty text",
        "form-item": "only the first field of a name is read",
        "empty-array": "an empty array ends in an exception",
        "repeated": "a repeated parameter ends in an exception",
        "no-file": "a form without a file ends in an exception",
        "nested-value": "numbers within nested objects are not validated",
        "nested-required": "required properties of nested objects are not checked",
        "media-type": "the second media type is not supported",
    }
)


class Invalid(Exception):
    """Error: the request is invalid."""


def need(condition: bool) -> None:
    if not condition:
        raise Invalid


def integer(text: str) -> int:
    need(re.fullmatch(r"-?(0|[1-9][0-9]*)", text, re.ASCII) is not None)
    return int(text)


def is_integer(value: object) -> bool:
    whole = isinstance(value, float) and value.is_integer()
    return whole or (isinstance(value, int) and not isinstance(value, bool))


def create_app(mistakes: frozenset[str]) -> Starlette:
    """Return the application with some of `MISTAKES`."""

    def route(path: str, method: str, handle: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                await handle(request)
            except Invalid:
                return Response(status_code=422)
            return Response(status_code=200)

        return Route(path, endpoint, methods=[method])

    async def find_books(request: Request) -> None:
        query = request.query_params
        tags = query.getlist("tags")
        known = {"art", "law", "sea"}
        if "empty-array" in mistakes:
            assert "" not in tags
        need(1 <= len(tags) <= 3)
        for tag in tags[:1] if "first-item" in mistakes else tags:
            need((tag.lower() if "item-case" in mistakes else tag) in known)
        if "ids" in query:
            for text in query["ids"].split(","):
                if "item-types" not in mistakes:
                    integer(text)
        most = query.getlist("most")
        if "repeated" in mistakes:
            assert len(most) < 2
        for text in most:
            need(1 <= integer(text) <= 50)
        for name, text in query.multi_items():
            if name == "filter[year]":
                integer(text)
            if name == "filter[state]":
                need(text in ("lent", "free"))
        shelves = request.headers.get("x-shelves")
        if shelves is not None:
            found = [shelves] if "header-array" in mistakes else shelves.split(",")
            need(all(re.fullmatch("[A-Z]", text.strip()) for text in found))
        if "cookie" not in mistakes:
            need(re.fullmatch("[0-9]{4}", request.cookies.get("card", ""), re.ASCII) is not None)

    async def add_reader(request: Request) -> None:
        need(media_type(request) == "application/x-www-form-urlencoded")
        async with request.form() as form:
            name = form.get("name", "?" if "form-field" in mistakes else "")
            need(isinstance(name, str) and 1 <= len(name) <= 40)
            for text in form.getlist("age"):
                need(isinstance(text, str) and integer(text) >= 6)
            roles = form.getlist("roles")
            for role in roles[:1] if "form-item" in mistakes else roles:
                need(role in ("child", "adult"))

    async def add_scan(request: Request) -> None:
        need(media_type(request) == "multipart/form-data")
        try:
            async with request.form() as form:
                title, file = form.get("title"), form.get("file")
                need(isinstance(title, str) and 1 <= len(title) <= 20)
                if "no-file" in mistakes:
                    assert file is not None
                need(isinstance(file, UploadFile))
                for text in form.getlist("pages"):
                    need(isinstance(text, str) and integer(text) >= 1)
        except (HTTPException, KeyError):  # no multipart form, or one without a boundary
            raise Invalid from None

    async def lend(request: Request) -> None:
        if media_type(request) == "text/csv" and "media-type" not in mistakes:
            return
        need(media_type(request) == "application/json")
        try:
            loan = json.loads((await request.body()).decode("utf-8-sig"), parse_constant=integer)
        except (ValueError, RecursionError):
            raise Invalid from None
        need(isinstance(loan, dict) and isinstance(loan.get("reader"), dict))
        if "nested-required" not in mistakes or "kind" in loan["reader"]:
            need(loan["reader"].get("kind") in [text for text in ("child", "adult")])
        books = loan.get("books")
        need(isinstance(books, list) and 1 <= len(books) <= 5)
        for book in books:
            need(isinstance(book, dict))
            need(is_integer(book.get("id")) and book["id"] >= 1)
            if "days" in book:
                need(is_integer(book["days"]))
                need("nested-value" in mistakes or 1 <= book["days"] <= 28)

    return Starlette(
        routes=[
            route("/books", "GET", find_books),
            route("/readers", "POST", add_reader),
            route("/scans", "POST", add_scan),
            route("/loans", "POST", lend),
        ]
    )


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
