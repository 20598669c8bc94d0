"""Service of a newcomer: a FastAPI application as the framework's tutorial teaches to write one.

`MISTAKES` are those of a first day. Each can be mended on its own; without them the service
conforms to the shipped contract. A name may be used twice, which the contract allows.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import re
import socket
import time
import uuid
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, Final

import httpx
import jwt
import uvicorn
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer
from pydantic import AfterValidator, BaseModel, BeforeValidator
from starlette.exceptions import HTTPException as StarletteHTTPException

MISTAKES: Final = MappingProxyType(
    {
        "status-200": "a creation is answered 200, the framework's default",
        "validation-422": "an invalid body is answered 422, the framework's default",
        "detail": "errors have the property detail, the framework's default, not message",
        "lax-types": "numbers and texts pass as booleans and dates, as the model library allows",
        "surrogates": "half a character in a name ends in an exception",
        "lengths": "the length of a name is not limited",
        "permission": "the permission of a token is not checked",
        "token-uuid": "the issued token is a random text that the service does not accept",
        "naive-dates": "dates of the webhook have no zone",
        "null-revoked": "an absent or null property of the request is null in the webhook",
        "unsigned": "the webhook has no signature",
    }
)
"""Mistakes of a first day, by name."""
PERMISSION: Final = "personalAccessToken:write"
_ALGORITHM: Final = "HS256"
_DATE_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_RETRY_PAUSE_S: Final = 0.3


def create_app(  # noqa: PLR0915 - one function, as a tutorial has it
    mistakes: frozenset[str], jwt_secret: str, webhook_secret: str, webhook_url: str
) -> FastAPI:
    """Return the application with some of `MISTAKES`."""
    app = FastAPI()
    oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")
    revoked_tokens: set[str] = set()

    def check_date_text(value: Any) -> Any:
        if "lax-types" in mistakes or value is None:
            return value
        if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
            raise ValueError("must be a date and time with a zone")
        return value

    def check_name(value: str) -> str:
        if "surrogates" not in mistakes:
            value.encode()
        if "lengths" not in mistakes and not 1 <= len(value) <= 256:
            raise ValueError("must have 1 to 256 characters")
        return value

    def check_flag(value: Any) -> Any:
        if "lax-types" not in mistakes and not isinstance(value, bool | None):
            raise ValueError("must be true or false")
        return value

    class TokenIn(BaseModel):
        name: Annotated[str, AfterValidator(check_name)]
        revoked: Annotated[bool | None, BeforeValidator(check_flag)] = None
        expiresAt: Annotated[datetime | None, BeforeValidator(check_date_text)] = None  # noqa: N815
        scopes: list[str]

    def error(status: int, message: str) -> JSONResponse:
        key = "detail" if "detail" in mistakes else "message"
        return JSONResponse({key: message}, status)

    if "validation-422" not in mistakes:

        @app.exception_handler(RequestValidationError)
        async def invalid_request(_request: Request, invalid: RequestValidationError) -> Any:
            first = invalid.errors()[0]
            return error(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")

    elif "detail" not in mistakes:

        @app.exception_handler(RequestValidationError)
        async def unprocessable(_request: Request, invalid: RequestValidationError) -> Any:
            return error(422, invalid.errors()[0]["msg"])

    @app.exception_handler(StarletteHTTPException)
    async def http_error(_request: Request, raised: StarletteHTTPException) -> Any:
        return error(raised.status_code, str(raised.detail))

    async def current_claims(token: Annotated[str, Depends(oauth2_scheme)]) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token, jwt_secret, algorithms=[_ALGORITHM], options={"verify_sub": False}
            )
        except (jwt.InvalidTokenError, ValueError):
            raise HTTPException(401, "Could not validate credentials") from None
        if claims.get("jti") in revoked_tokens:
            raise HTTPException(401, "The token was revoked")
        granted = claims.get("scopes") or str(claims.get("scope")).split(" ")
        if "permission" not in mistakes and PERMISSION not in granted:
            raise HTTPException(403, "Not enough permissions")
        return claims

    def issue_token(wanted: TokenIn) -> str:
        if "token-uuid" in mistakes:
            return str(uuid.uuid4())
        claims: dict[str, Any] = {"jti": str(uuid.uuid4()), "scopes": wanted.scopes}
        if wanted.expiresAt is not None:
            claims["exp"] = int(wanted.expiresAt.timestamp())
        if wanted.revoked:
            revoked_tokens.add(claims["jti"])
        return jwt.encode(claims, jwt_secret, _ALGORITHM)

    def now() -> str:
        return (datetime.now() if "naive-dates" in mistakes else datetime.now(UTC)).isoformat()

    def payload(wanted: TokenIn) -> dict[str, Any]:
        flagged = wanted.revoked if "null-revoked" in mistakes else bool(wanted.revoked)
        expires = None if wanted.expiresAt is None else wanted.expiresAt.isoformat()
        return {
            "event": "personalAccessToken.created",
            "data": {
                "id": str(uuid.uuid4()),
                "createdAt": now(),
                "updatedAt": now(),
                "name": wanted.name,
                "expiresAt": expires,
                "revoked": flagged,
                "scopes": wanted.scopes,
                "userId": _USER["id"],
                "user": _USER,
                "lastUsedAt": None,
                "lastRotatedAt": None,
            },
            "triggeredAt": now(),
        }

    def send_webhook(body: bytes) -> None:
        digest = hmac.new(webhook_secret.encode(), body, hashlib.sha256).digest()
        headers = {"content-type": "application/json"}
        if "unsigned" not in mistakes:
            headers["webhook-signature"] = base64.b64encode(digest).decode()
        for attempt in range(6):
            time.sleep(_RETRY_PAUSE_S if attempt else 0)
            try:
                if httpx.post(webhook_url, content=body, headers=headers).is_success:
                    return
            except httpx.HTTPError:
                continue

    created = 200 if "status-200" in mistakes else 201

    @app.post("/v3/personal-access-tokens", status_code=created)
    async def create_token(
        wanted: TokenIn,
        background: BackgroundTasks,
        _claims: Annotated[dict[str, Any], Depends(current_claims)],
    ) -> dict[str, str]:
        body = JSONResponse(payload(wanted)).body
        background.add_task(send_webhook, bytes(body))
        return {"accessToken": issue_token(wanted)}

    return app


_MOMENT: Final = "2026-01-15T08:00:00Z"
_USER: Final[dict[str, Any]] = {
    "id": "5b1d7a56-1f0d-4c3a-9c53-0a4cbb2f7f55",
    "createdAt": _MOMENT,
    "updatedAt": _MOMENT,
    "name": "Grace Beginner",
    "firstName": "Grace",
    "lastName": "Beginner",
    "email": "grace@example.com",
    "role": "admin",
    "twoFactorEnabled": False,
    "googleSsoEnabled": False,
    "lastLoginAt": None,
    "company": None,
    "allowCustomerPortalAccess": False,
    "roles": ["admin"],
    "lastSeenAt": None,
    "organizationId": None,
    "organization": None,
    "resellerId": None,
    "reseller": None,
    "metadata": [],
    "tags": [],
    "emailPreference": {"metrics": True},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jwt-secret", required=True)
    parser.add_argument("--webhook-secret", required=True)
    parser.add_argument("--webhook-url", required=True)
    parser.add_argument("--mistake", action="append", default=[], choices=MISTAKES)
    given = parser.parse_args()
    app = create_app(
        frozenset(given.mistake), given.jwt_secret, given.webhook_secret, given.webhook_url
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        asyncio.run(server.serve([listener]))


if __name__ == "__main__":
    main()
