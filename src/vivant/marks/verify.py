"""Who made a file, from what, is it intact, is it synthetic: `vivant verify`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from vivant.errors import DamagedMedia, MarkError, PathRefused, UnsupportedFormat, VivantError
from vivant.marks import sequence
from vivant.marks.claim import ASSERTION, WATERMARK
from vivant.marks.formats import LISTING
from vivant.marks.label import LONGEST
from vivant.marks.label_seen import find_label
from vivant.marks.made import made_here
from vivant.marks.reading import HARMLESS, Credentials, read, read_as
from vivant.marks.verification import Ingredient, Made, Verification, Watermark
from vivant.marks.watermark import find

__all__ = ["Ingredient", "Made", "Verification", "Watermark", "verify"]

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
_MOST_LOOKS = 20
"""Files of a folder in whose pictures marks are looked for."""
_FITS = (".match", ".validated", ".trusted", ".accessible", ".insideValidity")
"""How the standard's names for what fits end."""


def verify(path: str | Path, *, trust_anchors: Path | None = None) -> Verification:
    """Read the marks of a file, or of a folder of pictures. Nothing is fetched.

    Args:
        path: a picture, a video, or a folder of them.
        trust_anchors: PEM file of certificates; signers that chain to one are trusted.

    Raises:
        PathRefused: there is no such file, it cannot be read, or the anchors are none.
        UnsupportedFormat: it is no picture or video, or a folder without any.
    """
    path = Path(path)
    anchors = _anchors(trust_anchors) if trust_anchors is not None else None
    if not os.path.isdir(path):  # noqa: PTH112 - a name can be too long for Path.is_dir
        return _file(path, anchors)
    if (path / sequence.LIST).is_file():
        return _listed_folder(path, anchors)
    return _loose_folder(path, anchors)


def _file(path: Path, anchors: str | None, *, look: bool = True) -> Verification:
    """Judge one file; `look`: also for marks in the picture and in the journal."""
    try:
        credentials = read(path, anchors)
    except DamagedMedia as error:
        credentials = str(error).removeprefix(f"{path}: ")
    found = _described(path, credentials)
    if not look:
        return found
    told = _told_ids(credentials)
    return _remembered(_compared(_looked_at(found, path), told), path, told)


def _told_ids(credentials: Credentials | str) -> tuple[str, ...]:
    """Return the watermark ids that intact credentials tell: vivant's statement, soft bindings."""
    if isinstance(credentials, str) or not credentials.intact:
        return ()
    ids = []
    mark = _statement(credentials.active).get("watermark")
    if isinstance(mark, Mapping):
        ids.append(mark.get("id"))
    for label, data in _assertions(credentials.active):
        binds = label.startswith("c2pa.soft-binding") and isinstance(data, Mapping)
        if binds and data.get("alg") == WATERMARK and isinstance(data.get("blocks"), list):
            ids += [one.get("value") for one in data["blocks"] if isinstance(one, Mapping)]
    return tuple(dict.fromkeys(one for one in ids if isinstance(one, str)))


def _compared(found: Verification, told: tuple[str, ...]) -> Verification:
    """Add where the marks in the picture contradict intact credentials."""
    problems = []
    if found.undeclared:
        problems.append(f"its credentials do not declare it AI-made, but {found.undeclared}")
    mark = found.watermark
    if len(told) > 1:
        problems.append(f"its credentials name several watermarks: {', '.join(told)}")
    if mark is not None and mark.id is not None and not {mark.id, *mark.others} >= set(told):
        problems.append(
            f"its credentials name the watermark {', '.join(told)}, but {mark.id} is in the "
            f"picture: they may have been made for another one"
        )
    return replace(found, problems=(*found.problems, *problems))


def _looked_at(found: Verification, path: Path) -> Verification:
    """Add the marks in the picture; of an intact file that cannot be decoded, say so."""
    cut: list[str] = []
    short = "the search for the watermark was cut short by its clock: some may not have been seen"
    try:
        seen = find(path, when_cut=lambda: cut.append(short))
        label = find_label(path, also=_declared(found.claims))
    except VivantError as error:
        if found.broken:
            return found
        why = str(error).removeprefix(f"{path}: ")
        unread = f"its picture could not be read, so no mark was looked for in it: {why}"
        return replace(found, problems=(*found.problems, unread))
    mark = None if seen is None else Watermark(seen.id, seen.confidence, seen.others)
    if mark is not None and mark.id is not None:
        cut.clear()
    return replace(found, watermark=mark, label=label, problems=(*found.problems, *cut))


