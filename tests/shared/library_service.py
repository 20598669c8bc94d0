"""Service of the library contract: it parses requests with Starlette, and validates by hand.

It shares no code with hookproof. `MISTAKES` are those of services that read such requests; without
them the service conforms to tests/data/library.yaml.
"""

import json
import re
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Final

from python_multipart.exceptions import FormParserError
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


class Library:
    """Handlers of the service with some of `MISTAKES`; each raises `Invalid` or returns."""

    def __init__(self, mistakes: frozenset[str]) -> None:
        self._mistakes = mistakes

    async def find_books(self, request: Request) -> None:
        query = request.query_params
        tags = query.getlist("tags")
        if "empty-array" in self._mistakes:
            assert "" not in tags
        need(1 <= len(tags) <= 3)
        for tag in tags[:1] if "first-item" in self._mistakes else tags:
            need((tag.lower() if "item-case" in self._mistakes else tag) in ("art", "law", "sea"))
        for text in query["ids"].split(",") if "ids" in query else ():
            if "item-types" not in self._mistakes:
                integer(text)
        most = query.getlist("most")
        if "repeated" in self._mistakes:
            assert len(most) < 2
        need(all(1 <= integer(text) <= 50 for text in most))
        for name, text in query.multi_items():
            if name == "filter[year]":
                integer(text)
            need(name != "filter[state]" or text in ("lent", "free"))
        shelves = request.headers.get("x-shelves")
        if shelves is not None:
            found = [shelves] if "header-array" in self._mistakes else shelves.split(",")
            need(all(re.fullmatch("[A-Z]", text.strip()) for text in found))
        card = request.cookies.get("card", "")
        is_card = re.fullmatch("[0-9]{4}", card, re.ASCII) is not None
        need(is_card or "cookie" in self._mistakes)

    async def add_reader(self, request: Request) -> None:
        need(media_type(request) == "application/x-www-form-urlencoded")
        async with request.form() as form:
            name = form.get("name", "?" if "form-field" in self._mistakes else "")
            need(isinstance(name, str) and 1 <= len(name) <= 40)
            for text in form.getlist("age"):
                need(isinstance(text, str) and integer(text) >= 6)
            roles = form.getlist("roles")
            for role in roles[:1] if "form-item" in self._mistakes else roles:
                need(role in ("child", "adult"))

    async def add_scan(self, request: Request) -> None:
        need(media_type(request) == "multipart/form-data")
        try:
            async with request.form() as form:
                title, file = form.get("title"), form.get("file")
                need(isinstance(title, str) and 1 <= len(title) <= 20)
                if "no-file" in self._mistakes:
                    assert file is not None
                need(isinstance(file, UploadFile))
                for text in form.getlist("pages"):
                    need(isinstance(text, str) and integer(text) >= 1)
        # No multipart form, or one without a boundary; an old starlette raises the last one.
        except (HTTPException, KeyError, FormParserError):
            raise Invalid from None

    async def lend(self, request: Request) -> None:
        if media_type(request) == "text/csv" and "media-type" not in self._mistakes:
            return
        need(media_type(request) == "application/json")
        try:
            loan = json.loads((await request.body()).decode("utf-8-sig"), parse_constant=integer)
        except (ValueError, RecursionError):
            raise Invalid from None
        need(isinstance(loan, dict) and isinstance(loan.get("reader"), dict))
        reader, books = loan["reader"], loan.get("books")
        is_optional = "nested-required" in self._mistakes
        need((is_optional and "kind" not in reader) or reader.get("kind") in ["child", "adult"])
        need(isinstance(books, list) and 1 <= len(books) <= 5)
        for book in books:
            need(isinstance(book, dict) and is_integer(book.get("id")) and book["id"] >= 1)
            days = book.get("days", 1)
            need(is_integer(days) and (1 <= days <= 28 or "nested-value" in self._mistakes))


def create_app(mistakes: frozenset[str]) -> Starlette:
    """Return the application with some of `MISTAKES`."""
    library = Library(mistakes)

    def route(path: str, method: str, handle: Callable[[Request], Awaitable[None]]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                await handle(request)
            except Invalid:
                return Response(status_code=422)
            return Response(status_code=200)

        return Route(path, endpoint, methods=[method])

    return Starlette(
        routes=[
            route("/books", "GET", library.find_books),
            route("/readers", "POST", library.add_reader),
            route("/scans", "POST", library.add_scan),
            route("/loans", "POST", library.lend),
        ]
    )


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
