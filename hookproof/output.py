"""Results on stdout, remarks on stderr."""

import json
import sys

from hookproof.errors import CommandError
from openapi.contract import Json
from openapi.safe_text import escape_ci_command, escape_hidden, is_hidden


def print_json(value: Json) -> None:
    """Print a value as JSON for programs and people, in ASCII."""
    print(json.dumps(value, indent=2))


def print_bytes(content: bytes) -> None:
    """Print bytes as they are; `CommandError` for a terminal that some of them might command."""
    if sys.stdout.isatty():
        text = content.decode(errors="replace").replace("\n", "").replace("\t", "")
        if any(is_hidden(character) for character in text):
            raise CommandError(
                "a terminal would obey some of these characters: send the output into a file or "
                "a pipe"
            )
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


def print_remark(text: str) -> None:
    """Print a remark; what of it is a stranger's neither commands the terminal nor a CI service."""
    lines = (escape_ci_command(escape_hidden(line)) for line in text.split("\n"))
    print("hookproof: " + "\n".join(lines), file=sys.stderr)
