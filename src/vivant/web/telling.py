"""What was found out about a file, in words for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, TypedDict

from vivant.marks import Verification

State = Literal["trusted", "valid", "broken", "partial", "none", "refused"]

_HEADLINES: Final[Mapping[State, str]] = {
    "trusted": "Intact, and signed by somebody you trust",
    "valid": "Intact, but the signer is on no list of trust",
    "broken": "Broken: its credentials do not fit",
    "partial": "Only a part is known",
    "none": "No credentials, which proves nothing",
    "refused": "This file could not be checked",
}
_WHY: Final = {
    "historical": "a figure from history",
    "own": "the person's own likeness",
    "permission": "with permission of the person shown",
    "fictional": "the person is fictional",
}


class Section(TypedDict):
    """A heading, and what stands under it."""

    title: str
    lines: list[str]


class Told(TypedDict):
    """All that is told about one file."""

    state: State
    headline: str
    sections: list[Section]


def refused(reason: str) -> Told:
    """Return what is told where a file could not be read at all."""
    return Told(
        state="refused",
        headline=_HEADLINES["refused"],
        sections=[Section(title="Why", lines=[reason])],
    )


def told(found: Verification) -> Told:
    """Return what is told about a file.

    >>> told(Verification(path="a.jpg"))["headline"]
    'No credentials, which proves nothing'
    """
    state: State = found.state
    sections = [
        Section(title="Credentials", lines=_credentials(found)),
        Section(title="Invisible watermark", lines=[_watermark(found)]),
        Section(title="Visible label", lines=[_label(found)]),
        Section(title="Conclusion", lines=_conclusion(found)),
    ]
    headline = _HEADLINES[state]
    if found.synthetic:
        headline = f"AI-made. {headline}"
    elif found.undeclared:
        headline = f"{headline}. It does not declare itself AI-made, but {found.undeclared}"
    return Told(state=state, headline=headline, sections=sections)


def _conclusion(found: Verification) -> list[str]:
    made = found.journal
    if made is None:
        return [found.conclusion]
    here = str(made)
    return [found.conclusion, f"{here[:1].upper()}{here[1:]}, written{_when(made.when)}."]


def _credentials(found: Verification) -> list[str]:
    lines = [f"{problem[:1].upper()}{problem[1:].rstrip('.')}." for problem in found.problems]
    if found.synthetic:
        lines.append("It declares itself AI-made or AI-altered.")
    if found.signer is not None:
        lines.append(f"Signed by {found.signer}{_when(found.issued)}.")
    engine = found.claims.get("engine")
    if isinstance(engine, Mapping) and engine.get("name"):
        lines.append(f"Drawn by the engine {engine['name']} of vivant.")
    consent = found.claims.get("consent")
    why = _WHY.get(str(consent.get("kind"))) if isinstance(consent, Mapping) else None
    if why is not None:
        lines.append(f"Why the portrait was animated, as its maker says: {why}.")
    lines += [f"Made from: {one.title}." for one in found.ingredients]
    return lines or ["There are none."]


def _when(issued: str | None) -> str:
    """Return a time as people write it.

    >>> _when("2026-11-21T23:00:19Z")
    ' on 2026-11-21 at 23:00 UTC'
    """
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:[\d.]+)?(Z|\+00:00)", issued or "")
    if found:
        return f" on {found[1]} at {found[2]} UTC"
    return f", {issued}" if issued else ""


def _watermark(found: Verification) -> str:
    mark = found.watermark
    if mark is None:
        return "None was found, which proves nothing."
    if mark.id is None:
        there = "That of vivant is in the picture, too weak for its id to be read"
    else:
        there = f"That of vivant is in the picture, with the id {mark.id}"
    return f"{there} ({mark.sureness})."


def _label(found: Verification) -> str:
    if found.label is not None:
        return f"Seen in the picture: “{found.label.text}”."
    label = found.claims.get("label")
    if not isinstance(label, Mapping):
        return "None was found, which proves nothing; look at the picture."
    if label.get("off_reason"):
        return f"None was drawn, for this stated reason: {label['off_reason']}"
    return f"Declared as “{label.get('text', '')}”, but not found where it usually lies."
