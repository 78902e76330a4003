"""Who made a file, from what, is it intact, is it synthetic: `vivant verify`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from vivant.errors import DamagedMedia, MarkError, PathRefused, UnsupportedFormat, VivantError
from vivant.marks import journal, sequence
from vivant.marks.claim import ASSERTION, sha256_of
from vivant.marks.formats import LISTING
from vivant.marks.label import LONGEST
from vivant.marks.label_seen import LabelSeen, find_label
from vivant.marks.reading import HARMLESS, Credentials, Failure, read, read_as
from vivant.marks.watermark import find

_TERM = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SYNTHETIC = {
    _TERM + name
    for name in (
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
        "compositeSynthetic",
        "algorithmicMedia",
    )
}
_FROM = ("parentOf", "componentOf")
"""Ingredients whose pictures are in the result; `inputTo` only steered it."""
_MAX_DEPTH = 32


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


@dataclass(frozen=True, slots=True)
class Made:
    """That this computer made a file, as its journal remembers."""

    entry: int
    """Number in the journal."""
    when: str
    """ISO 8601, UTC."""
    by: Literal["file", "credentials", "watermark"]
    """What led to the entry: the sha256 of the file, or the watermark's id, as its credentials
    tell it or as it was found in the picture."""


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
    def state(self) -> Literal["trusted", "valid", "broken", "none"]:
        """What the credentials are worth: `valid` is intact, by a signer whom no list names."""
        if self.intact is None:
            return "none"
        if not self.intact:
            return "broken"
        return "trusted" if self.trusted else "valid"

    @property
    def broken(self) -> bool:
        """Whether credentials are there and do not fit."""
        return self.intact is False

    @property
    def conclusion(self) -> str:
        """What it comes to, in one sentence."""
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
        made = "AI-made or AI-altered" if self.synthetic else "not declared as AI-made"
        known = "a trusted signer" if self.trusted else "a signer whom no trust list names"
        return f"Intact since signing, {made}, by {known}: {self.signer}."

    def to_json(self) -> dict[str, Any]:
        """Return plain data for `verify --json`."""
        told = {**asdict(self), "state": self.state, "conclusion": self.conclusion}
        return {**told, "files": [one.to_json() for one in self.files]}


def verify(path: str | Path, *, trust_anchors: Path | None = None) -> Verification:
    """Read the marks of a file, or of a folder of pictures. Nothing is fetched.

    Args:
        path: a picture, a video, or a folder of them.
        trust_anchors: PEM file of certificates; signers that chain to one are trusted.

    Raises:
        PathRefused: there is no such file, it cannot be read, or the anchors are none.
        UnsupportedFormat: it is no picture or video, or a folder without any.
        DamagedMedia: it is too damaged to tell whether it had credentials.
    """
    path = Path(path)
    anchors = _anchors(trust_anchors) if trust_anchors is not None else None
    if not path.is_dir():
        return _remembered(_looked_at(_described(path, read(path, anchors)), path), path)
    if (path / sequence.LIST).is_file():
        found = _looked_at(_listed_folder(path, anchors), path)
        return _remembered(found, path / sequence.LIST)
    return _loose_folder(path, anchors)


def made_here(path: Path, *, told: str | None = None, seen: str | None = None) -> Made | None:
    """Return what this computer's journal remembers of a file; None where it knows nothing.

    Args:
        path: the file; it is read to its end where there is a journal.
        told: the watermark's id, as intact credentials tell it.
        seen: the same, as it was found in the picture.

    Raises:
        MarkError: the journal cannot be read.
        PathRefused: the file cannot be read.
    """
    entries = [entry for entry in journal.read().entries if entry.facts is not None]
    if not entries:
        return None
    ways: tuple[tuple[Literal["file", "credentials", "watermark"], str, str | None], ...] = (
        ("file", "output", sha256_of(path)),
        ("credentials", "watermark", told),
        ("watermark", "watermark", seen),
    )
    for way, name, wanted in ways:
        for entry in reversed(entries):
            if wanted is not None and entry.facts and entry.facts.get(name) == wanted:
                return Made(entry.number, str(entry.facts.get("when")), way)
    return None


def _looked_at(found: Verification, path: Path) -> Verification:
    """Add the marks in the picture; of an intact file that cannot be decoded, say so."""
    try:
        seen, label = find(path), find_label(path, also=_declared(found.claims))
    except VivantError as error:
        if found.broken:
            return found
        why = str(error).removeprefix(f"{path}: ")
        unread = f"its picture could not be read, so no mark was looked for in it: {why}"
        return replace(found, problems=(*found.problems, unread))
    mark = None if seen is None else Watermark(seen.id, seen.confidence, seen.others)
    return replace(found, watermark=mark, label=label)


def _declared(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the label's words, as credentials tell them."""
    label = claims.get("label")
    text = label.get("text") if isinstance(label, Mapping) else None
    return (text,) if isinstance(text, str) and 1 <= len(text) <= LONGEST else ()


def _remembered(found: Verification, path: Path) -> Verification:
    mark = found.claims.get("watermark")
    told = mark.get("id") if found.intact and isinstance(mark, Mapping) else None
    try:
        seen = found.watermark.id if found.watermark else None
        return replace(found, journal=made_here(path, told=told, seen=seen))
    except MarkError as error:
        return replace(found, problems=(*found.problems, str(error)))


