"""Why a portrait may be animated: asked once, kept with the result.

Vivant cannot judge who is shown in a picture. It makes the person who uses it
say so, remembers the answer for that very picture, and writes it into the
signed credentials of everything made from it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from vivant.errors import ConsentMissing, SettingsError, listed
from vivant.home import home
from vivant.marks import store

ConsentKind = Literal["historical", "own", "permission", "fictional"]
"""Why a portrait may be animated; `CONSENT_KINDS` says what each means."""

CONSENT_KINDS: Mapping[ConsentKind, str] = {
    "historical": "a figure from history, dead for long",
    "own": "my own likeness",
    "permission": "the person shown has given permission",
    "fictional": "nobody: a drawn or invented face",
}
"""What each kind states, in words fit for a question or a help text."""

VARIABLE = "VIVANT_CONSENT"
"""Environment variable that answers for scripts."""

Given = Literal["option", "variable", "answer", "remembered", "sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One statement of why a portrait may be animated."""

    kind: ConsentKind
    """What was stated."""
    given: Given
    """How: an option of this run, the environment variable, an answer to the
    question, an earlier answer for the same portrait, or vivant's own sample."""
    when: str
    """When it was stated, ISO 8601 in UTC."""

    def __post_init__(self) -> None:
        _checked(self.kind, "Consent.kind")


def consent_for(
    portrait_sha256: str,
    *,
    given: str | Consent | None = None,
    environ: Mapping[str, str] | None = None,
    ask: Callable[[], str | None] | None = None,
) -> Consent:
    """Return the consent for one portrait, from the first that states it.

    The order is: `given`, the variable `VIVANT_CONSENT`, an earlier answer for
    the same portrait, the question. Only an answer to the question is
    remembered: an option or a variable speaks for the run it stands in.

    Args:
        portrait_sha256: 64 hex digits over the portrait file, or over its pixels.
        given: what the caller stated (`--consent`), a key of `CONSENT_KINDS`; or a whole
            statement, such as that of `sample`.
        environ: where the variable is looked up; `os.environ` by default.
        ask: puts the question to a person and returns a key of
            `CONSENT_KINDS`, or None for no answer. None: nobody is there to ask.

    Raises:
        ConsentMissing: nobody stated anything.
        SettingsError: what was stated is none of the four kinds.
        MarkError: the answer cannot be kept.
    """
    if isinstance(given, Consent):
        return given
    if given is not None:
        return _stated(given, "option", "--consent")
    variable = (os.environ if environ is None else environ).get(VARIABLE)
    if variable:
        return _stated(variable, "variable", VARIABLE)
    path = _path(portrait_sha256)
    remembered = _remembered(path)
    if remembered is not None:
        return remembered
    answer = ask() if ask is not None else None
    if answer is None:
        raise ConsentMissing(
            "nobody said why this portrait may be animated, and vivant may not guess. "
            f"Pass --consent KIND, or set the variable {VARIABLE}; "
            "KIND is one of "
            + "; ".join(f"{kind} ({meaning})" for kind, meaning in CONSENT_KINDS.items())
            + "."
        )
    consent = _stated(answer, "answer", "the answer")
    store.write(path, json.dumps({"format": 1, **asdict(consent)}, indent=1).encode())
    return consent


def sample() -> Consent:
    """Return the statement for the portrait that vivant carries, for which nobody is asked."""
    return _stated("historical", "sample", "the sample")


def forget(portrait_sha256: str) -> None:
    """Forget the answer for one portrait, so that the question comes again."""
    _path(portrait_sha256).unlink(missing_ok=True)


def _path(portrait_sha256: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", portrait_sha256):
        raise SettingsError(
            f"a portrait is known by 64 lower-case hex digits, got {portrait_sha256!r}"
        )
    return home() / "consent" / f"{portrait_sha256}.json"


def _stated(kind: str, given: Given, where: str) -> Consent:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Consent(kind=_checked(kind, where), given=given, when=now)


def _checked(kind: str, where: str) -> ConsentKind:
    for known in get_args(ConsentKind):
        if kind == known:
            return known  # type: ignore[no-any-return]
    raise SettingsError(
        f"{where}: {kind!r} is no kind of consent. Choose one of {listed(CONSENT_KINDS)}."
    )


def _remembered(path: Path) -> Consent | None:
    data = store.read(path)
    if data is None:
        return None
    try:
        values = json.loads(data)
        return Consent(kind=values["kind"], given="remembered", when=str(values["when"]))
    except (ValueError, KeyError, TypeError):
        return None  # a damaged note is no consent: the question comes again
