"""Location of a store: an SQLite file, or a PostgreSQL database. The command line reads it."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

_SCHEMES = ("postgresql://", "postgres://")
_FORM = (
    "write a PostgreSQL store as postgresql://USER@HOST:PORT/DATABASE, and each of @ / ? # : % "
    "in a password as %40 %2F %3F %23 %3A %25"
)
_SECRET_PARAMETERS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """URL of a PostgreSQL database. Its text and `repr` have neither password nor parameters."""

    text: str = field(repr=False)
    """URL as libpq reads it."""

    def __str__(self) -> str:
        """Return the URL with the user, but without password and parameters."""
        parts = urlsplit(self.text)
        userinfo, at, hosts = parts.netloc.rpartition("@")
        return f"{parts.scheme}://{userinfo.partition(':')[0]}{at}{hosts}{parts.path}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Passwords in the URL, as written and decoded."""
        parts = urlsplit(self.text)
        userinfo, _, _ = parts.netloc.rpartition("@")
        raw = [userinfo.partition(":")[2]]
        raw += [value for name, value in parse_qsl(parts.query) if name in _SECRET_PARAMETERS]
        return tuple(dict.fromkeys(text for one in raw if one for text in (one, unquote(one))))


StoreLocation = Path | PostgresUrl
"""Path of an SQLite file, or URL of a PostgreSQL database."""


def is_postgres_url(text: str) -> bool:
    """Say whether `text` is meant as the URL of a PostgreSQL database."""
    return text.startswith(_SCHEMES)


def parse_location(text: str) -> StoreLocation:
    """Return the location that `text` names; `ValueError` without the text for an invalid URL.

    libpq would read a password with a reserved character as a host or a database name, and show it
    in its errors.
    """
    if not is_postgres_url(text):
        return Path(text)
    _, _, rest = text.partition("://")
    authority = rest.partition("?")[0].partition("/")[0]
    plain = text.isascii() and text.isprintable() and not set(text) & set(" #")
    userinfo, _, hosts = authority.rpartition("@")
    ports = [host.rpartition("]")[2].partition(":")[2] for host in hosts.split(",")]
    if (
        not plain
        or rest.count("@") != authority.count("@")
        or authority.count("@") > 1
        or userinfo.count(":") > 1
        or not all(port.isdecimal() for port in ports if port)
        or not all("=" in one for one in filter(None, rest.partition("?")[2].split("&")))
    ):
        raise ValueError(_FORM)
    return PostgresUrl(text)
