"""Stack traces of usual languages in an error are recognised, and nothing else."""

import pytest

from contracts.checks.error_details import find_detail
from contracts.model.exchange import ReceivedResponse


def detail(text: str) -> str | None:
    found = find_detail(ReceivedResponse(500, (), text.encode()))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('  File "/srv/app.py", line 3, in create', "a Python stack trace"),
        ("at com.example.Tokens.create(Tokens.java:31)", "a Java stack trace"),
        ("   at Api.Tokens.Create(Body b)\n   at Api.Host.Run()", "a .NET stack trace"),
        ("at create (/srv/app/tokens.js:12:34)", "a JavaScript stack trace"),
        ("#0 /var/www/index.php(12): create()", "a PHP stack trace"),
        ("app/models/token.rb:12:in `create'", "a Ruby stack trace"),
        ("goroutine 7 [running]:", "a Go stack trace"),
        ("thread 'main' panicked at src/main.rs:3:5", "a Rust panic"),
        ("(phoenix 1.7.2) lib/phoenix/router.ex:354: Router.call/2", "an Elixir stack trace"),
        ("UNIQUE constraint failed: tokens.name", "an error of a database driver"),
    ],
)
def test_a_detail_is_recognised(text: str, what: str) -> None:
    assert detail(text) == what


@pytest.mark.parametrize(
    "text",
    [
        "name: must have at most 256 characters",
        "Unexpected token } at line 12, column 34",
        "Invalid date at 2026-01-01T00:00:00Z in /expiresAt",
        "The body is not JSON at position 12:34:56 (see https://example.com/docs/errors.html#12)",
        "Expected a value in #/components/schemas/Token at $.name:1:2",
        "The name is taken: a token of this name exists already (409)",
    ],
)
def test_a_plain_message_is_no_detail(text: str) -> None:
    assert detail(text) is None