def _anchors(path: Path) -> str:
    from cryptography import x509

    try:
        data = path.read_bytes()
        x509.load_pem_x509_certificates(data)
    except (OSError, ValueError) as error:
        raise PathRefused(f"{path}: no readable PEM file of certificates ({error}).") from error
    return data.decode("latin-1")


def _described(path: Path, found: Credentials | str) -> Verification:
    if isinstance(found, str):
        return Verification(path=str(path), problems=(found,))
    active = found.active
    signature = active.get("signature_info", {})
    return Verification(
        path=str(path),
        synthetic=True if found.intact and _synthetic(found) else None,
        intact=found.intact,
        trusted=found.trusted,
        signer=signature.get("common_name") or signature.get("issuer"),
        issued=signature.get("time") or _told_time(active),
        ingredients=tuple(_ingredient(one) for one in active.get("ingredients", [])),
        claims=_statement(active),
        problems=found.problems,
        failures=found.failures,
    )


def _statement(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    told: Any = next((data for label, data in _assertions(manifest) if label == ASSERTION), {})
    return told if isinstance(told, Mapping) else {}


def _told_time(manifest: Mapping[str, Any]) -> str | None:
    return next((action["when"] for action in _actions(manifest) if "when" in action), None)


def _listed_folder(path: Path, anchors: str | None) -> Verification:
    """A sequence that vivant signed: the list's credentials speak for all pictures."""
    found = _described(path, read_as(path / sequence.LIST, LISTING, anchors))
    if found.intact is None:
        return _loose_folder(path, anchors)
    try:
        differences = tuple(sequence.differences(path))
    except DamagedMedia as error:
        differences = (str(error),)
    if not differences:
        return found
    return replace(
        found, intact=False, synthetic=None, problems=found.problems + _shortened(differences)
    )


def _loose_folder(path: Path, anchors: str | None) -> Verification:
    """Any folder: each file for itself, the worst of them for all."""
    files = sequence.media(path)
    if not files:
        raise UnsupportedFormat(f"{path}: there is no picture or video in this folder.")
    results = tuple(_of_many(file, anchors) for file in files)
    problems = [f"{Path(r.path).name}: {text}" for r in results for text in r.problems]
    signed = [result for result in results if result.intact is not None]
    if not signed:
        missing = ("there are no credentials",)
        return Verification(path=str(path), problems=missing, files=results)
    broken = any(result.broken for result in results)
    whole = len(signed) == len(results)
    return replace(
        next((result for result in results if result.broken), signed[0]),
        path=str(path),
        synthetic=True if not broken and any(r.synthetic for r in results) else None,
        intact=False if broken else True if whole else None,
        trusted=all(result.trusted for result in signed),
        problems=_shortened(tuple(problems)),
        files=results,
    )


def _of_many(file: Path, anchors: str | None) -> Verification:
    """One of many files: what cannot be read is told of it, and holds up no other."""
    try:
        return _described(file, read(file, anchors))
    except (DamagedMedia, PathRefused, UnsupportedFormat) as error:
        return Verification(path=str(file), problems=(str(error).removeprefix(f"{file}: "),))


def _shortened(problems: tuple[str, ...], most: int = 10) -> tuple[str, ...]:
    left = len(problems) - most
    return problems if left <= 0 else (*problems[:most], f"and {left} more of this kind")


def _synthetic(found: Credentials) -> bool:
    """Whether the file, or anything whose picture went into it, is declared AI-made."""
    seen: set[str] = set()

    def declared(manifest: Mapping[str, Any], depth: int) -> bool:
        if any(action.get("digitalSourceType") in _SYNTHETIC for action in _actions(manifest)):
            return True
        for ingredient in manifest.get("ingredients", []):
            label = ingredient.get("active_manifest")
            if ingredient.get("relationship") in _FROM and label not in seen and depth:
                seen.add(label)
                if declared(found.manifests.get(label, {}), depth - 1):
                    return True
        return False

    return declared(found.active, _MAX_DEPTH)


def _actions(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for label, data in _assertions(manifest):
        if label.startswith("c2pa.actions") and isinstance(data, Mapping):
            yield from (one for one in data.get("actions", []) if isinstance(one, Mapping))


def _assertions(manifest: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for assertion in manifest.get("assertions", []):
        yield assertion.get("label", ""), assertion.get("data")


def _told_sha256(description: str) -> str | None:
    match = re.match(r"sha256:([0-9a-f]{64})\b", description)
    return match[1] if match else None


def _ingredient(told: Mapping[str, Any]) -> Ingredient:
    return Ingredient(
        title=told.get("title", "unnamed"),
        relationship=told.get("relationship", "componentOf"),
        sha256=_told_sha256(told.get("description", "")),
        credentials="active_manifest" in told,
        intact=_was_intact(told) if "active_manifest" in told else None,
    )


def _was_intact(told: Mapping[str, Any]) -> bool:
    """Whether an ingredient's credentials fitted when it was taken in, as was noted then."""
    results = (told.get("validation_results") or {}).get("activeManifest") or {}
    return all(status.get("code") in HARMLESS for status in results.get("failure", []))
