"""What this computer's journal remembers of a file."""

from __future__ import annotations

from pathlib import Path

from vivant.marks import identity, journal
from vivant.marks.claim import sha256_of
from vivant.marks.reading import Credentials, read
from vivant.marks.signing import Signing
from vivant.marks.verification import Made


def made_here(
    path: Path, *, whole: bool = True, told: str | None = None, seen: str | None = None
) -> Made | None:
    """Return what this computer's journal remembers of a file; None where it knows nothing.

    Args:
        path: the file; it is read to its end where there is a journal.
        whole: whether its bytes speak for what is asked; not so a list that does not match.
        told: the watermark's id, as intact credentials tell it. Anybody can sign such words, so
            they count only where the installation's own key signed them.
        seen: the same, as it was found in the picture; it goes before what is told.

    Raises:
        MarkError: the journal cannot be read.
        PathRefused: the file cannot be read.
    """
    entries = [entry for entry in journal.read().entries if entry.facts is not None]
    if not entries:
        return None
    digest, wanted = sha256_of(path) if whole else None, seen or told
    for entry in reversed(entries):
        if digest is not None and entry.facts and entry.facts.get("output") == digest:
            return Made(entry.number, str(entry.facts.get("when")), "file")
    for entry in reversed(entries):
        if wanted is None or not entry.facts or entry.facts.get("watermark") != wanted:
            continue
        when = str(entry.facts.get("when"))
        if told == wanted and _signed_here(path, entry.facts.get("signer")):
            return Made(entry.number, when, "credentials")
        return Made(entry.number, when, "watermark") if seen else None
    return None


def _signed_here(path: Path, signer: object) -> bool:
    """Whether this installation's own key, named in an entry, signed a file.

    The library tells no certificate. But the installation's authority vouched for this one only,
    and its key was thrown away: whoever chains to it is this installation.
    """
    own = identity.installation()
    if Signing(chain=own.chain, key=own.key).fingerprint != signer:
        return False
    mark = "-----BEGIN CERTIFICATE-----"
    found = read(path, mark + own.chain.rpartition(mark)[2])
    return isinstance(found, Credentials) and found.intact and found.trusted
