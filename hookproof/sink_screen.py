"""What the sink prints when it is ready: where it is, how its page is opened, a line to paste."""

from pathlib import Path

from webhook_sink.entrance import link


def sink_screen(url: str, path: Path, kept: bool, made: str | None, locked: bool) -> list[str]:
    """Return the lines for a sink at `url` that stores in the file at `path`.

    `kept` says that the file outlives it, `made` is the token if it was made for this run, `locked`
    that one was given, which is not repeated.
    """
    lines = [f"hookproof sink listening on {url} (any path but /_hookproof/)"]
    page = "page and API on"
    if made is not None:
        lines.append(f"{page} {link(url, made)}")
        lines.append(
            "from elsewhere, with this machine's address there; scripts send Authorization: Bearer "
            "and that token"
        )
    elif locked:
        lines.append(f"{page} {link(url, '')}TOKEN, the token that was given")
    else:
        lines.append(f"{page} {url}/_hookproof/")
    how_long = "" if kept else " until the sink stops; --store FILE keeps them longer"
    lines.append(f"deliveries are kept in {path}{how_long}")
    lines.append(f"curl -i {url}/webhook -H 'Content-Type: application/json' -d '{{}}'")
    return lines


def warning(host: str) -> str:
    """Return what is to be said about a sink on `host`, which other machines can reach."""
    return (
        f"hookproof: {host} can be reached from other machines: whoever reaches it can deliver; "
        "page and API, below /_hookproof/, need the token"
    )
