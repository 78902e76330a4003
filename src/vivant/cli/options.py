"""How the settings of an animation are written on the command line.

The classes below take every field, default and help text from the settings
they extend and only say where the command line uses another word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from vivant.animation.settings import AnimateSettings
from vivant.errors import SettingsError
from vivant.marks.label import Corner, LabelSettings
from vivant.marks.words import Language

__all__ = ["AnimateOptions", "LabelOptions", "Literal", "Time", "seconds"]
# `Literal` must be a name of this module: the types of inherited fields are looked up here.

_TIME = re.compile(r"(?:(?:(\d+):)?([0-5]?\d):(?=\d\d(?:\D|$)))?(\d+(?:\.\d+)?|\.\d+)", re.ASCII)


def seconds(text: str) -> Fraction:
    """Read a time as people write it: seconds, M:SS or H:MM:SS, with decimals.

    Raises:
        SettingsError: the text is no such time.

    >>> seconds("1:02.5")
    Fraction(125, 2)
    >>> seconds("90")
    Fraction(90, 1)
    """
    found = _TIME.fullmatch(text.strip())
    hours, minutes, rest = found.groups(default="0") if found else ("0", "0", "")
    if not found or (":" in text and Fraction(rest) >= 60):
        raise SettingsError(
            f"a time is written as seconds or M:SS, such as 12.5 or 1:30; got {text!r}"
        )
    return 3600 * int(hours) + 60 * int(minutes) + Fraction(rest)


def _time(_: type, tokens: Any) -> Fraction:
    return seconds(tokens[0].value)


Time = Parameter(converter=_time, metavar="TIME")
"""How an option that is a time is read."""


def controls(words: Sequence[str]) -> dict[str, float]:
    """Read sliders as people write them: `smile=0.5`, several with commas between.

    Raises:
        SettingsError: a word is no such thing.

    >>> controls(["smile=0.5,yaw=-10", "eyes=1"])
    {'smile': 0.5, 'yaw': -10.0, 'eyes': 1.0}
    """
    found: dict[str, float] = {}
    for part in ",".join(words).split(","):
        name, _, value = part.partition("=")
        try:
            found[name.strip().replace("-", "_")] = float(value)
        except ValueError:
            raise SettingsError(
                f"a slider is set as NAME=VALUE, such as smile=0.5; got {part!r}"
            ) from None
    return found


def pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    """Read which face is driven by what, as people write it.

    Raises:
        SettingsError: a word is no such thing.

    >>> pairs(["1=b.mp4", "640,210=smile"])
    [('1', 'b.mp4'), ('640,210', 'smile')]
    """
    found = [word.partition("=") for word in words]
    for word, (face, _, driving) in zip(words, found, strict=True):
        if not face.strip() or not driving.strip():
            raise SettingsError(
                f"--with wants FACE=DRIVING, such as 1=b.mp4 (`vivant inspect` numbers the "
                f"faces); got {word!r}"
            )
    return [(face.strip(), driving) for face, _, driving in found]


def _controls(_: type, tokens: Any) -> dict[str, float]:
    return controls([token.value for token in tokens])


_Controls = Parameter(
    name="--set",
    converter=_controls,
    accepts_keys=False,
    n_tokens=-1,
    metavar="NAME=VALUE",
    show_default=False,
)


@dataclass(frozen=True, kw_only=True)
class AnimateOptions(AnimateSettings):
    """`AnimateSettings` in the words of the command line."""

    relative: Annotated[bool, Parameter(name="--relative", negative="--absolute")] = (
        AnimateSettings.relative
    )
    """Carry the driver's change of face (--relative), or the face itself (--absolute)."""
    start: Annotated[Fraction | None, Time, Parameter(name="--from")] = AnimateSettings.start
    """Where in the video to begin: seconds or M:SS."""
    end: Annotated[Fraction | None, Time, Parameter(name="--to")] = AnimateSettings.end
    """Where in the video to stop: seconds or M:SS."""
    controls: Annotated[Mapping[str, float], _Controls] = field(default_factory=dict)
    """Change the face on top of the video, such as smile=0.5,yaw=-10; may be given again."""


@dataclass(frozen=True, kw_only=True)
class LabelOptions(LabelSettings):
    """`LabelSettings` in the words of the command line."""

    text: Annotated[str | None, Parameter(name="--label", metavar="TEXT")] = LabelSettings.text
    """What the label says, in place of the language's own words; 'off' draws none and needs
    --label-off-reason."""
    language: Annotated[Language, Parameter(name="--label-language")] = LabelSettings.language
    """Language of the label and of the opening card."""
    corner: Annotated[Corner, Parameter(name="--label-corner")] = LabelSettings.corner
    """Corner of the picture; another is taken where it would cover a face."""
    size: Annotated[float, Parameter(name="--label-size", metavar="PERCENT")] = LabelSettings.size
    """Height of the label in percent of the picture's height, 2 to 20."""
    card: Annotated[float, Parameter(name="--label-card", metavar="SECONDS")] = LabelSettings.card
    """Seconds for which a wide card at the beginning says how the video was made, 0 to 10."""
    off_reason: Annotated[str | None, Parameter(name="--label-off-reason", metavar="TEXT")] = (
        LabelSettings.off_reason
    )
    """Why there is no label; it is written into the signed credentials."""
