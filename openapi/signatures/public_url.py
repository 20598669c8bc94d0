"""URL of a delivery as its sender has it, behind a proxy or a tunnel. Pure."""

from urllib.parse import SplitResult, urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def split_url(url: str) -> SplitResult:
    """Return the parts of `url`; what is no URL is a path. A sender chooses the `Host` header."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def with_parts(url: str | SplitResult, **changed: str) -> str:
    """Return `url` with other parts: scheme, netloc, path, query or fragment."""
    parts = split_url(url) if isinstance(url, str) else url
    names = ("scheme", "netloc", "path", "query", "fragment")
    return urlunsplit([changed.get(name, part) for name, part in zip(names, parts, strict=True)])


def with_path(url: str) -> str:
    """Return an absolute URL as a client requests it: without fragment, with a path."""
    parts = split_url(url)
    return with_parts(parts, path=parts.path or "/", fragment="")


def urls_of_sender(url: str, public_url: str) -> tuple[str, ...]:
    """Return the URLs that the sender may have used for a request that arrived for `url`.

    Scheme, host, port and path prefix are those of `public_url`; without it, the URL is `url`. A
    proxy may have removed the whole path, so `/` also stands for the prefix alone.
    """
    if not public_url or not url:
        return (url,) if url else ()
    arrived, public = split_url(url), split_url(public_url)
    prefix = public.path.rstrip("/")
    paths = [prefix + (arrived.path or "/")]
    if prefix and arrived.path in ("", "/"):
        paths.append(public.path)
    urls = [with_parts(public, path=path, query=arrived.query, fragment="") for path in paths]
    return tuple(dict.fromkeys(urls))


def port_forms(url: str) -> tuple[str, ...]:
    """Return `url` as it is, without its port, and with the default port of its scheme."""
    parts = split_url(url)
    try:
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return (url,)
    default = _DEFAULT_PORTS.get(parts.scheme)
    bare = parts.netloc.removesuffix(f":{port}") if port else parts.netloc
    forms = [url, with_parts(parts, netloc=bare)]
    if port is None and default is not None and host:
        forms.append(with_parts(parts, netloc=f"{parts.netloc}:{default}"))
    return tuple(dict.fromkeys(forms))
