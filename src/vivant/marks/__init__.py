"""Marks: what shows people and machines that a picture was made by vivant.

The visible label (`Label`), the reason why a portrait may be animated
(`consent_for`), signed credentials (`sign`) and their reading (`verify`). The
invisible watermark gets its module here; `Verification.watermark` is its place.
"""

from __future__ import annotations

from vivant.marks.claim import Claim, Released, sha256_of
from vivant.marks.consent import CONSENT_KINDS, Consent, ConsentKind, consent_for
from vivant.marks.credentials import sign
from vivant.marks.label import Label, LabelSettings
from vivant.marks.reading import mentions_credentials as brings_credentials
from vivant.marks.signing import Signing
from vivant.marks.verify import Verification, verify

__all__ = [
    "CONSENT_KINDS",
    "Claim",
    "Consent",
    "ConsentKind",
    "Label",
    "LabelSettings",
    "Released",
    "Signing",
    "Verification",
    "brings_credentials",
    "consent_for",
    "sha256_of",
    "sign",
    "verify",
]
