"""Contract at a URL of this machine: fetched once, in bounded time and size.

A URL elsewhere is refused: a run would depend on what a network delivers.
"""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from hookproof.errors import CommandError
from openapi.parsing.document_source import DocumentText

if TYPE_CHECKING:
    import httpx

FETCH_TIMEOUT_S = 10.0
"""Time limit of a fetch with all its redirects."""
MAX_DOCUMENT_BYTES = 32 * 1024 * 1024
MAX_REDIRECTS = 5
_SCHEMES = ("http://", "https://")
_MEDIA_TYPES = "application/json, application/yaml;q=0.9, */*;q=0.8"


@dataclass(frozen=True, slots=True)
class ContractUrl:
    """URL of a contract on this machine."""

    url: str = field(repr=False)

    def __str__(self) -> str:
        """Return the URL without user information, query and fragment, which may be secrets."""
        return _without_secrets(self.url)

    @property
    def unread(self) -> DocumentText:
        """Document that stands for the URL until it is fetched."""
        return DocumentText(str(self), "")


def is_url(text: str) -> bool:
    """Return whether the value of a contract option is a URL, not a path."""
    return text.lower().startswith(_SCHEMES)


def parse_contract_url(text: str) -> ContractUrl:
    """Read a URL on a loopback host; raise `ValueError` with the rule."""
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError("the URL of the contract is malformed") from None
    if not is_whole or not text.isprintable() or " " in text:
        raise ValueError("the URL of the contract is malformed")
    if not _is_loopback(parts.hostname or ""):
        raise ValueError(
            f"{_without_secrets(text)} is not on this machine: a contract is fetched only from "
            "127.0.0.0/8, ::1 and localhost; save it as a file"
        )
    return ContractUrl(text)


def fetched(contract: Path | ContractUrl | DocumentText | None) -> Path | DocumentText | None:
    """Return the document at a URL; anything else as it is. Raise `CommandError`."""
    if not isinstance(contract, ContractUrl):
        return contract
    import asyncio  # noqa: PLC0415 - 3 MiB, and every command loads this module

    try:
        text = asyncio.run(_fetch(contract)).decode("utf-8-sig")
        if text.lstrip().startswith("<"):
            raise _FetchError("this is a page, no OpenAPI document: check the path of the document")
        return DocumentText(str(contract), text)
    except _FetchError as error:
        raise CommandError(f"{contract}: {error}") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"{contract}: not UTF-8 at byte {error.start}") from None


class _FetchError(Exception):
    """Failure of a fetch; the message says why, and what to do."""


async def _fetch(contract: ContractUrl) -> bytes:
    import asyncio  # noqa: PLC0415 - as above

    import httpx  # noqa: PLC0415 - slow to load, and few contracts have a URL

    client = httpx.AsyncClient(
        trust_env=False,
        timeout=FETCH_TIMEOUT_S,
        verify=False,  # noqa: S501 - http is allowed too: it reaches this machine only
    )
    try:
        async with asyncio.timeout(FETCH_TIMEOUT_S), client:
            return await _read_document(client, contract)
    except TimeoutError:
        raise _FetchError(f"no whole response within {FETCH_TIMEOUT_S:g} s") from None
    except httpx.ConnectError as error:
        raise _FetchError(f"cannot connect ({error}): check that the service runs there") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _FetchError(f"no valid HTTP response: {error or type(error).__name__}") from None


async def _read_document(client: "httpx.AsyncClient", contract: ContractUrl) -> bytes:
    headers = {"Accept": _MEDIA_TYPES, "Accept-Encoding": "identity"}
    request = client.build_request("GET", contract.url, headers=headers)
    for _ in range(MAX_REDIRECTS + 1):
        response = await client.send(request, stream=True)
        try:
            if response.next_request is None:
                return await _read_body(response)
        finally:
            await response.aclose()
        request = response.next_request
        if request.url.scheme not in ("http", "https") or not _is_loopback(request.url.host):
            raise _FetchError(
                f"it redirects to {_without_secrets(str(request.url))}, which is not on this "
                "machine: save the document as a file"
            )
    raise _FetchError(f"it redirects more than {MAX_REDIRECTS} times")


async def _read_body(response: "httpx.Response") -> bytes:
    if response.status_code != 200:
        raise _FetchError(
            f"the service responded {response.status_code}, not 200: check the path of the document"
        )
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_DOCUMENT_BYTES:
            most = MAX_DOCUMENT_BYTES // 2**20
            raise _FetchError(f"the document is larger than {most} MiB: save it as a file")
    return bytes(body)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
