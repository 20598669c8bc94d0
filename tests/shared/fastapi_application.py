"""Document of a FastAPI application with every kind of operation that its user guide shows.

OAuth2 with a password, files, forms, cookies, discriminated unions, generic and recursive models,
other response classes, callbacks and webhooks. Only the document matters: no operation does
anything.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, NoReturn, TypeVar
from uuid import UUID

from fastapi import (
    APIRouter,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    Query,
    Security,
    UploadFile,
)
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from fastapi.security import APIKeyHeader, OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import AnyUrl, BaseModel, ConfigDict, Field, HttpUrl, SecretStr

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: Annotated[int, Field(ge=0)]
    next: str | None = None


class Envelope(BaseModel, Generic[T]):
    data: T
    meta: dict[str, str | int] = {}


class Color(StrEnum):
    RED = "red"
    GREEN = "green"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)]


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str] = []
    color: Color | None = None


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Node(BaseModel):
    name: str
    children: "list[Node]" = []
    parent: "Node | None" = None


class User(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: UUID
    born: date | None = None
    created: datetime
    password: Annotated[SecretStr, Field(min_length=8)]
    site: AnyUrl | None = None
    balance: Annotated[Decimal, Field(max_digits=8, decimal_places=2)]
    matrix: list[list[float]] = []
    pair: tuple[int, str]
    timeout: timedelta
    tags: set[str] = set()


class Profile(BaseModel):
    id: UUID
    born: date | None
    wakes: time
    score: Annotated[float, Field(gt=0, lt=1)]


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


class Filter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(gt=0, le=100)] = 100
    order_by: Literal["name", "age"] = "name"
    tags: list[str] = []


class Registration(BaseModel):
    username: str
    password: str
    age: int | None = None


class Event(BaseModel):
    id: int


def _answer() -> NoReturn:
    raise NotImplementedError


def document() -> dict[str, Any]:
    """Return the document that the framework generates."""
    app = FastAPI(title="Every kind of operation", version="2")
    oauth2 = OAuth2PasswordBearer(tokenUrl="token", scopes={"me": "Read me.", "items": "Items."})
    key = APIKeyHeader(name="X-Key")
    _add_people(app, oauth2)
    _add_pets(app, key)
    _add_files(app)
    _add_bodies(app)
    _add_responses(app)
    _add_events(app)
    return app.openapi()


def _add_people(app: FastAPI, oauth2: OAuth2PasswordBearer) -> None:
    @app.post("/token")
    def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
        _answer()

    @app.get("/users/me")
    def read_me(token: Annotated[str, Security(oauth2, scopes=["me"])]) -> Profile:
        _answer()

    @app.post("/users", status_code=201)
    def create_user(user: User, token: Annotated[str, Depends(oauth2)]) -> Envelope[Profile]:
        _answer()


def _add_pets(app: FastAPI, key: APIKeyHeader) -> None:
    @app.get("/pets")
    def list_pets(
        color: Color | None = None,
        kinds: Annotated[list[str] | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 10,
        x_trace: Annotated[str | None, Header()] = None,
        session: Annotated[str | None, Cookie()] = None,
    ) -> Page[Pet]:
        _answer()

    @app.post("/pets")
    def create_pet(pet: Pet) -> Envelope[Page[Pet]]:
        _answer()

    @app.put("/pets/{pet_id}")
    def replace_pet(pet_id: UUID, pet: Pet) -> Pet:
        _answer()

    @app.delete("/pets/{pet_id}", status_code=204)
    def delete_pet(pet_id: UUID, given: Annotated[str, Depends(key)]) -> None:
        _answer()


def _add_files(app: FastAPI) -> None:
    @app.post("/file")
    def send_file(file: Annotated[bytes, File()], note: Annotated[str, Form()] = "") -> Event:
        _answer()

    @app.post("/files")
    def send_files(
        files: list[UploadFile], tags: Annotated[list[str] | None, Form()] = None
    ) -> dict[str, int]:
        _answer()

    @app.post("/photo")
    def send_photo(image: UploadFile | None = None) -> None:
        _answer()


def _add_bodies(app: FastAPI) -> None:
    @app.post("/tree")
    def create_tree(node: Node) -> Node:
        _answer()

    @app.post("/matrix")
    def invert(matrix: list[list[float]]) -> list[list[list[int]]]:
        _answer()

    @app.post("/two-bodies")
    def create_both(user: User, item: Annotated[int, Body(gt=0)], q: str | None = None) -> bool:
        _answer()

    @app.patch("/embedded")
    def rename(
        name: Annotated[str, Body(embed=True, pattern="^[a-z]{2,8}$")],
    ) -> Annotated[str, Field(max_length=3)]:
        _answer()

    @app.post(
        "/form",
        responses={409: {"model": Token, "description": "Taken."}, 402: {"description": ""}},
    )
    def register(form: Annotated[Registration, Form()]) -> Registration:
        _answer()

    @app.get("/filtered")
    def read_filtered(given: Annotated[Filter, Query()]) -> list[Filter]:
        _answer()


def _add_responses(app: FastAPI) -> None:
    @app.get("/report.csv", response_class=PlainTextResponse)
    def read_report(since: datetime | None = None) -> str:
        _answer()

    @app.get("/page", response_class=HTMLResponse)
    def read_page() -> str:
        _answer()

    @app.get("/elsewhere", response_class=RedirectResponse, status_code=307)
    def go_elsewhere() -> str:
        _answer()

    @app.get("/versions/{version}")
    def read_version(
        version: int | Literal["latest"], at_least: Annotated[float | None, Query(gt=1.5)] = None
    ) -> int | str | None:
        _answer()


def _add_events(app: FastAPI) -> None:
    callbacks = APIRouter()

    @callbacks.post("{$callback_url}/events/{$request.body.id}")
    def receive_event(event: Event) -> None:
        _answer()

    @app.post("/subscriptions", callbacks=callbacks.routes)
    def subscribe(event: Event, callback_url: HttpUrl | None = None) -> Event:
        _answer()

    @app.webhooks.post("new-subscription")
    def new_subscription(event: Event) -> None:
        _answer()
