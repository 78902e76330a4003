"""With what a file is signed: this installation's own key, one's own certificate, or a service.

The file `signing.toml` in vivant's user folder chooses:

    certificates = "chain.pem"            # PEM, the signer's own first
    key = "key.pem"                       # PKCS 8, readable by this user only; or, instead of it,
    command = ["sign-by-card", "--slot", "2"]   # reads the bytes, writes the signature
    algorithm = "es256"
    timestamp = "https://example.org/tsa" # only then is anything asked of the network
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from vivant import settings
from vivant.errors import MarkError, SettingsError, listed
from vivant.home import home
from vivant.marks.identity import installation

if TYPE_CHECKING:
    import c2pa

Algorithm = Literal["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"]
"""How is signed; the names are those of the standard."""

_PATIENCE = 60.0
"""Seconds that a command may take."""


@dataclass(frozen=True, kw_only=True)
class SigningSettings:
    """What `signing.toml` may say; paths are relative to its folder."""

    certificates: str = ""
    """PEM file of the signer's certificate and those that vouch for it, in this order."""
    key: str = ""
    """PEM file of the private key."""
    command: tuple[str, ...] = ()
    """A program and its arguments: it gets what is to be signed, and gives the signature."""
    algorithm: Algorithm = "es256"
    """How is signed."""
    timestamp: str = ""
    """Address of a time-stamp authority (RFC 3161); empty: none is asked."""

    def __post_init__(self) -> None:
        if not self.certificates or bool(self.key) == bool(self.command):
            raise SettingsError("signing needs `certificates`, and either `key` or `command`.")
        if self.algorithm not in get_args(Algorithm):
            raise SettingsError(
                f"signing: algorithm must be one of {listed(get_args(Algorithm))}, "
                f"got {self.algorithm!r}"
            )
        if isinstance(self.command, str) or not all(isinstance(w, str) for w in self.command):
            raise SettingsError('signing: command is a list of words, such as ["sign", "--fast"].')
        if self.timestamp and not self.timestamp.startswith(("http://", "https://")):
            raise SettingsError(
                f"signing: timestamp must be an http address, got {self.timestamp!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A certificate, and what signs in its name: a key, or a function that asks a service."""

    chain: str
    """PEM, the signer's own certificate first."""
    key: str | None = field(default=None, repr=False)
    """PEM, PKCS 8, not encrypted."""
    sign: Callable[[bytes], bytes] | None = field(default=None, repr=False)
    """Takes what is to be signed, returns the signature (of ECDSA: DER, or both numbers)."""
    algorithm: Algorithm = "es256"
    """How is signed."""
    timestamp: str | None = None
    """Address of a time-stamp authority, which is asked over the network; None: none is."""

    def __post_init__(self) -> None:
        if (self.key is None) == (self.sign is None):
            raise SettingsError("Signing takes either a key or a function that signs.")

    @property
    def fingerprint(self) -> str:
        """The sha256 of the signer's certificate, 64 hex digits.

        Raises:
            MarkError: the chain is no certificate.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        try:
            leaf = x509.load_pem_x509_certificates(self.chain.encode())[0]
        except ValueError as error:
            raise MarkError(f"the signer's certificate cannot be read ({error}).") from error
        return leaf.fingerprint(hashes.SHA256()).hex()

    def opened(self, failures: list[Exception]) -> c2pa.Signer:
        """Return the library's signer.

        Args:
            failures: takes what the function raised, which the library would reword.
        """
        import c2pa

        if self.sign is None:
            name, key = self.algorithm.encode(), (self.key or "").encode()
            stamp = None if self.timestamp is None else self.timestamp.encode()
            return c2pa.Signer.from_info(c2pa.C2paSignerInfo(name, self.chain.encode(), key, stamp))
        sign = self.sign

        def guarded(data: bytes) -> bytes:
            try:
                return sign(data)
            except Exception as error:
                failures.append(error)
                raise

        algorithm = c2pa.C2paSigningAlg[self.algorithm.upper()]
        return c2pa.Signer.from_callback(guarded, algorithm, self.chain, self.timestamp)


def configured() -> Signing:
    """Return what `signing.toml` says; without that file, this installation's own key.

    Raises:
        SettingsError: the file is wrong, or others could read the key.
        PathRefused: a file that it names cannot be read.
        MarkError: the installation's key can be neither read nor made.
    """
    path = home() / "signing.toml"
    if not path.exists():
        own = installation()
        return Signing(chain=own.chain, key=own.key)
    told = settings.read(path, SigningSettings)
    key = None
    if told.key:
        place = path.parent / told.key
        key = _text(place)
        if os.name == "posix" and stat.S_IMODE(place.stat().st_mode) & 0o077:
            raise SettingsError(f"{place}: others can read this key. Allow it to this user only.")
    command = tuple(told.command)
    return Signing(
        chain=_text(path.parent / told.certificates),
        key=key,
        sign=(lambda data: _ask(command, data)) if command else None,
        algorithm=told.algorithm,
        timestamp=told.timestamp or None,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: signing.toml names it, and it cannot be read.") from error


def _ask(command: tuple[str, ...], data: bytes) -> bytes:
    """Have a program sign.

    Raises:
        MarkError: it is not there, failed, took too long or said nothing.
    """
    try:
        done = subprocess.run(  # noqa: S603 - what the user set, as a list, without a shell
            command, input=data, capture_output=True, timeout=_PATIENCE, check=True
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()[-200:]
        raise MarkError(f"{command[0]} did not sign (code {error.returncode}): {said}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MarkError(f"{command[0]} did not sign: {error}") from error
    if not done.stdout:
        raise MarkError(f"{command[0]} gave no signature.")
    return done.stdout
