"""Several results of the same study side by side: each against the first, pair by pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vivant.errors import AskedWrongly
from vivant.studies.intervals import compared
from vivant.studies.report.markdown import markdown
from vivant.studies.report.parts import Interval, Table

FREE: Final = ("sheets", "limit", "baseline", "faces", "relative", "disguise")
"""Settings that may differ: the same frames are measured, in the same way."""


def compare(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Compare results whose rows come from the same work.

    Of each, its first method counts; a baseline measured beside is named once, after
    the first results.

    Args:
        results: name to what that `results.json` holds.

    Returns:
        `study`, `metrics`, `summary` (name to measures) and `comparisons`, as in results.json.

    Raises:
        AskedWrongly: they are of different studies or protocols, or share no row.
    """
    first_name, first = next(iter(results.items()))
    kinds = {plain["study"] for plain in results.values()}
    if len(kinds) > 1:
        raise AskedWrongly(
            f"results of different studies cannot be compared: {', '.join(sorted(kinds))}."
        )
    for name, plain in results.items():
        odd = [key for key, value in plain["settings"].items()
               if key not in FREE and value != first["settings"].get(key)]  # fmt: skip
        if odd:
            raise AskedWrongly(
                f"{name} and {first_name} were measured in different ways: {', '.join(odd)} "
                f"differ{'s' if len(odd) == 1 else ''}."
            )
    directions = {name: told["higher_is_better"] for name, told in first["metrics"].items()}
    rows = {name: _first_rows(plain) for name, plain in results.items()}
    summary = {name: next(iter(plain["summary"].values())) for name, plain in results.items()}
    for label in list(first["summary"])[1:]:
        summary[f"{label} (of {first_name})"] = first["summary"][label]
    comparisons = []
    for name in list(results)[1:]:
        found = compared(rows[name], rows[first_name], directions)
        if not found:
            raise AskedWrongly(f"{name} and {first_name} share no row: other clips were measured.")
        comparisons += [{"a": name, "b": first_name, **told} for told in found]
    return {"study": first["study"], "metrics": first["metrics"], "summary": summary,
            "comparisons": comparisons}  # fmt: skip


def _first_rows(plain: Mapping[str, Any]) -> list[dict[str, Any]]:
    label = next(iter(plain["summary"]))
    return [row for row in plain["rows"] if row["engine"] == label]


def told(plain: Mapping[str, Any]) -> str:
    """Return a comparison in Markdown.

    Args:
        plain: what `compare` returned.
    """
    names = [name for name in plain["metrics"]
             if any(name in own for own in plain["summary"].values())]  # fmt: skip
    rows = [
        [label, *(own[name]["mean"] if name in own else None for name in names)]
        for label, own in plain["summary"].items()
    ]
    note = "What is better, and whether it can be told, stands in the differences."
    parts = [Table("Means", ["results", *names], rows, note)]
    differences = [
        [one["a"], one["b"], one["metric"],
         Interval(value=one["difference"], low=one["low"], high=one["high"]), one["pairs"],
         {"a": one["a"], "b": one["b"], None: "not told apart"}[one["better"]]]
        for one in plain["comparisons"]
    ]  # fmt: skip
    if differences:
        heads = ["a", "b", "measure", "a - b, 95 %", "pairs", "better"]
        parts.append(Table("Differences", heads, differences))
    return markdown(f"Comparison: {plain['study']}", parts)
