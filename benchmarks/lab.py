"""Measure mesh and still by every study: `VIVANT_DATA=folder python benchmarks/lab.py [NAME ...]`.

Runs `vivant study` once for each name (all of them by default), keeps what it found in
`benchmarks/results/lab.json`, and writes the tables of docs/figures.md. All of it takes
about an hour on two cores. `--keep FOLDER` keeps the studies' own files, reports among
them, and goes on where they stopped; `--table` only writes the tables anew.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from record import RESULTS, between_marks, record

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "figures.md"
CLIPS, PORTRAITS = ("--clips", "{data}/clips"), ("--portraits", "{data}/portraits")
DRIVERS = ("--drivers", "{data}/clips")
STUDIES: dict[str, tuple[str, ...]] = {
    "self": ("self", *CLIPS),
    "self, disguised": ("self", *CLIPS, "--disguise"),
    "cross": ("cross", *PORTRAITS, *DRIVERS, "--frames", "50", "--engine", "mesh,still"),
    "scenarios": ("scenarios", *PORTRAITS, *CLIPS, "--engine", "mesh,still"),
    "suitability": ("suitability", "--portraits", "{data}/MANIFEST.csv",
                    "--drivers", "{data}/MANIFEST.csv"),
    "transfer": ("transfer", *PORTRAITS, *DRIVERS),
    "speed": ("speed", "--engine", "mesh,still"),
}  # fmt: skip
"""Name to the words of its command after `vivant study`."""
KEPT = ("title", "engines", "settings", "metrics", "summary", "comparisons", "extra", "machine")


def words(name: str, data: str) -> list[str]:
    """Return the words of a command, without where its results go."""
    return ["study", *(word.format(data=data) for word in STUDIES[name])]


def study(name: str, data: Path, out: Path) -> dict[str, Any]:
    """Run one study and return what is kept of it."""
    command = [sys.executable, "-m", "vivant", *words(name, str(data)), "--out", str(out)]
    begun = time.perf_counter()
    subprocess.run([*command, "--json"], stdout=subprocess.DEVNULL, check=True)
    found = json.loads((out / "results.json").read_text("utf-8"))
    kept = {key: found[key] for key in KEPT}
    return {
        **kept,
        "inputs": len(found["inputs"]),
        "rows": len(found["rows"]),
        "failed": len(found["failed"]),
        "minutes": round((time.perf_counter() - begun) / 60, 1),
    }


def tables(found: Mapping[str, Any]) -> str:
    """Return what docs/figures.md shows, in Markdown."""
    blocks = []
    for name in STUDIES:
        if name in found:
            one = found[name]
            command = " ".join(["vivant", *words(name, "faces"), "--out", "out"])
            counts = f"{one['inputs']} files, {one['rows']} rows, {one['failed']} failed."
            blocks += [f"## {name}", f"```bash\n{command}\n```", counts]
            blocks += [rates(one)] if name == "speed" else [means(one)]
    return "\n\n".join(blocks)


def means(found: Mapping[str, Any]) -> str:
    """Return the means of each engine with their intervals."""
    labels = list(found["summary"])
    decided = {
        (one["metric"], one["a"] if one["better"] == "a" else one["b"])
        for one in found["comparisons"]
        if one["better"]
    }
    rows = []
    for metric, told in found["metrics"].items():
        cells = [found["summary"][label].get(metric) for label in labels]
        if any(cells):
            arrow = {True: " ↑", False: " ↓", None: ""}[told["higher_is_better"]]
            shown = [cell(one, (metric, label) in decided)
                     for label, one in zip(labels, cells, strict=True)]  # fmt: skip
            rows.append([f"`{metric}`{arrow}", told["unit"], *shown])
    return grid(["metric", "unit", *labels], rows)


def cell(estimate: Mapping[str, Any] | None, best: bool) -> str:
    """Return a mean with its interval; bold where it is told apart as better."""
    if estimate is None:
        return "-"
    mean = f"**{estimate['mean']:.3g}**" if best else f"{estimate['mean']:.3g}"
    if estimate["low"] is None:
        return mean
    return f"{mean} [{estimate['low']:.3g}, {estimate['high']:.3g}]"


def rates(found: Mapping[str, Any]) -> str:
    """Return the speed of each engine, size and number of threads."""
    rows = [
        [case["engine"], str(case["size"]), str(case["threads"]),
         f"{case['frames_per_second']['median']:.1f}",
         f"{case['seconds_to_first_frame']['median']:.2f}",
         f"{case['peak_rss_mb']['median']:.0f}" if case["peak_rss_mb"] else "-",
         *(f"{spent:.2f}" for spent in case["stages_ms"].values())]
        for case in found["extra"]["cases"]
    ]  # fmt: skip
    stages = [f"{name}, ms" for name in found["extra"]["cases"][0]["stages_ms"]]
    heads = ["engine", "px", "threads", "frames/s", "first frame, s", "memory, MB", *stages]
    return grid(heads, rows)


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(line)} |" for line in (heads, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(heads), *lines[1:]])


def write_tables() -> None:
    """Put the tables between the marks of the page."""
    found = json.loads((RESULTS / "lab.json").read_text("utf-8"))["studies"]
    between_marks(PAGE, "lab.py", tables(found))


def main() -> None:
    """Run the studies that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(STUDIES), help=", ".join(STUDIES))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if not asked.table:
        if "VIVANT_DATA" not in os.environ:
            raise SystemExit("set VIVANT_DATA to a folder with clips/ and portraits/")
        data, path = Path(os.environ["VIVANT_DATA"]), RESULTS / "lab.json"
        with tempfile.TemporaryDirectory() as scratch:
            for name in asked.names:
                out = (asked.keep or Path(scratch)) / name.replace(", ", "-")
                found = json.loads(path.read_text("utf-8"))["studies"] if path.exists() else {}
                found[name] = study(name, data, out)
                record("lab", {"studies": found})
    write_tables()


if __name__ == "__main__":
    main()
