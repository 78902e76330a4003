"""What `vivant verify` found out about a file or folder."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from vivant.marks.label_seen import LabelSeen
from vivant.marks.reading import Failure


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Something that a file was made from, as its credentials tell it."""

    title: str
    relationship: str
    """`parentOf`, `componentOf` or `inputTo`."""
    sha256: str | None = None
    """Of the original file, where it is told."""
    credentials: bool = False
    """Whether it brought credentials of its own, which are kept inside."""
    intact: bool | None = None
    """Whether these fitted it when it was taken in; None where it brought none."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """The invisible mark, as it was found in the picture itself."""

    id: str | None
    """16 hex digits; None where the mark is there, but too weak to be read."""
    confidence: float
    """1 less the bound on the chance that an unmarked file gives this answer."""
    others: tuple[str, ...] = ()
    """Further ids: a marked picture was marked again."""

    @property
    def sureness(self) -> str:
        """The confidence in words.

        >>> Watermark(None, 0.9999).sureness
        'of 10,000 pictures without a mark, at most one looks like this'
        """
        pictures = 10 ** math.floor(-math.log10(max(1 - self.confidence, 1e-15)) + 1e-6)
        return f"of {pictures:,} pictures without a mark, at most one looks like this"


@dataclass(frozen=True, slots=True)
class Made:
    """That this computer made a file, as its journal remembers."""

    entry: int
    """Number in the journal."""
    when: str
    """ISO 8601, UTC."""
    by: Literal["file", "credentials", "watermark"]
    """What led to the entry: the sha256 of the file, credentials that this computer signed, or the
    watermark's id as it was found in the picture, which anybody can put there."""

    def __str__(self) -> str:
        if self.by == "watermark":
            names = f"its watermark names entry {self.entry} of this computer's journal"
            return f"{names} (a mark can be forged)"
        return f"made on this computer: entry {self.entry} of its journal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What is known of one file or folder."""

    path: str
    synthetic: bool | None = None
    """True where intact credentials say so; None is no proof of the opposite."""
    intact: bool | None = None
    """Whether the credentials belong to the content; None where there are none."""
    trusted: bool | None = None
    """Whether the signer is on a trust list; None where there are no credentials."""
    signer: str | None = None
    """Name in the signer's certificate."""
    issued: str | None = None
    """ISO 8601: from a trusted time stamp, else as the maker says."""
    ingredients: tuple[Ingredient, ...] = ()
    watermark: Watermark | None = None
    label: LabelSeen | None = None
    """The visible label, as it was found in the picture; what is declared stands in `claims`."""
    claims: Mapping[str, Any] = field(default_factory=dict)
    """vivant's own statement (engine, consent, label ...); empty in files of others."""
    problems: tuple[str, ...] = ()
    """What is wrong or missing, in plain words."""
    failures: tuple[Failure, ...] = ()
    """Each part of the credentials that does not fit, for programs."""
    journal: Made | None = None
    """The entry of this computer's journal; None where there is none."""
    files: tuple[Verification, ...] = ()
    """Of a folder without a signed list: each of its files."""

    @property
    def state(self) -> Literal["trusted", "valid", "broken", "partial", "none"]:
        """What the credentials are worth: `valid` is intact, by a signer whom no list names.

        `partial`: a folder of which not all is known, though some files carry credentials.
        """
        if self.intact is None:
            return "partial" if self._signed else "none"
        if not self.intact:
            return "broken"
        return "trusted" if self.trusted else "valid"

    @property
    def broken(self) -> bool:
        """Whether credentials are there and do not fit."""
        return self.intact is False

    @property
    def _signed(self) -> int:
        """How many of the files carry credentials."""
        return sum(one.intact is not None for one in self.files)

    @property
    def undeclared(self) -> str | None:
        """The mark that is in the picture, where intact credentials do not call it AI-made."""
        if not self.intact or self.synthetic:
            return None
        if self.watermark is not None:
            return "the invisible watermark of vivant is in the picture"
        return None if self.label is None else f"a visible label says “{self.label.text}”"

    @property
    def conclusion(self) -> str:
        """What it comes to, in one sentence."""
        if self._signed and not self.intact:
            carry = "1 carries" if self._signed == 1 else f"{self._signed} carry"
            broken = sum(one.broken for one in self.files)
            which = f"{broken} of them broken" if broken else "none of them broken"
            return f"Of {len(self.files)} files, {carry} credentials, {which}."
        if self.broken:
            return "The credentials are broken: what they say cannot be relied on."
        if self.intact is None and self.watermark is not None:
            return (
                "No credentials were found, but the invisible watermark of vivant: "
                "a trace of its origin, no proof."
            )
        if self.intact is None and self.label is not None:
            return f"No credentials were found, but a visible label says “{self.label.text}”."
        if self.intact is None:
            return "No credentials were found, which proves nothing."
        known = "a trusted signer" if self.trusted else "a signer whom no trust list names"
        by = f"by {known}: {self.signer}" if self.signer else f"by {known}"
        if self.undeclared:
            but = f"its credentials do not declare it AI-made, but {self.undeclared}"
            return f"Intact since signing, {by}; {but}."
        made = "AI-made or AI-altered" if self.synthetic else "not declared as AI-made"
        return f"Intact since signing, {made}, {by}."

    def to_json(self) -> dict[str, Any]:
        """Return plain data for `verify --json`."""
        told = {**asdict(self), "state": self.state, "conclusion": self.conclusion}
        return {**told, "files": [one.to_json() for one in self.files]}
