"""Path of a server object (OpenAPI 3.1.1, section 4.8.5), which precedes every path."""

import re
from typing import Any
from urllib.parse import urlsplit

_VARIABLE = re.compile(r"\{([^{}]*)\}")


def server_path(servers: Any) -> str:
    """Return the path of the first server, variables by their defaults; empty without one."""
    first = servers[0] if isinstance(servers, list) and servers else {}
    url = first.get("url") if isinstance(first, dict) else None
    if not isinstance(url, str):
        return ""
    variables = first.get("variables")
    variables = variables if isinstance(variables, dict) else {}

    def default(found: re.Match[str]) -> str:
        variable = variables.get(found[1])
        return str(variable.get("default", "")) if isinstance(variable, dict) else ""

    try:
        path = urlsplit(_VARIABLE.sub(default, url)).path
    except ValueError:
        return ""
    path = path.rstrip("/")
    return path if not path or path.startswith("/") else f"/{path}"
