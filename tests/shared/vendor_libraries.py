"""Libraries of the vendors of signature schemes: versions, what they can do, and their processes.

They are installed apart, from PyPI and npm: the tests themselves need none of them.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from support.processes import TESTS

SCHEMES_FOLDER: Final = TESTS / "schemes"
VENDORS_LOCK: Final = SCHEMES_FOLDER / "vendors.lock"
PYPI_CALLS: Final = SCHEMES_FOLDER / "vendor_calls.py"
NPM_CALLS: Final = SCHEMES_FOLDER / "vendor_calls.mjs"
MIN_NODE: Final = 20
"""Major version of Node that the npm libraries need."""
NPM_PACKAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "@octokit/webhooks-methods": "6.0.0",
        "@paddle/paddle-node-sdk": "3.10.0",
        "@shopify/shopify-api": "15.0.0",
        "http-message-signatures": "1.0.6",
        "standardwebhooks": "1.1.1",
        "stripe": "23.1.0",
        "svix": "2.5.0",
        "twilio": "6.3.1",
    }
)
"""Version of each npm package."""


@dataclass(frozen=True, slots=True)
class VendorLibrary:
    """Library that verifies one scheme, and perhaps signs by it."""

    registry: Literal["PyPI", "npm"]
    package: str
    scheme: str
    signs: bool = True
    accepts_several: bool = False
    """Whether one valid signature of several is enough."""
    stated: Mapping[str, str] = field(default_factory=dict)
    """Further statements of the contract."""
    media_types: tuple[str, ...] = ("application/json",)

    def __str__(self) -> str:
        """Return the name for a test."""
        algorithm = self.stated.get("algorithm", "")
        return " ".join(filter(None, (self.registry, self.package, algorithm)))

    @property
    def version(self) -> str:
        """Pinned version."""
        if self.registry == "npm":
            return NPM_PACKAGES[self.package]
        lock = VENDORS_LOCK.read_text(encoding="utf-8")
        (found,) = re.findall(rf"^{_canonical(self.package)}==(\S+)", lock, re.MULTILINE)
        return str(found)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


_FORM_TOO = ("application/json", "application/x-www-form-urlencoded")
_HMAC = MappingProxyType({"algorithm": "hmac-sha256", "key-id": "key-1"})
_PAIR = MappingProxyType({"algorithm": "ed25519", "key-id": "key-1"})
_MESSAGES = "http-message-signatures"
LIBRARIES: Final = (
    VendorLibrary("PyPI", "standardwebhooks", "standard-webhooks", accepts_several=True),
    VendorLibrary("npm", "standardwebhooks", "standard-webhooks", accepts_several=True),
    VendorLibrary("PyPI", "svix", "svix", accepts_several=True),
    VendorLibrary("npm", "svix", "svix", accepts_several=True),
    VendorLibrary("PyPI", "stripe", "stripe", accepts_several=True),
    VendorLibrary("npm", "stripe", "stripe", accepts_several=True),
    VendorLibrary("npm", "@octokit/webhooks-methods", "github"),
    VendorLibrary("PyPI", "slack_sdk", "slack"),
    VendorLibrary("npm", "@shopify/shopify-api", "shopify", signs=False),
    VendorLibrary("npm", "@paddle/paddle-node-sdk", "paddle", signs=False),
    VendorLibrary("PyPI", "twilio", "twilio", media_types=_FORM_TOO),
    VendorLibrary("npm", "twilio", "twilio", media_types=_FORM_TOO),
    VendorLibrary("PyPI", _MESSAGES, _MESSAGES, stated=_HMAC),
    VendorLibrary("PyPI", _MESSAGES, _MESSAGES, stated=_PAIR),
    VendorLibrary("npm", _MESSAGES, _MESSAGES, stated=_HMAC),
    VendorLibrary("npm", _MESSAGES, _MESSAGES, stated=_PAIR),
)
"""Libraries that tests/schemes/ tries; docs/signatures.md has the same table."""


class VendorCalls:
    """Process that calls the libraries of one registry."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def call(self, library: VendorLibrary, action: str, **arguments: Any) -> Any:
        """Return the result of `verify` or `sign`; fail if the library raises another error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"library": library.package, "action": action, **arguments}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{library}: the process has ended"
        answer = json.loads(line)
        assert "result" in answer, f"{library} {action}: {answer['error']}"
        return answer["result"]


@contextmanager
def vendor_calls(command: list[str], folder: Path) -> Iterator[VendorCalls]:
    """Run the process that `command` starts in `folder`, until the end of the block."""
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield VendorCalls(process)
        assert process.stdin is not None
        process.stdin.close()


def find_node() -> str | None:
    """Return the command of Node, if its version is new enough."""
    node = shutil.which("node")
    if node is None:
        return None
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)\.", shown)
    return node if major and int(major[1]) >= MIN_NODE else None
