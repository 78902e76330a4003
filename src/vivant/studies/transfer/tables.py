"""The tables of a transfer study in the columns of the published ones.

Published: `evaluation/likeliness/expression<n>.csv`, `evaluation/quality/AUs_expression<n>.csv`
and `AUs_reference.csv` of github.com/aandvalenzuela/normalizing-flows. The columns have the
same names and the same order; there the AU tables are lists as Python prints them, here they
are plain CSV. Theirs stop at the strengths 0.3 to 0.5; those of 0 to 1 stand beside, in
`..._coarse.csv`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from vivant.action_units import INTENSITY_NAMES
from vivant.studies.cells import harmless
from vivant.studies.study import Done
from vivant.studies.transfer.strengths import COARSE, FINE, named

UNITS: Final = tuple(f"{name}_r" for name in INTENSITY_NAMES)
"""Columns of the Action Units, as OpenFace names intensities."""
_NETWORKS: Final = {"": "", "_dlib": "_dlib"}
"""Suffix of files to that of the measures: SFace, then dlib."""


def tables(plain: Mapping[str, Any], done: Sequence[Done]) -> dict[str, str]:
    """Return path to content of all tables, of each method.

    The first method's lie in `likeliness` and `quality`, others' below a folder of
    their name.

    Args:
        plain: what `results.json` holds.
        done: all jobs.
    """
    found: dict[str, str] = {}
    expressions = [one["expression"] for one in plain["extra"]["sources"]]
    for place, method in enumerate(plain["engines"]):
        label = method["label"]
        before = "" if not place else "".join(c if c.isalnum() else "_" for c in label) + "/"
        for number, expression in enumerate(expressions, start=1):
            rows = [row for row in plain["rows"]
                    if row["engine"] == label and row["expression"] == expression]  # fmt: skip
            own = {one.job.items[0].name: one.outcome.detail["own"] for one in done}
            for ending, strengths in (("", FINE), ("_coarse", COARSE)):
                name = f"expression{number}{ending}.csv"
                for network in _NETWORKS:
                    content = likeliness(rows, strengths, network)
                    found[f"{before}likeliness{network}/{name}"] = content
                found[f"{before}quality/AUs_{name}"] = quality(rows, strengths, own)
    found["quality/AUs_reference.csv"] = reference(expressions, done)
    return found


def likeliness(rows: Sequence[Mapping[str, Any]], strengths: Sequence[float], network: str) -> str:
    """Return the distances of one expression's results, as CSV.

    `<target>_source` are the distances to the source's mean, `<target>_target` those to
    the target's own; the columns `source` and `target` are the distances of that mean to
    the means of source and target.

    Args:
        rows: of one method and expression.
        strengths: the columns.
        network: empty for SFace, `_dlib` for dlib; what it did not see stays empty.
    """
    lines: list[list[Any]] = []
    for target in dict.fromkeys(row["target"] for row in rows):
        own = {row["strength"]: row for row in rows if row["target"] == target}
        between = next(iter(own.values())).get(f"between{network}")
        for ending, name, ends in (
            ("source", "foreign", (0.0, between)), ("target", "own", (between, 0.0)),
        ):  # fmt: skip
            distances = [own.get(named(one), {}).get(f"{name}{network}") for one in strengths]
            lines.append([f"{target}_{ending}", *distances, *ends])
    heads = ["output_images", *(named(one) for one in strengths), "source", "target"]
    return _csv(heads, lines)


def quality(
    rows: Sequence[Mapping[str, Any]],
    strengths: Sequence[float],
    own: Mapping[str, Sequence[float]],
) -> str:
    """Return the Action Units of one expression's results, as CSV.

    A row for each target and strength, `<target>_<strength>.csv`, and one for the target as
    it is, `<target>_mean.csv`: the names of the files from which the published were read.

    Args:
        rows: of one method and expression.
        strengths: those wanted.
        own: target to the intensities of its portrait.
    """
    lines: list[list[Any]] = []
    for target in dict.fromkeys(row["target"] for row in rows):
        by_strength = {row["strength"]: row for row in rows if row["target"] == target}
        for one in map(named, strengths):
            units = by_strength.get(one, {}).get("units", {})
            lines.append([f"{target}_{one}.csv", *(_two(units.get(unit)) for unit in UNITS)])
        lines.append([f"{target}_mean.csv", *map(_two, own[target])])
    return _csv(["filename", *UNITS], lines)


def reference(expressions: Sequence[str], done: Sequence[Done]) -> str:
    """Return the Action Units of the sources, as CSV; `<source>_expression<n>_aligned.csv`."""
    lines = []
    for number, expression in enumerate(expressions, start=1):
        jobs = [one for one in done if one.job["expression"] == expression]
        if jobs:
            name = f"{jobs[0].job.items[1].name}_expression{number}_aligned.csv"
            lines.append([name, *map(_two, jobs[0].outcome.detail["source"])])
    return _csv(["filename", *UNITS], lines)


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _csv(heads: Sequence[str], lines: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([harmless(value) for value in line] for line in lines)
    return text.getvalue()
