"""What the speed study tells: medians by size and threads, engines beside one another."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

from vivant.studies.report.parts import Interval, Part, Plot, Series, Table, Text

METRICS: Final = {
    "frames_per_second": {
        "unit": "frames/s", "higher_is_better": True,
        "about": "Frames over the seconds from the first drawn frame to the closed, signed file.",
    },
    "seconds_to_first_frame": {
        "unit": "s", "higher_is_better": False,
        "about": "From the start of the command's work to the first drawn frame.",
    },
    "peak_rss_mb": {
        "unit": "MB", "higher_is_better": False,
        "about": "The most memory held, child processes included.",
    },
}  # fmt: skip


def extra(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the medians over rounds.

    Args:
        rows: all rows of the study.

    Returns:
        `cases`: for each engine, size and number of threads the median of each measure with
        its least and greatest, and the stages' medians in milliseconds.
    """
    by_case: dict[tuple[str, int, int], list[Mapping[str, Any]]] = {}
    for row in rows:
        by_case.setdefault((row["engine"], row["size"], row["threads"]), []).append(row)
    cases = []
    for (engine, size, threads), own in by_case.items():
        cases.append({
            "engine": engine, "size": size, "threads": threads, "rounds": len(own),
            **{name: _spread([row["from_file"][name] for row in own]) for name in METRICS},
            "stages_ms": {
                name: statistics.median(row["stages_ms"][name] for row in own)
                for name in own[0]["stages_ms"]
            },
        })  # fmt: skip
    return {"cases": cases}


def _spread(values: Sequence[float | None]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    if not known:  # the system does not tell memory
        return None
    return {"median": statistics.median(known), "least": min(known), "most": max(known)}


def parts(plain: Mapping[str, Any]) -> list[Part]:
    """Return the parts of the report.

    Args:
        plain: what `results.json` holds.
    """
    cases, settings = plain["extra"]["cases"], plain["settings"]
    done = (
        f"One portrait, one driver of {settings['frames']} frames, both with their longer side as "
        f"told. In each of {settings['rounds']} rounds every engine runs once, in turn. From file "
        f"to file is the command line in a process of its own: decoding, label, encoding and "
        f"signing included. Stages are timed on one core. Medians over rounds; in brackets the "
        f"least and the most."
    )
    plots = [
        _rates([case for case in cases if case["threads"] == threads], threads)
        for threads in dict.fromkeys(case["threads"] for case in cases)
    ]
    return [Text("What was done", [done]), *plots, _whole(cases), _stages(cases)]


def _rates(cases: Sequence[Mapping[str, Any]], threads: int) -> Plot:
    engines = dict.fromkeys(case["engine"] for case in cases)
    series = []
    for engine in engines:
        own = [case for case in cases if case["engine"] == engine]
        rates = [case["frames_per_second"] for case in own]
        series.append(Series(
            engine, [f"{case['size']} px" for case in own], [rate["median"] for rate in rates],
            [rate["least"] for rate in rates], [rate["most"] for rate in rates],
        ))  # fmt: skip
    title = f"From file to file, {threads} thread{'s' if threads > 1 else ''}"
    return Plot(title, "bars", "longer side", "frames/s", series,
                "Median over rounds; the lines reach from the least to the most.")  # fmt: skip


def _whole(cases: Sequence[Mapping[str, Any]]) -> Table:
    heads = ["engine", "longer side, px", "threads", "frames/s", "first frame, s", "memory, MB"]
    rows = [
        [case["engine"], case["size"], case["threads"], *(_cell(case[name]) for name in METRICS)]
        for case in cases
    ]
    return Table("From file to file", heads, rows, digits={heads[3]: 1, heads[4]: 2, heads[5]: 0})


def _cell(spread: Mapping[str, float] | None) -> Interval | None:
    if spread is None:
        return None
    return Interval(value=spread["median"], low=spread["least"], high=spread["most"])


def _stages(cases: Sequence[Mapping[str, Any]]) -> Table:
    names = list(cases[0]["stages_ms"])
    heads = ["engine", "longer side, px", *(f"{name}, ms" for name in names)]
    first = {(case["engine"], case["size"]): case for case in reversed(cases)}
    rows = [
        [engine, size, *(case["stages_ms"][name] for name in names)]
        for (engine, size), case in reversed(first.items())
    ]
    note = (
        "track: find the driver's face in the next frame; motion: cut it and read it; relative: "
        "carry the change over; render: draw; paste: put back into the whole picture; label: the "
        "visible label."
    )
    return Table("Stages of a frame, one core", heads, rows, note, dict.fromkeys(heads[2:], 2))
