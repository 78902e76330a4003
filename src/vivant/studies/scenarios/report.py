"""What the scenarios study tells: Table 3 of the paper, by role, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from vivant.errors import Undefined
from vivant.metrics.auc import auc
from vivant.studies.intervals import compared, summarised
from vivant.studies.overtime import OVER_TIME
from vivant.studies.report.parts import Cell, Interval, Part, Plot, Series, Table, Text
from vivant.studies.scenarios.composition import NAMES
from vivant.studies.scenarios.conclusions import conclusions
from vivant.studies.scenarios.detecting import accuracy
from vivant.studies.scenarios.marking import CLOSE_UP, IN_FACE, REGION
from vivant.studies.scenarios.roles import CAVEAT, HEADS, PAPER, PUBLISHED, ROLES
from vivant.studies.study import Done

_OURS: Final = ("ssim", "ms_ssim", "l1")
_ROLE_WORDS: Final = {
    "reenact": "the source, driven by the target video",
    "swap": "the target video, with the source's expression",
}
_DIGITS: Final = {
    "mse": 1, "rmse": 2, "rase": 1, "psnr": 2, "uqi": 3, "vif": 3, "ergas": 1, "ssim": 3,
    "ms_ssim": 3, "l1": 4,
}  # fmt: skip


def extra(
    done: Sequence[Done], labels: Sequence[str], directions: Mapping[str, bool | None]
) -> dict[str, Any]:
    """Return means, comparisons and what detectors say, by role and scenario.

    Args:
        done: the jobs.
        labels: the methods.
        directions: measure to whether higher is better.
    """
    means: dict[str, Any] = {}
    comparisons: list[dict[str, Any]] = []
    detection: list[dict[str, Any]] = []
    for role, scenario, own in _grouped(done):
        rows = {
            label: [{"key": one.job.key, **row, **row.get(role, {})} for one in own
                    for row in one.outcome.rows if row["engine"] == label]
            for label in labels
        }  # fmt: skip
        found = {label: summarised(mine) for label, mine in rows.items() if mine}
        means.setdefault(role, {})[scenario] = {
            label: {**told, "counts": _counts(rows[label])} for label, told in found.items()
        }
        if len(found) > 1:
            first, *_, last = found
            comparisons += [
                {"role": role, "scenario": scenario, "a": first, "b": last, **told}
                for told in compared(rows[first], rows[last], directions)
            ]
        detection += _detected(role, scenario, own)
    unable = sorted({label for one in done for label in one.outcome.detail["unable"]})
    return {"means": means, "by_scenario": comparisons, "detection": detection, "unable": unable}


def _grouped(done: Sequence[Done]) -> Iterator[tuple[str, str, list[Done]]]:
    for role in _ROLE_WORDS:
        for scenario in NAMES:
            own = [one for one in done
                   if (one.job["role"], one.job["scenario"]) == (role, scenario)]  # fmt: skip
            if any(one.outcome.rows for one in own):
                yield role, scenario, own


def _counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    names = ("drawn", "frames", "faces_missed", "drawn_missed")
    return {"rows": len(rows), **{name: sum(row[name] for row in rows) for name in names}}


def _detected(role: str, scenario: str, own: Sequence[Done]) -> list[dict[str, Any]]:
    """Return for each detector and method its AUC and accuracy over all frames together."""
    drawn: dict[tuple[str, str], list[float]] = {}
    true: dict[tuple[str, str], list[float]] = {}
    for one in own:
        told = one.outcome.detail["probabilities"] if one.outcome.rows else {"drawn": {}}
        for label, by_detector in told["drawn"].items():
            for detector, values in by_detector.items():
                drawn.setdefault((detector, label), []).extend(values)
                true.setdefault((detector, label), []).extend(told["true"].get(detector, []))
    found = []
    for (detector, label), values in drawn.items():
        originals = true[detector, label]
        try:
            area = auc(values, originals)
        except Undefined:
            continue
        found.append({
            "detector": detector, "engine": label, "role": role, "scenario": scenario,
            "auc": area, "accuracy": accuracy(values, originals), "drawn": len(values),
            "true": len(originals),
        })  # fmt: skip
    return found


def parts(plain: Mapping[str, Any]) -> list[Part]:
    """Return the parts of the report.

    Args:
        plain: what `results.json` holds.
    """
    means = plain["extra"]["means"]
    found: list[Part] = [_protocol(plain), conclusions(plain), _roles(), _shares(plain)]
    for role in means:
        found += [
            _table(plain, role, "", f"Table 3, {role}: whole frame"),
            _table(plain, role, IN_FACE, f"Table 3, {role}: face region"),
            _close_ups(plain, role),
            _plot(plain, role, "psnr", "PSNR, dB"),
            _plot(plain, role, "ssim", "SSIM"),
            _speed(plain, role),
        ]
    found += [_published(), _detection(plain)]
    return found


def _protocol(plain: Mapping[str, Any]) -> Text:
    settings, extra = plain["settings"], plain["extra"]
    people = {kind: [one["name"] for one in plain["inputs"] if one["kind"] == kind]
              for kind in ("source", "target")}  # fmt: skip
    unable = f"Not able to swap, and so not in its tables: {', '.join(extra['unable'])}. "
    left_out = "; ".join(f"{name}: {why}" for name, why in extra["left_out"].items())
    composed = (
        f"Target videos of {settings['frames']} frames are composed of {len(people['target'])} "
        f"clips ({', '.join(people['target'])}): the person is cut out and seated before a drawn "
        f"room, so that the face takes over 50 % of the frame (attendance), about 10 % "
        f"(examination) or about 3 % (presentation), never with more pixels than the clip has. "
        f"Sources are {', '.join(people['source'])}."
    )
    roles = (
        "reenact: the source, seated in the same place and room, is driven by the target video, "
        "whose first frame counts as rest. swap: the target video stays, and the expression that "
        "the source's picture shows is held on its face. "
        + (unable if extra["unable"] else "")
        + f"All frames are drawn, in memory and unmarked; one in {settings['step']} is compared "
        "with the target video's, as a whole and in the face region (the face box, 1.3 times as "
        "large)."
    )
    traps = (
        "In swap the result is not meant to equal the target: its expression is to change. There "
        "the picture measures tell how much else changes. The summary of results is of reenact "
        "alone where both are measured, over all scenarios: these should be read apart."
    )
    left = [f"Left out, since nobody can be seated from them: {left_out}."] if left_out else []
    return Text("What was done", [composed, roles, traps, *left])


def _roles() -> Table:
    note = "In vivant, and in every table here, results are compared with the target video."
    return Table("What source and target mean", list(HEADS), [list(row) for row in ROLES], note)


def _shares(plain: Mapping[str, Any]) -> Table:
    seen: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in plain["rows"]:
        seen.setdefault((row["scenario"], row["target"]), row)
    rows: list[list[Cell | Interval]] = [
        [scenario, target, f"{row['width']}x{row['height']}", 100 * row["share"],
         row["face_side"], row["drawn"], row["faces_missed"]]
        for (scenario, target), row in sorted(
            seen.items(), key=lambda item: (NAMES.index(item[0][0]), item[0][1])
        )
    ]  # fmt: skip
    heads = ["scenario", "target", "frame", "face, % of it", "face, pixels", "frames",
             "face not found"]  # fmt: skip
    note = (
        "As vivant's tracker sees the composed frames: the area of the box around the landmarks, "
        "over that of the frame; pixels are the root of the area."
    )
    return Table("Composed videos", heads, rows, note,
                 digits={"face, % of it": 1, "face, pixels": 0}, folded=len(rows) > 12)  # fmt: skip


def _estimate(told: Mapping[str, Any] | None) -> Interval | None:
    if told is None:
        return None
    return Interval(value=told["mean"], low=told["low"], high=told["high"])


def _table(plain: Mapping[str, Any], role: str, before: str, title: str) -> Table:
    """Return a table in the shape of the paper's: method, scenario, its measures and ours."""
    ours = [name for name in _OURS if not before or name in REGION]
    names = [*PAPER, *ours]
    rows = [
        [label, scenario, *(_estimate(told.get(f"{before}{name}")) for name in names)]
        for label, scenario, told in _means(plain, role)
    ]
    words = _ROLE_WORDS[role]
    note = (
        f"{words[0].upper()}{words[1:]}, against the target video; means with 95 % intervals over "
        f"people. {_directions(plain, names)} "
        + ("" if before else "Whole-frame numbers flatter small faces: the room is the same.")
    )
    return Table(title, ["method", "scenario", *names], rows, note.strip(),
                 digits={name: _DIGITS[name] for name in names})  # fmt: skip


