"""The certificate with which this installation signs.

It says "this came from that installation of vivant" and nothing about who used
it: the subject is a random number. The chain is made on first use. Two
decisions, both because nothing here may touch the network:

- The root key is thrown away once it has signed the leaf. Kept on the same disk
  it would protect nothing, and whoever copied it could issue certificates for
  ever; a stolen leaf key ends with its leaf. The next chain gets a new root and
  a new random number, so files of different years are not linked either.
- Without a time-stamp authority a signature is judged by the clock of whoever
  verifies, so files would turn invalid on the day their leaf expires. The leaf
  is therefore valid for 20 years and in use for one: every file stays
  verifiable for at least 19 years.
"""

from __future__ import annotations

import logging
import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from vivant.home import home
from vivant.marks import store

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_log = logging.getLogger(__name__)
_VALID = timedelta(days=20 * 365)
_IN_USE = timedelta(days=365)
_CLOCK_ERROR = timedelta(days=1)
"""The chain is dated back by this, for clocks that run behind."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key and the certificates that vouch for it."""

    key: str
    """PEM, PKCS 8, P-256, not encrypted: the file's permissions protect it."""
    chain: str
    """PEM, the leaf first, then its root."""

    def __repr__(self) -> str:
        return "Identity(key withheld)"


def installation() -> Identity:
    """Return this installation's identity; it is made on first use.

    A damaged, outdated or exposed key file is replaced, with a warning in the
    log: earlier files carry their own chain and stay verifiable. Of two
    processes that start at once, both sign with the key of the one that was first.

    Raises:
        MarkError: the file cannot be read or written.
    """
    path = home() / "identity" / "signing.pem"
    data = store.read(path)
    if data is None:
        store.write(path, _issue().encode(), replace=False)
        data = store.read(path)
    fault = _fault(path, data)
    if fault:
        _log.warning("%s: %s; a new signing key was made", path, fault)
        data = _issue().encode()
        store.write(path, data)
    return _parse(data or b"")


def _fault(path: Path, data: bytes | None) -> str:
    """Say why the stored identity cannot be used; empty where it can."""
    if data is None:
        return "vanished while it was read"
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            return "other users could read it"
        made = _leaf(_parse(data)).not_valid_before_utc + _CLOCK_ERROR
    except FileNotFoundError:
        return "vanished while it was read"
    except (ValueError, TypeError):
        return "damaged"
    age = datetime.now(UTC) - made
    return "" if -_CLOCK_ERROR < age < _IN_USE else "in use for a year, or dated in the future"


def _parse(data: bytes) -> Identity:
    key, mark, chain = data.decode("ascii").partition("-----BEGIN CERTIFICATE-----")
    return Identity(key, mark + chain)


def _leaf(identity: Identity) -> x509.Certificate:
    """Return the leaf after checking that the key is its own."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    leaf, _root = x509.load_pem_x509_certificates(identity.chain.encode())
    key = load_pem_private_key(identity.key.encode(), password=None)
    if key.public_key() != leaf.public_key():
        raise ValueError("the key is not that of the certificate")
    return leaf


def _issue() -> str:
    """Make a root, a leaf signed by it, and forget the root's key: PEM of key, leaf, root."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    name = f"vivant installation {secrets.token_hex(8)}"
    root_key, leaf_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, leaf_name = _subject(f"{name} authority"), _subject(name)
    root = _certificate(root_name, root_name, root_key, root_key, _root_extensions)
    leaf = _certificate(leaf_name, root_name, leaf_key, root_key, _leaf_extensions)
    key = leaf_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = serialization.Encoding.PEM
    return b"".join((key, leaf.public_bytes(pem), root.public_bytes(pem))).decode("ascii")


def _subject(name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "vivant (self-issued)"),
        ]
    )


Extensions = Callable[["ec.EllipticCurvePrivateKey"], list["tuple[x509.ExtensionType, bool]"]]


def _root_extensions(_: ec.EllipticCurvePrivateKey) -> list[tuple[x509.ExtensionType, bool]]:
    from cryptography import x509

    return [(x509.BasicConstraints(ca=True, path_length=0), True), (_usage(signs=False), True)]


def _leaf_extensions(
    root_key: ec.EllipticCurvePrivateKey,
) -> list[tuple[x509.ExtensionType, bool]]:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(signs=True), True),
        # C2PA asks for a stated purpose; this is the one that needs no registered issuer
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False),
    ]


def _usage(*, signs: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=signs,
        key_cert_sign=not signs,
        crl_sign=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    extensions: Extensions,
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    start = datetime.now(UTC) - _CLOCK_ERROR
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    for extension, critical in extensions(issuer_key):
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())
