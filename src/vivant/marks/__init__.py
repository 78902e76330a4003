"""Marks: what shows people and machines that a picture was made by vivant.

The visible label (`Label`), the reason why a portrait may be animated
(`consent_for`), the invisible watermark (`Imprint`, `find`), signed credentials
(`sign`) and the reading of all (`verify`).
"""

from __future__ import annotations

from vivant.marks.claim import Claim, Released, sha256_of
from vivant.marks.consent import CONSENT_KINDS, Consent, ConsentKind, consent_for
from vivant.marks.credentials import sign
from vivant.marks.ingredients import brings_credentials
from vivant.marks.label import Label, LabelSettings
from vivant.marks.signing import Signing
from vivant.marks.verify import Verification, verify
from vivant.marks.watermark import Found, Imprint, find, new_id

__all__ = [
    "CONSENT_KINDS",
    "Claim",
    "Consent",
    "ConsentKind",
    "Found",
    "Imprint",
    "Label",
    "LabelSettings",
    "Released",
    "Signing",
    "Verification",
    "brings_credentials",
    "consent_for",
    "find",
    "new_id",
    "sha256_of",
    "sign",
    "verify",
]
