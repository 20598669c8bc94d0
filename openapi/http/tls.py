"""TLS of clients: trust in the authorities of the operating system."""

import ssl
from pathlib import Path


def uses_tls(url: str) -> bool:
    """Return whether `url` is an `https:` URL.

    A client of other URLs needs no context: to load the authorities takes a tenth of a second, and
    memory.
    """
    return url.lower().startswith("https:")


def client_context(verify: Path | bool = True) -> ssl.SSLContext:
    """Return a context that trusts the authorities of the operating system, as a browser does.

    `verify` is a PEM file of certificates to trust instead, or False to trust any certificate. On
    Linux, `SSL_CERT_FILE` and `SSL_CERT_DIR` select other authorities.
    """
    if isinstance(verify, Path):
        return ssl.create_default_context(cafile=verify)
    if verify:
        import truststore  # noqa: PLC0415 - most runs use no TLS

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    return trusting


def ssl_context(url: str, verify: Path | bool = True) -> ssl.SSLContext | bool:
    """Return the `client_context` for `url`; False for a URL that needs none."""
    return client_context(verify) if uses_tls(url) else False
