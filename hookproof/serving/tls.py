"""TLS of the mock: the given certificate, or a generated one for development."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

from hookproof.errors import CommandError

_CERTIFICATE_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of a TLS server."""

    certificate: Path
    """Certificate of the server and intermediate certificates."""
    key: Path
    trusted: Path
    """Certificate that a client must trust."""
    own: bool
    """Whether this process generated the files and removes them at its end."""


@contextmanager
def tls_from_options(options: SimpleNamespace) -> Iterator[TlsFiles | None]:
    """Yield the files of the options, None for plain HTTP; `CommandError` for invalid options."""
    certificate, key = options.tls_cert, options.tls_key
    if (certificate is None) != (key is None):
        raise CommandError("TLS needs a certificate and its key: pass --tls-cert and --tls-key")
    if options.tls and certificate is not None:
        raise CommandError(
            "--tls generates a certificate: pass either --tls, or --tls-cert and --tls-key"
        )
    if certificate is not None:
        _check_key_pair(certificate, key)
        yield TlsFiles(certificate, key, certificate, own=False)
    elif options.tls:
        with TemporaryDirectory(prefix="hookproof-tls-") as directory:
            yield _issue_certificate(Path(directory), options.host)
    else:
        yield None


def _check_key_pair(certificate: Path, key: Path) -> None:
    for path in (certificate, key):
        if not path.is_file():
            raise CommandError(f"{path}: no such file")
    try:
        # An empty password, because OpenSSL would ask for one on the terminal.
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            certificate, key, password=""
        )
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or str(error)
        raise CommandError(
            f"{certificate} and {key} must be a PEM certificate and its key without a password: "
            f"{reason}"
        ) from None


def _issue_certificate(directory: Path, host: str) -> TlsFiles:
    """Generate an authority, and a certificate for this machine and `host`."""
    try:
        import trustme  # noqa: PLC0415 - slow to load, and most mocks need no TLS
    except ModuleNotFoundError:
        raise CommandError(
            "--tls needs the package trustme: install hookproof[tls], or pass --tls-cert and "
            "--tls-key"
        ) from None

    authority = trustme.CA(organization_name="hookproof development")
    issued = authority.issue_cert(*dict.fromkeys((*_CERTIFICATE_NAMES, host)))
    tls = TlsFiles(directory / "server.pem", directory / "key.pem", directory / "ca.pem", own=True)
    tls.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(tls.key))
    authority.cert_pem.write_to_path(str(tls.trusted))
    return tls
