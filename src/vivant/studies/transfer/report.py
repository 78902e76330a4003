"""What the transfer study shows: distance and Action Units against strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vivant.studies.report.parts import Interval, Part, Plot, Series, Table, Text
from vivant.studies.study import Done
from vivant.studies.transfer import curves as measured
from vivant.studies.transfer.strengths import COARSE, named

PUBLISHED: Final = {"0.3": (0.498, 1.164), "0.4": (0.647, 1.175), "0.5": (0.820, 1.237)}
"""Strength to the mean distance to own and to source mean: five expressions, four targets each,
computed from the tables of github.com/aandvalenzuela/normalizing-flows."""
PUBLISHED_BETWEEN: Final = 1.127
"""Mean distance of their source and target means."""
_SHOWN_UNITS: Final = 4
_NAMES: Final = {
    "own": "own mean, SFace", "foreign": "source mean, SFace",
    "own_dlib": "own mean, dlib", "foreign_dlib": "source mean, dlib",
}  # fmt: skip


def metrics() -> dict[str, dict[str, Any]]:
    """Return what rows may hold."""
    sface, dlib = "distance of unit vectors, SFace", "distance of vectors, dlib"
    told = {
        "own": (sface, False, "How far the result is from the portrait as it is."),
        "foreign": (sface, None, "How far the result is from the source at rest."),
        "between": (sface, None, "How far the portrait is from the source at rest."),
        "own_dlib": (dlib, False, "How far the result is from the portrait, second opinion."),
        "foreign_dlib": (dlib, None, "How far the result is from the source, second opinion."),
        "between_dlib": (dlib, None, "How far the portrait is from the source, second opinion."),
        "reached": ("share", True, "How much of the source's change of scores the result shows."),
    }
    return {
        name: {"unit": unit, "higher_is_better": higher, "about": about}
        for name, (unit, higher, about) in told.items()
    }


def curves(done: Sequence[Done], labels: Sequence[str]) -> dict[str, Any]:
    """Return, for each method, its curves and what is concluded from them."""
    found = {}
    for label in labels:
        rows = [row for one in done for row in one.outcome.rows if row["engine"] == label]
        told = measured.curves(rows)
        found[label] = told | {"conclusions": conclusions(told)}
    return found


def conclusions(told: Mapping[str, Any]) -> list[str]:
    """Return what follows from the curves, in words.

    Args:
        told: what `curves.curves` returned.
    """
    found = []
    for name, slope in told["slopes"].items():
        what = "The share of the expression that shows" if name == "reached" else (
            f"The distance to the {_NAMES[name]}")  # fmt: skip
        found.append(f"{what} {_moves(slope)} with strength: by {_interval(slope)} from 0 to 1.")
    floor = told["curves"].get("own", {}).get("0.0")
    if floor is not None:
        found.append(
            f"Nothing carried over (strength 0) already stands {_interval(floor)} from the "
            "portrait by SFace: what drawing it anew costs, without any expression."
        )
    for name, strength in told["lost"].items():
        most = measured.SAME_PERSON[name]
        found.append(
            f"By the {_NAMES[name]}, the mean result stays the same person (within {most:.2f}) up "
            f"to strength {1.0 if strength is None else strength:.2f}"
            + (", the most there is." if strength is None else "; beyond, identity is lost.")
        )
    found.append(
        "At no strength is the mean result nearer to the source than to itself."
        if told["nearer"] is None
        else f"From strength {told['nearer']:.2f} on it is nearer to the source than to itself."
    )
    return found


def _moves(slope: Mapping[str, Any]) -> str:
    if slope["low"] is None or slope["low"] <= 0 <= slope["high"]:
        return "does not change for certain"
    return "grows" if slope["mean"] > 0 else "falls"


def _interval(told: Mapping[str, Any]) -> str:
    if told["low"] is None:
        return f"{told['mean']:.3f}"
    return f"{told['mean']:.3f} [{told['low']:.3f}, {told['high']:.3f}]"


def parts(plain: Mapping[str, Any]) -> list[Part]:
    """Return the parts of the report.

    Args:
        plain: what `results.json` holds.
    """
    extra = plain["extra"]
    found: list[Part] = [_done(extra), _sources(extra)]
    several = len(extra["methods"]) > 1
    for label, told in extra["methods"].items():
        of = f": {label}" if several else ""
        found.append(Text(f"What is concluded{of}", told["conclusions"]))
        found += [_distances(told, of), _reached(told, of), _beside(told, of)]
        found += [_action_units(name, units, of) for name, units in told["units"].items()]
    return found


def _done(extra: Mapping[str, Any]) -> Text:
    what = (
        "Of each expression the clip and frame is taken in which it is the strongest; what changed "
        "since that driver's calmest frame is carried to every portrait at strengths 0 to 1 in "
        "steps of 0.1 and 0.30 to 0.50 in steps of 0.02. Own mean is the portrait as it is, source "
        "mean the driver at rest. Intervals are over portraits' people."
    )
    how = (
        "Distances are those of identity vectors brought to length 1 (SFace: 0 to 2, under "
        f"{measured.SAME_PERSON['own']:.2f} its makers say: one person) and of dlib's as they are "
        f"(under {measured.SAME_PERSON['own_dlib']}: one person). Action Units are a mapping of "
        "the tracker's scores, not OpenFace."
    )
    where = "Tables in the published columns: likeliness/, likeliness_dlib/ and quality/."
    paragraphs = [what, how, where]
    if extra["unable"]:
        paragraphs.append(
            f"Not able: {', '.join(extra['unable'])}, which has no setting `strength`."
        )
    return Text("What was done", paragraphs)


def _sources(extra: Mapping[str, Any]) -> Table:
    rows = [
        [number, one["expression"], one["driver"], one["rest"], one["frame"], one["rise"]]
        for number, one in enumerate(extra["sources"], start=1)
    ]
    heads = ["number", "expression", "driver", "frame at rest", "frame at its peak", "rise"]
    return Table("The expressions", heads, rows, "Rise: of the mean of its scores, 0 to 1.")


def _line(name: str, curve: Mapping[str, Mapping[str, Any]]) -> Series:
    return Series(
        name,
        [float(strength) for strength in curve],
        [told["mean"] for told in curve.values()],
        [told["low"] for told in curve.values()],
        [told["high"] for told in curve.values()],
    )


def _distances(told: Mapping[str, Any], of: str) -> Plot:
    series = [_line(_NAMES[name], told["curves"][name]) for name in _NAMES
              if name in told["curves"]]  # fmt: skip
    places = [float(strength) for strength in PUBLISHED]
    for place, name in enumerate(("own", "source")):
        series.append(Series(f"{name} mean, published (Glow, Inception-ResNet-V1)", places,
                             [both[place] for both in PUBLISHED.values()]))  # fmt: skip
    note = "Published distances are another network's: compare the course, not the height."
    return Plot(f"Identity against strength{of}", "lines", "strength", "distance", series, note)


def _reached(told: Mapping[str, Any], of: str) -> Plot:
    curve = told["curves"].get("reached", {})
    return Plot(f"Expression against strength{of}", "lines", "strength",
                "share of the source's change", [_line("reached", curve)],
                "1: the scores changed as much as the source's.")  # fmt: skip


def _beside(told: Mapping[str, Any], of: str) -> Table:
    rows: list[list[Any]] = []
    for strength, (own, source) in PUBLISHED.items():
        ours = [told["curves"].get(name, {}).get(strength) for name in _NAMES]
        rows.append([strength, own, source, *map(_cell, ours)])
    between = told["between"]
    rows.append(["source to own mean", None, PUBLISHED_BETWEEN, None, _cell(between), None, None])
    heads = ["strength", "own mean, published", "source mean, published", *_NAMES.values()]
    note = (
        "Published: means over five expressions and four targets each, computed from the tables of "
        "github.com/aandvalenzuela/normalizing-flows (Glow; Inception-ResNet-V1, VGGFace2 and "
        "CASIA-WebFace). Another network, other people and another meaning of strength (a share "
        "of a latent vector): only the course can be compared."
    )
    return Table(f"Beside the published means{of}", heads, rows, note)


def _cell(told: Mapping[str, Any] | None) -> Interval | None:
    if told is None:
        return None
    return Interval(value=told["mean"], low=told["low"], high=told["high"])


def _action_units(expression: str, units: Mapping[str, Mapping[str, float]], of: str) -> Plot:
    places = [named(strength) for strength in COARSE]
    series = [
        Series(unit.removesuffix("_r"), [float(place) for place in places],
               [units[unit].get(place) for place in places])
        for unit in measured.risen(units, _SHOWN_UNITS)
    ]  # fmt: skip
    return Plot(f"Action Units against strength, {expression}{of}", "lines", "strength",
                "intensity, 0 to 5", series, "The four that change the most; means.")  # fmt: skip