def _declared(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the label's words, as credentials tell them."""
    label = claims.get("label")
    text = label.get("text") if isinstance(label, Mapping) else None
    return (text,) if isinstance(text, str) and 1 <= len(text) <= LONGEST else ()


def _remembered(
    found: Verification, path: Path, told: tuple[str, ...], *, whole: bool = True
) -> Verification:
    """Add the journal's entry; `whole` as for `made_here`."""
    seen = found.watermark.id if found.watermark else None
    try:
        made = made_here(path, whole=whole, told=told[0] if len(told) == 1 else None, seen=seen)
    except MarkError as error:
        return replace(found, problems=(*found.problems, str(error)))
    return replace(found, journal=made or found.journal)


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
    credentials = read_as(path / sequence.LIST, LISTING, anchors)
    try:
        differences = tuple(sequence.differences(path))
    except DamagedMedia as error:
        differences = (str(error),)
    told = _told_ids(credentials)
    if isinstance(credentials, str):
        found = _without_its_signature(_loose_folder(path, anchors))
    else:
        found = replace(_described(path / sequence.LIST, credentials), path=str(path))
        if differences:
            found = replace(found, intact=False, synthetic=None)
        found = _compared(_looked_at(found, path), told)
    found = replace(found, problems=found.problems + _shortened(differences))
    return _remembered(found, path / sequence.LIST, (), whole=not differences)


def _without_its_signature(found: Verification) -> Verification:
    """A list that nobody signed: of pictures of vivant, it once was signed."""
    if found.broken or not any(one.claims for one in found.files):
        return found
    lost = (
        f"the list {sequence.LIST} has lost its credentials: whether all pictures are there, "
        f"and in their order, could not be checked"
    )
    return replace(found, intact=None, problems=(lost, *found.problems))


def _loose_folder(path: Path, anchors: str | None) -> Verification:
    """Any folder: each file for itself, the worst of them for all."""
    files = sequence.media(path)
    if not files:
        raise UnsupportedFormat(f"{path}: there is no picture or video in this folder.")
    results = tuple(
        _of_many(file, anchors, look=number < _MOST_LOOKS) for number, file in enumerate(files)
    )
    problems = _shortened(
        tuple(f"{Path(r.path).name}: {text}" for r in results for text in r.problems)
    )
    if len(files) > _MOST_LOOKS:
        only = f"the first {_MOST_LOOKS} of {len(files)} files only"
        problems += (f"marks in the picture were looked for in {only}",)
    signed = [result for result in results if result.intact is not None]
    broken = any(result.broken for result in results)
    if not signed:
        problems = ("there are no credentials", *problems)
    marks = [r.watermark for r in results if r.watermark]
    labels = [r.label for r in results if r.label]
    first = results[0]
    return Verification(
        path=str(path),
        synthetic=True if not broken and any(r.synthetic for r in results) else None,
        intact=False if broken else True if len(signed) == len(results) else None,
        trusted=all(result.trusted for result in signed) if signed else None,
        signer=first.signer if all(r.signer == first.signer for r in results) else None,
        issued=first.issued if all(r.issued == first.issued for r in results) else None,
        ingredients=(
            first.ingredients if all(r.ingredients == first.ingredients for r in results) else ()
        ),
        watermark=max(marks, key=lambda one: (one.id is not None, one.confidence), default=None),
        label=max(labels, key=lambda one: one.likeness, default=None),
        claims=first.claims if all(r.claims == first.claims for r in results) else {},
        problems=problems,
        failures=next((r.failures for r in results if r.broken), ()),
        journal=first.journal if all(r.journal == first.journal for r in results) else None,
        files=results,
    )


def _of_many(file: Path, anchors: str | None, *, look: bool) -> Verification:
    """One of many files: what cannot be read is told of it, and holds up no other."""
    try:
        return _file(file, anchors, look=look)
    except (PathRefused, UnsupportedFormat) as error:
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


def _was_intact(told: Mapping[str, Any]) -> bool | None:
    """Whether an ingredient's credentials fitted when it was taken in; None: nobody noted it."""
    results, status = told.get("validation_results"), told.get("validation_status")
    if results is None and status is None:
        return None
    noted = list(status or [])
    noted += ((results or {}).get("activeManifest") or {}).get("failure") or []
    for delta in (results or {}).get("ingredientDeltas") or []:
        noted += (delta.get("validationDeltas") or {}).get("failure") or []
    codes = {str(one.get("code", "")) for one in noted}
    return all(code in HARMLESS or code.endswith(_FITS) for code in codes)
