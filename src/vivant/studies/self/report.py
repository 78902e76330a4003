"""What the self study tells beyond the means: against the baseline, by region, case by case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vivant.studies.regions import NAMES
from vivant.studies.report.parts import Cell, Part, Picture, Pictures, Table, Text
from vivant.studies.results import mean_of
from vivant.studies.study import Done

_PICTURE: Final = {"l1": False, "psnr": True, "ssim": True}
"""Measures by which clips are counted as better, with whether higher is."""
_HARM: Final = 1.05
"""L1 above so many times the baseline's is told as harm."""
_WORST: Final = 10


def extra(done: Sequence[Done], labels: Sequence[str]) -> dict[str, Any]:
    """Return counts, regions and, for each method but the last, how it does against the last.

    Args:
        done: the clips.
        labels: the methods; the last is the baseline, if there is more than one.
    """
    rows = {
        label: [row for one in done for row in one.outcome.rows if row["engine"] == label]
        for label in labels
    }
    first = rows[labels[0]]
    counts = {"clips": len(first), "frames": sum(row["frames"] for row in first),
              "faces_missed": sum(row["faces_missed"] for row in first)}  # fmt: skip
    regions = {
        label: {
            name: mean_of([row["regions"][name] for row in own if name in row["regions"]])
            for name in NAMES
        }
        for label, own in rows.items()
    }
    return {
        **counts,
        "key_metrics": ["l1", "psnr", "ssim", "akd", "csim", "expression"],
        "regions": regions,
        "against_baseline": {
            label: _against(own, rows[labels[-1]])
            for label, own in list(rows.items())[: len(labels) - 1]
        },
    }


def _against(rows: Sequence[Mapping[str, Any]], base: Sequence[Mapping[str, Any]]) -> Any:
    pairs = list(zip(rows, base, strict=True))
    ratios = {row["clip"]: row["l1"] / max(than["l1"], 1e-9) for row, than in pairs}
    worst = max(ratios, key=lambda clip: ratios[clip])
    return {
        "better": {
            name: sum((row[name] > than[name]) == higher and row[name] != than[name]
                      for row, than in pairs)
            for name, higher in _PICTURE.items()
        },
        "worse_by_5_percent": sum(ratio > _HARM for ratio in ratios.values()),
        "worst_ratio": {"l1": ratios[worst], "clip": worst},
        "ratios": ratios,
    }  # fmt: skip


def parts(plain: Mapping[str, Any], errors: bytes) -> list[Part]:
    """Return the parts of the report.

    Args:
        plain: what `results.json` holds.
        errors: the map of errors, PNG.
    """
    found: list[Part] = [_protocol(plain)]
    for label, against in plain["extra"]["against_baseline"].items():
        found += [_counted(plain, label, against), _worst(plain, label, against)]
    found.append(_regions(plain["extra"]["regions"]))
    caption = (
        "Mean absolute error around the face: the first method on the left, the portrait "
        "left as it is on the right. Blue is 0, red 0.15 and more."
    )
    found.append(Pictures("Where the error sits", [Picture(caption, errors)]))
    return found


def _protocol(plain: Mapping[str, Any]) -> Text:
    settings, extra = plain["settings"], plain["extra"]
    driver = (
        "The engine sees the driver as another person, elsewhere and in other light."
        if settings["disguise"] else "The clip itself drives."
    )  # fmt: skip
    carried = "The change since frame 0 is carried over."
    mode = carried if settings["relative"] else "The driver's face is taken as it is."
    protocol = (
        f"Frame 0 of each clip is the portrait; all frames up to {settings['last']} drive it. "
        f"{driver} {mode} Every {settings['step']}th frame is compared with the true one, in "
        f"memory, before any label, mark or encoding; {settings['consecutive']} frames in a row "
        f"from the middle are compared over time. Identity is read on every third of the "
        f"compared frames, by the second opinion on every tenth."
    )
    counts = (
        f"{extra['clips']} clips, {extra['frames']} frames compared, {extra['faces_missed']} "
        f"frames of the driver without a face, {len(plain['failed'])} clips that could not be "
        f"measured."
    )
    return Text("What was done", [protocol, counts])


def _counted(plain: Mapping[str, Any], label: str, against: Mapping[str, Any]) -> Text:
    better, worst = against["better"], against["worst_ratio"]
    clips = len(against["ratios"])
    counts = ", ".join(f"by {name.upper()} on {count}" for name, count in better.items())
    base = plain["engines"][-1]["label"]
    told = (
        f"{label} is better than {base}: {counts} of {clips} clips. Worse by more than 5 % (L1): "
        f"{against['worse_by_5_percent']} clips; the worst is {worst['clip']}, "
        f"{worst['l1']:.2f} times the error of {base}."
    )
    return Text(f"How often {label} beats {base}", [told])


def _worst(plain: Mapping[str, Any], label: str, against: Mapping[str, Any]) -> Table:
    base = plain["engines"][-1]["label"]
    own, beside = (
        {row["clip"]: row for row in plain["rows"] if row["engine"] == one} for one in (label, base)
    )
    ranked = sorted(against["ratios"], key=lambda clip: -against["ratios"][clip])[:_WORST]
    heads = ["clip", "L1 ratio", *(f"{name.upper()}{of}" for name in _PICTURE for of in
             ("", f" of {base}")), "faces missed"]  # fmt: skip
    rows: list[list[Cell]] = [
        [clip, against["ratios"][clip],
         *(row[clip][name] for name in _PICTURE for row in (own, beside)),
         own[clip]["faces_missed"]]
        for clip in ranked
    ]  # fmt: skip
    return Table(f"The worst clips of {label}", heads, rows, folded=True)


def _regions(regions: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Table:
    rows: list[list[Cell]] = [
        [label, name, found["l1"], 100 * found["error"], 100 * found["area"]]
        for label, own in regions.items()
        for name, found in own.items()
        if found
    ]
    heads = ["method", "region", "L1", "share of all error, %", "share of the picture, %"]
    digits = {"L1": 4, heads[3]: 0, heads[4]: 0}
    note = (
        "On the true frame: the hull of the landmarks; the person around it up to 1.55 times "
        "that hull; the rest of the person; the rest of the picture."
    )
    return Table("Where the error sits, by region", heads, rows, note, digits)
