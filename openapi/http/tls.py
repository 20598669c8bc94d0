"""TLS of clients."""


def uses_tls(url: str) -> bool:
    """Return whether `url` is an `https:` URL.

    A client of other URLs should not verify certificates: it takes a tenth of a second, and memory,
    to load the authorities.
    """
    return url.lower().startswith("https:")
