"""What the journal keeps of one marked file."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vivant.marks import journal
from vivant.marks.claim import PORTRAIT, Claim, engine, generator_version
from vivant.marks.journal import Entry


def record(claim: Claim, output: Path, sha256: str, signer: str) -> Entry:
    """Write the entry of a file that is about to get its name.

    It comes first: a computer that stops in between leaves an entry without a file, which does
    no harm, and never a marked file without an entry.

    Args:
        claim: what is stated in the file.
        output: its name; folders are not kept.
        sha256: of the file with its credentials.
        signer: sha256 of the certificate that signed it; nobody's name.

    Raises:
        MarkError: the journal cannot be written.
    """
    notes: dict[str, Any] = {"output": output.name}
    if claim.label.off:
        notes["label_off_reason"] = claim.label.off_reason
    return journal.record(facts(claim, sha256, signer), notes)


def facts(claim: Claim, sha256: str, signer: str) -> dict[str, Any]:
    """Return who made what, when, from what and with which engine, as plain data."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "signer": signer,
        "generator": f"vivant/{generator_version()}",
        "output": sha256,
        "ingredients": {PORTRAIT: claim.portrait_sha256, **claim.drivers},
        "engine": engine(claim),
        "settings": claim.settings_sha256,
        "consent": asdict(claim.consent),
        "label": "off" if claim.label.off else "on",
        "watermark": claim.watermark_id,
    }
