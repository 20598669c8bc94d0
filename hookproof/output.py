"""Output of the command: results to stdout, remarks to stderr."""

import json
import sys

from hookproof.errors import CommandError
from openapi.contract import Json
from openapi.safe_text import escape_ci_command, escape_hidden, is_hidden


def print_json(value: Json) -> None:
    """Print a value as indented ASCII JSON."""
    print(json.dumps(value, indent=2))


def print_bytes(content: bytes) -> None:
    """Print raw bytes; `CommandError` for control characters if stdout is a terminal."""
    if sys.stdout.isatty():
        text = content.decode(errors="replace").replace("\n", "").replace("\t", "")
        if any(is_hidden(character) for character in text):
            raise CommandError(
                "the output contains control characters: redirect it to a file or a pipe"
            )
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


def print_remark(text: str) -> None:
    """Print a remark, with control characters and commands of CI services escaped."""
    lines = (escape_ci_command(escape_hidden(line)) for line in text.split("\n"))
    print("hookproof: " + "\n".join(lines), file=sys.stderr)