def _directions(plain: Mapping[str, Any], names: Sequence[str]) -> str:
    """Say where better lies; no cell is marked as the best, since scenarios are no rivals."""
    told = {name: plain["metrics"][name]["higher_is_better"] for name in names}
    higher = [name for name in names if told[name]]
    lower = [name for name in names if told[name] is False]
    return f"Higher is better: {', '.join(higher)}. Lower is better: {', '.join(lower)}."


def _means(plain: Mapping[str, Any], role: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield method, scenario and means, method by method."""
    by_scenario = plain["extra"]["means"][role]
    for engine in plain["engines"]:
        for scenario in NAMES:
            told = by_scenario.get(scenario, {}).get(engine["label"])
            if told is not None:
                yield engine["label"], scenario, told


def _close_ups(plain: Mapping[str, Any], role: str) -> Table:
    rows = list(_means(plain, role))
    names = [name for name in (*CLOSE_UP, *OVER_TIME) if any(name in told for *_, told in rows)]
    cells = [
        [label, scenario, *(_estimate(told.get(name)) for name in names)]
        for label, scenario, told in rows
    ]
    whom = (
        "Identity is compared with the source's picture, all else with the target video."
        if role == "reenact" else
        "Expressions are compared with the source's picture, all else with the target video."
    )  # fmt: skip
    note = (
        f"On close-ups at 256x256: a square of 1.8 face boxes of the target. {whom} "
        f"{_directions(plain, names)}"
    )
    return Table(f"Faces, {role}", ["method", "scenario", *names], cells, note)


def _plot(plain: Mapping[str, Any], role: str, name: str, label: str) -> Plot:
    series = []
    for engine in plain["engines"]:
        own = [told for one, _, told in _means(plain, role) if one == engine["label"]]
        for words, before in (("whole frame", ""), ("face region", IN_FACE)):
            told = [one for one in own if f"{before}{name}" in one]
            if told:
                values = [one[f"{before}{name}"] for one in told]
                series.append(Series(
                    f"{engine['label']}, {words}",
                    [round(100 * one["share"]["mean"], 1) for one in told],
                    [one["mean"] for one in values],
                    [one["low"] for one in values], [one["high"] for one in values],
                ))  # fmt: skip
    return Plot(f"{name.upper()} by the share of the face, {role}", "lines",
                "face, % of the frame", label, series,
                "Where the lines of whole frame and face region part, the room is what is "
                "measured.")  # fmt: skip


def _speed(plain: Mapping[str, Any], role: str) -> Table:
    heads = ["delay", "delay_p95", "pace", "first_frame"]
    rows = [
        [label, scenario, *(told[name]["mean"] if name in told else None for name in heads),
         told["counts"]["faces_missed"], told["counts"]["drawn_missed"]]
        for label, scenario, told in _means(plain, role)
    ]  # fmt: skip
    note = (
        "Delay: milliseconds of wall-clock time from a frame in hand to the drawn frame, median "
        "and 95th percentile; pace: frames a second of that; first frame: seconds from the request "
        "on. One step after another, while the study's other processes are at work: use "
        "--workers 1 on an idle machine for numbers to quote. No camera, encoding or network is "
        "in it. Lost: frames in which no face was found. For comparison: "
        "from end to end in a video call, on a K80, the paper tells 300 ms for the first order "
        "model and 500 ms for GANimation."
    )
    return Table(f"Delay, {role}", ["method", "scenario", *heads, "target lost",
                                    "drawn lost"], rows, note,
                 digits={"delay": 1, "delay_p95": 1, "pace": 1, "first_frame": 2})  # fmt: skip


def _published() -> Table:
    return Table("Table 3 as published", ["method", "scenario", *PAPER],
                 [list(row) for row in PUBLISHED], CAVEAT,
                 digits=dict.fromkeys(PAPER, 2))  # fmt: skip


def _detection(plain: Mapping[str, Any]) -> Part:
    told = plain["extra"]["detection"]
    title = "Can a detector tell"
    if not told:
        return Text(title, [f"Not measured: {plain['not_measured'].get('detection', 'no frame')}."])
    heads = ["detector", "engine", "role", "scenario", "auc", "accuracy", "drawn", "true"]
    note = (
        "AUC: the chance that a drawn frame is held for more synthetic than a true one; 0.5 is "
        "guessing. Accuracy: mean of the shares of drawn and of true frames that are called so, "
        "at a probability of 0.5."
    )
    return Table(title, heads, [[one[name] for name in heads] for one in told], note,
                 digits={"auc": 3, "accuracy": 3})  # fmt: skip
