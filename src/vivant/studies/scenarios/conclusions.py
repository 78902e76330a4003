"""What follows from the numbers of the scenarios study, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from vivant.studies.report.parts import Text
from vivant.studies.scenarios.composition import NAMES

_SAME: Final = {"psnr": 0.1, "face_psnr": 0.1, "csim": 0.01, "face_ssim": 0.005}
"""Differences smaller than this are called the same."""
_NAMES: Final = {
    "psnr": ("the whole frame's PSNR", 1, " dB"),
    "face_psnr": ("the face region's PSNR", 1, " dB"),
    "face_ssim": ("the face region's SSIM", 3, ""),
    "csim": ("the likeness (CSIM)", 2, ""),
}


def conclusions(plain: Mapping[str, Any]) -> Text:
    """Return what the numbers say about small faces, engines, speed and detection.

    Args:
        plain: what `results.json` holds.
    """
    told = [
        *_small_faces(plain),
        *_engines(plain),
        *_found(plain),
        *_fast(plain),
        *_detected(plain),
    ]
    return Text("Conclusions", told or ["Too little was measured to conclude anything."])


def _small_faces(plain: Mapping[str, Any]) -> Iterator[str]:
    for role, by_scenario in plain["extra"]["means"].items():
        if NAMES[0] not in by_scenario or NAMES[-1] not in by_scenario:
            continue
        large, small = by_scenario[NAMES[0]], by_scenario[NAMES[-1]]
        for label in large:
            if label not in small:
                continue
            changes = [
                _change(name, large[label][name]["mean"], small[label][name]["mean"])
                for name in _NAMES
                if name in large[label] and name in small[label]
            ]
            shares = [100 * one[label]["share"]["mean"] for one in (large, small)]
            yield (
                f"{label}, {role}: from {shares[0]:.0f} % to {shares[1]:.0f} % of the frame, "
                f"{_listed(changes)}."
            )


def _change(name: str, before: float, after: float) -> str:
    words, digits, unit = _NAMES[name]
    change = after - before
    if abs(change) < _SAME[name]:
        return f"{words} stays at {after:.{digits}f}{unit}"
    verb = "rises" if change > 0 else "falls"
    return f"{words} {verb} by {abs(change):.{digits}f}{unit} to {after:.{digits}f}"


def _engines(plain: Mapping[str, Any]) -> Iterator[str]:
    """Say where the first method is better than the last, and where that is not sure."""
    for name in ("face_psnr", "psnr"):
        own = [one for one in plain["extra"]["by_scenario"] if one["metric"] == name]
        for role in dict.fromkeys(one["role"] for one in own):
            here = [one for one in own if one["role"] == role]
            said = [
                f"{one['difference']:+.2f} dB in {one['scenario']}"
                + ("" if one["better"] else " (not told apart)")
                for one in here
            ]
            yield (
                f"{role}: {here[0]['a']} against {here[0]['b']}, {_NAMES[name][0]}: "
                f"{_listed(said)}."
            )


def _found(plain: Mapping[str, Any]) -> Iterator[str]:
    seen = {(row["scenario"], row["target"]): row for row in plain["rows"]}
    for scenario in NAMES:
        own = [row for (name, _), row in seen.items() if name == scenario]
        lost, frames = sum(row["faces_missed"] for row in own), sum(row["drawn"] for row in own)
        if own and lost:
            side = min(row["face_side"] for row in own)
            yield (
                f"In {scenario} the tracker misses the face on {lost} of {frames} frames; the "
                f"smallest is {side:.0f} pixels large."
            )
    if seen and not any(row["faces_missed"] for row in seen.values()):
        side = min(row["face_side"] for row in seen.values())
        yield (
            f"The tracker finds the face on every frame of every video, down to {side:.0f} pixels."
        )


def _fast(plain: Mapping[str, Any]) -> Iterator[str]:
    for role, by_scenario in plain["extra"]["means"].items():
        for engine in plain["engines"]:
            label = engine["label"]
            delays = {
                name: told[label]["delay"]["mean"]
                for name, told in by_scenario.items()
                if label in told and "delay" in told[label]
            }
            if delays:
                said = [f"{delay:.0f} ms in {name}" for name, delay in delays.items()]
                yield f"{label}, {role}: a frame takes {_listed(said)}."


def _detected(plain: Mapping[str, Any]) -> Iterator[str]:
    for one in plain["extra"]["detection"]:
        yield (
            f"{one['detector']} tells {one['engine']} ({one['role']}, {one['scenario']}) with an "
            f"AUC of {one['auc']:.2f}."
        )


def _listed(words: list[str]) -> str:
    """Return words as a sentence lists them.

    >>> _listed(["a", "b", "c"])
    'a, b and c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
