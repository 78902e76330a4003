"""Results told to people, in Markdown; and several results side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vivant.studies.judge import NAMES

_DIGITS: Final = {"l1": 4, "psnr": 2, "ssim": 3, "akd": 2, "csim": 3}
_WORST: Final = 10
_CROSS: Final = {
    "identity, cosine ↑": "csim",
    "identity, worst decile ↑": "csim_worst_decile",
    "expression, correlation ↑": "correlation",
    "background, change in 1/255 ↓": "background",
}


def told_self(plain: Mapping[str, Any]) -> str:
    """Return `summary.md` of `vivant study self`.

    Args:
        plain: what `results.json` holds.
    """
    summary, settings = plain["summary"], plain["settings"]
    kind = "disguised driver" if settings["disguise"] else "plain"
    mode = "relative" if settings["relative"] else "absolute"
    counts = (
        f"{summary['clips']} clips, {summary['frames']} frames compared, "
        f"{summary['faces_missed']} frames of the driver without a face, "
        f"{summary['clips_failed']} clips that could not be measured."
    )
    blocks = [
        f"# Self-reenactment, {kind}, {mode}: {named(plain)}",
        counts,
        methods({named(plain): summary, "untouched": summary["untouched"]}),
        _against_untouched(summary),
        _regions(summary["regions"]),
        _worst(plain["rows"]),
        *_failed(plain["failed"]),
    ]
    return "\n\n".join(blocks) + "\n"


def told_cross(plain: Mapping[str, Any]) -> str:
    """Return `summary.md` of `vivant study cross`.

    Args:
        plain: what `results.json` holds.
    """
    summary = plain["summary"]
    counts = (
        f"{summary['pairs']} pairs, {summary['frames']} frames, {summary['faces_missed']} frames "
        f"of drivers and {summary['drawn_missed']} drawn frames without a face, "
        f"{summary['failed']} portraits or drivers that could not be used."
    )
    measures = [[name, number(summary.get(key), key)] for name, key in _CROSS.items()]
    groups = [
        [name, number(summary["correlations"][name], "csim"), number(slope, "csim")]
        for name, slope in summary["slopes"].items()
    ]
    ranked = sorted(plain["rows"], key=lambda row: row.get("correlation", 1.0))[:_WORST]
    worst = [
        [row["portrait"], row["driver"], *(number(row.get(key), key) for key in _CROSS.values())]
        for row in ranked
    ]
    blocks = [
        f"# Cross-reenactment: {named(plain)}",
        counts,
        grid(["measure", "mean"], measures),
        grid(["expression", "correlation", "slope"], groups),
        grid(["portrait of the worst pairs", "driver", *_CROSS], worst),
        *_failed(plain["failed"]),
    ]
    return "\n\n".join(blocks) + "\n"


def named(plain: Mapping[str, Any]) -> str:
    """Return the engine with the settings that were given.

    >>> named({"engine": "mesh", "engine_settings": {"strength": 0.5}})
    'mesh (strength 0.5)'
    """
    given = ", ".join(f"{name} {value}" for name, value in plain["engine_settings"].items())
    return f"{plain['engine']} ({given})" if given else str(plain["engine"])


def methods(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table of the metrics, a method a row, with an arrow where better lies."""
    names = [name for name in NAMES if any(name in row for row in rows.values())]
    heads = [
        f"{name.upper()} {'↑' if NAMES[name].higher_is_better else '↓'} ({NAMES[name].unit})"
        for name in names
    ]
    body = [[method, *(number(row.get(name), name) for name in names)]
            for method, row in rows.items()]  # fmt: skip
    return grid(["method", *heads], body)


def number(value: float | None, metric: str) -> str:
    """Return a metric's value with as many digits as say something.

    >>> number(0.05512, "l1"), number(None, "psnr")
    ('0.0551', '-')
    """
    return "-" if value is None else f"{value:.{_DIGITS.get(metric, 3)}f}"


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table.

    >>> print(grid(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [heads, ["---"] * len(heads), *rows]
    spaced = [f"| {' | '.join(line)} |" for line in lines]
    spaced[1] = f"|{'|'.join(lines[1])}|"
    return "\n".join(spaced)


def _against_untouched(summary: Mapping[str, Any]) -> str:
    better, worst = summary["better_than_untouched"], summary["worst_ratio"]
    counts = ", ".join(f"by {name.upper()} on {count}" for name, count in better.items())
    return (
        f"Better than leaving the portrait as it is: {counts} of {summary['clips']} clips. Worse "
        f"by more than 5 % (L1): {summary['worse_by_5_percent']} clips; the worst is "
        f"{worst['clip']}, {worst['l1']:.2f} times the untouched error."
    )


def _regions(regions: Mapping[str, Mapping[str, float]]) -> str:
    rows = [
        [name, number(found["l1"], "l1"), number(found["untouched"], "l1"),
         f"{found['error']:.0%}", f"{found['area']:.0%}"]
        for name, found in regions.items() if found
    ]  # fmt: skip
    heads = ["region", "L1", "L1 untouched", "share of all error", "share of the picture"]
    return grid(heads, rows)


def _worst(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the clips on which the engine does worst against leaving the portrait as it is."""
    table = []
    ranked = sorted(rows, key=lambda row: -row["l1"] / max(row["untouched"]["l1"], 1e-9))
    for row in ranked[:_WORST]:
        before = row["untouched"]
        table.append(
            [
                row["clip"],
                f"{row['l1'] / max(before['l1'], 1e-9):.2f}",
                *(f"{number(row[name], name)} / {number(before[name], name)}"
                  for name in ("l1", "psnr", "ssim")),
                str(row["faces_missed"]),
            ]
        )  # fmt: skip
    heads = ["worst clips", "L1 ratio", "L1 / untouched", "PSNR", "SSIM", "faces missed"]
    return grid(heads, table)


def _failed(failed: Sequence[Mapping[str, str]]) -> list[str]:
    if not failed:
        return []
    return [grid(["not measured", "why"], _reasons(failed))]


def _reasons(failed: Sequence[Mapping[str, str]]) -> list[list[str]]:
    return [
        [next(value for name, value in row.items() if name != "problem"), row["problem"]]
        for row in failed
    ]


def compared(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return one table of several `vivant study self` results.

    Args:
        results: name of the row to what that `results.json` holds, all of the same
            clips and protocol for the comparison to mean anything.
    """
    first = next(iter(results.values()))["summary"]
    rows = {"untouched": first["untouched"]}
    rows |= {name: plain["summary"] for name, plain in results.items()}
    lines = methods(rows).splitlines()
    extra = [" better on | worst ratio |", "---|---|", " | |"]
    for plain in results.values():
        summary = plain["summary"]
        better = f"{summary['better_than_untouched']['l1']} of {summary['clips']}"
        extra.append(f" {better} | {summary['worst_ratio']['l1']:.2f} |")
    return "\n".join(line + more for line, more in zip(lines, extra, strict=True))
