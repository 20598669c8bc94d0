"""What the mock prints when it is ready: where it is, and lines to paste into a shell."""

import shlex
import time

from hookproof.tls import Tls
from mock_server.curl_line import curl_line
from mock_server.settings import Settings
from mock_server.tokens import DEVELOPMENT_SECRET, mint
from openapi.document import Contract
from openapi.operations import permissions

_DAY = 86400


def start_screen(
    contract: Contract, settings: Settings, url: str, tls: Tls | None, made: str | None
) -> list[str]:
    """Return the lines. `made` is the control token, if it was made for this run.

    The token in them is minted for whoever reads them. It opens whatever has the mock's secret: for
    a day, if that is not the published one.
    """
    published = settings.jwt_secret == DEVELOPMENT_SECRET
    expires = None if published else int(time.time()) + _DAY
    token = mint(settings.jwt_secret, permissions(contract.operations), expires)
    trusted = ["--cacert", str(tls.trusted)] if tls else []
    lines = [f"hookproof mock listening on {url}"]
    lines += [curl_line(contract, o, url, token, trusted) for o in contract.operations]
    lines.append(f"documentation on {url}/docs")
    lines.append(f"requests, deliveries and switches on {url}/_hookproof/")
    if made is not None:
        lines.append(f"the control token, which they need: {made}")
    if tls is not None and tls.own:
        lines.append(f"the certificate was made for this run; trust {tls.trusted} until it ends:")
        lines.append(shlex.join(["curl", *trusted, f"{url}/_hookproof/healthz"]))
    return lines


def warning(host: str, settings: Settings) -> str:
    """Return what is to be said about a mock on `host`, which other machines can reach."""
    published = settings.jwt_secret == DEVELOPMENT_SECRET
    how = "; their secret is published: pass --jwt-secret" if published else ""
    return (
        f"hookproof: {host} can be reached from other machines: whoever reaches it can do all that "
        f"the operations allow, such as create tokens{how}; what controls the mock, below "
        "/_hookproof/, needs the control token"
    )
