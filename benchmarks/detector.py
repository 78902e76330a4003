"""Judge `vivant detect --detector small` on people and forgeries that it has never seen.

    VIVANT_DATA=folder python benchmarks/detector.py [--work FOLDER] [--table]

Figures go to `results/detector.json`, and their tables into docs/forensics.md; `--table` only
writes the tables anew. FOLDER keeps the traces of originals and forgeries, so that another run
need not make them again. About ten minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from forgeries import COMPRESSIONS, FORGERIES, ORIGINAL, OTHERS
from record import RESULTS, between_marks, record
from train_detector import Traced, traced

from vivant.forensics.detection import THRESHOLD, UNDECIDED
from vivant.forensics.small import SmallDetector
from vivant.metrics.auc import auc

PAGE = Path(__file__).parent.parent / "docs" / "forensics.md"
DRAWS = 1000
"""Draws of people for an interval."""
NAMES = {
    "mesh": "mesh, usual settings",
    "mesh, other settings": "mesh, other settings (not learned from)",
    "still": "still: the portrait as it is",
    "affine": "face oval moved by a similarity",
    "bent": "face bent by smooth waves",
    "swap": "another's face pasted by Poisson's equation",
    OTHERS: "clips that other programs made (image to video, talking heads)",
}
_READ = """\
Against {true} originals of {people} people. `none`: frames as drawn, which nothing has encoded,
while originals were encoded by those who published them; nothing was learned from it. `crf`: H.264
at that quality; `scaled 0.5`: half as large, at crf 23. At crf 23, {right:.0%} of mesh and of
originals are on the right side of 0.5. {drawn} of {mesh} files by mesh and {alarms} of {true}
originals score more than {high} and are called drawn; {missed} and {cleared} score less than {low}
and are called filmed; the others cannot be told."""


def scores(found: Sequence[Traced], detector: SmallDetector) -> list[dict[str, Any]]:
    """Return a row for each file and compression, with the mean of its frames."""
    return [
        {"file": one.name, "kind": one.kind, "identity": one.identity,
         "compression": one.compression,
         "score": round(float(np.mean([detector.judge_traces(row) for row in one.traces])), 5)}
        for one in found
    ]  # fmt: skip


def area(rows: Sequence[Mapping[str, Any]], kind: str, compression: str) -> dict[str, Any]:
    """Return the area under the curve of a kind against originals, and its interval over people.

    Beside it stands the share of files on the right side of 0.5, either kind counted alike.
    """
    own = [row for row in rows if row["compression"] == compression]
    drawn = [row for row in own if row["kind"] == kind]
    true = [row for row in own if row["kind"] == ORIGINAL]
    people = sorted({row["identity"] for row in (*drawn, *true)})
    chance, areas = np.random.default_rng(0), []
    sides = drawn, true
    while len(areas) < DRAWS:
        times = np.bincount(chance.integers(len(people), size=len(people)), minlength=len(people))
        often = dict(zip(people, times.tolist(), strict=True))
        taken = [[row["score"] for row in side for _ in range(often[row["identity"]])]
                 for side in sides]  # fmt: skip
        if all(taken):
            areas.append(auc(*taken))
    caught = [row["score"] >= THRESHOLD for row in drawn]
    passed = [row["score"] < THRESHOLD for row in true]
    return {
        "auc": round(auc([row["score"] for row in drawn], [row["score"] for row in true]), 3),
        "low": round(float(np.percentile(areas, 2.5)), 3),
        "high": round(float(np.percentile(areas, 97.5)), 3),
        "accuracy": round(float(np.mean(caught) + np.mean(passed)) / 2, 3),
        "called_drawn": [sum(row["score"] > UNDECIDED[1] for row in side) for side in sides],
        "called_filmed": [sum(row["score"] < UNDECIDED[0] for row in side) for side in sides],
        "drawn": len(drawn),
        "people_drawn": len({row["identity"] for row in drawn}),
        "true": len(true),
        "people_true": len({row["identity"] for row in true}),
    }


def tables(found: Mapping[str, Any]) -> str:
    """Return the tables in Markdown."""
    heads = ["AUC against originals", *COMPRESSIONS, "files", "people"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for kind, name in NAMES.items():
        told = [found["areas"][f"{kind}, {how}"] for how in COMPRESSIONS]
        cells = [f"{one['auc']:.2f} ({one['low']:.2f} to {one['high']:.2f})" for one in told]
        lines.append(f"| {name} | {' | '.join(cells)} | {told[0]['drawn']} "
                     f"| {told[0]['people_drawn']} |")  # fmt: skip
    first = found["areas"]["mesh, none"]
    mesh = found["areas"]["mesh, crf 23"]
    told = _READ.format(
        true=first["true"], people=first["people_true"], right=mesh["accuracy"],
        mesh=mesh["drawn"], low=UNDECIDED[0], high=UNDECIDED[1],
        drawn=mesh["called_drawn"][0], alarms=mesh["called_drawn"][1],
        missed=mesh["called_filmed"][0], cleared=mesh["called_filmed"][1],
    )  # fmt: skip
    return "\n".join([*lines, "", told])


def main() -> None:
    """Measure, record, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if not asked.table:
        with tempfile.TemporaryDirectory() as scratch:
            work = asked.work or Path(scratch)
            found = traced(work, "test", [*FORGERIES, OTHERS], tuple(COMPRESSIONS))
        rows = scores(found, SmallDetector())
        areas = {f"{kind}, {how}": area(rows, kind, how) for kind in NAMES for how in COMPRESSIONS}
        by_kind: dict[str, dict[str, dict[str, float]]] = {}
        for row in rows:
            told = by_kind.setdefault(row["kind"], {}).setdefault(row["compression"], {})
            told[row["file"]] = row["score"]
        record("detector", {"areas": areas, "scores": by_kind})
    between_marks(
        PAGE, "detector.py", tables(json.loads((RESULTS / "detector.json").read_text("utf-8")))
    )


if __name__ == "__main__":
    main()
