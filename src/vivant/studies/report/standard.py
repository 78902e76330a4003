"""The parts that every study's report has, from what its `results.json` holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from vivant.studies.report.parts import Cell, Interval, Part, Plot, Series, Table, Text, number

_FIRST: Final = ("l1", "ssim", "akd", "csim", "expression", "pose_error", "flicker", "psnr")
"""Metrics that are shown first, where they were measured: each looks at something else."""
_SPREADS: Final = 4
_OFF_SCALE: Final = 400
"""Per cent beyond which one bar would make all others too small to read."""
_FEW: Final = 24
"""Rows up to which a table is shown without asking."""
_MOST_ROWS: Final = 2000
_BOOTSTRAP: Final = (
    "In brackets: where the mean lies with 95 % confidence, by bootstrap over {many}, not "
    "single rows; without brackets there are too few {many} to tell."
)
_BOLD: Final = (
    "Arrows: where better lies. Bold: the best of the row, where the paired comparisons tell it "
    "apart from every other."
)


def standard(plain: Mapping[str, Any], own: Sequence[Part] = ()) -> list[Part]:
    """Return the whole report: what was found, the study's own parts, how it was done.

    Args:
        plain: what `results.json` holds; what it lacks is left out.
        own: parts that only this study has; they follow the general findings.
    """
    return [*findings(plain), *own, *method(plain)]


def findings(plain: Mapping[str, Any]) -> list[Part]:
    """Return what was found: means with intervals, comparisons, spreads, what failed."""
    found = [*_summary(plain), *_effects(plain), *_comparisons(plain), *_spreads(plain)]
    failed = plain.get("failed") or ()
    if failed:
        rows = [[_item(one), str(one.get("problem", ""))] for one in failed]
        note = "These cases are in no mean."
        found.append(Table("What failed", ["case", "why"], rows, note, folded=len(rows) > _FEW))
    return found


def method(plain: Mapping[str, Any]) -> list[Part]:
    """Return how it was done: metrics, engines, settings, inputs, machine; and all rows."""
    parts = [
        _metrics(plain),
        _pairs("Not measured", plain.get("not_measured") or {}, ("metric", "why")),
        _engines(plain),
        _pairs("Settings", plain.get("settings") or {}, ("setting", "value")),
        *_inputs(plain),
        _pairs("Versions and machine", _machine(plain), ("what", "value")),
        _rows(plain),
    ]
    return [part for part in parts if part is not None]


def _summary(plain: Mapping[str, Any]) -> Iterator[Part]:
    """Yield the means, a metric a row and an engine a column."""
    summary, metrics = plain.get("summary") or {}, plain.get("metrics") or {}
    names = [name for name in metrics if any(name in found for found in summary.values())]
    if not names:
        return
    rows: list[list[Cell | Interval]] = [
        [name, _told(metrics[name].get("unit")),
         *(interval(found.get(name)) for found in summary.values())]
        for name in names
    ]  # fmt: skip
    many = _many(plain)
    note = f"{_cases(summary, many)}{_BOOTSTRAP.format(many=many)} {_BOLD}"
    yield Table(
        "Results",
        ["metric", "unit", *summary],
        rows,
        note,
        rows_higher_is_better=[metrics[name].get("higher_is_better") for name in names],
        undecided=frozenset(row for row, name in enumerate(names) if name not in decided(plain)),
    )


def interval(found: Mapping[str, Any] | None) -> Interval | None:
    """Return one metric of `summary` as a value with its interval; None if it has none.

    >>> interval({"mean": 0.5, "low": None, "high": None})
    Interval(value=0.5, low=None, high=None)
    """
    if not found or found.get("mean") is None:
        return None
    return Interval(value=found["mean"], low=found.get("low"), high=found.get("high"))


def decided(plain: Mapping[str, Any]) -> frozenset[str]:
    """Return the metrics in which the engine with the best mean truly is better than every other.

    That is what the paired comparisons say; without any, the means must do. Where they
    say other than the means, as cases are missing here and there, nothing is decided.
    """
    summary, metrics = plain.get("summary") or {}, plain.get("metrics") or {}
    compared = plain.get("comparisons") or ()
    if not compared:
        return frozenset(metrics)
    found = set()
    for name, about in metrics.items():
        means = {
            label: cell.value for label, one in summary.items() if (cell := interval(one.get(name)))
        }
        pairs = [one for one in compared if one["metric"] == name]
        wins = Counter(str(one[one["better"]]) for one in pairs if one.get("better"))
        for label, count in wins.items():
            top = (max if about.get("higher_is_better") else min)(means.values(), default=None)
            if count == len(means) - 1 and means.get(label) == top:
                found.add(name)
    return frozenset(found)


def key_metrics(plain: Mapping[str, Any], most: int) -> list[str]:
    """Return the metrics that say most, so many at most, in the order of the results.

    Those that the study names under `key_metrics` in `extra`; without, the best known,
    each of another kind, and then whatever else there is.
    """
    summary, metrics = plain.get("summary") or {}, plain.get("metrics") or {}
    found = [name for name in metrics if any(one.get(name) for one in summary.values())]
    first = (plain.get("extra") or {}).get("key_metrics") or _FIRST
    ranked = [*(name for name in first if name in found), *found]
    chosen = list(dict.fromkeys(ranked))[:most]
    return sorted(chosen, key=found.index)


def _many(plain: Mapping[str, Any]) -> str:
    """Return what was resampled for the intervals: identities, unless the study says other."""
    return str((plain.get("extra") or {}).get("resampled") or "identities")


def _cases(summary: Mapping[str, Mapping[str, Mapping[str, Any]]], many: str) -> str:
    """Return over how many rows and identities the means are, least to most."""
    told = []
    for key, word in (("rows", "rows"), ("identities", many)):
        counts = {
            one[key] for found in summary.values() for one in found.values() if one and one.get(key)
        }
        if counts:
            least, most = min(counts), max(counts)
            told.append(f"{least if least == most else f'{least} to {most}'} {word}")
    return f"Means over {' of '.join(told)}. " if told else ""


def _effects(plain: Mapping[str, Any]) -> Iterator[Plot]:
    """Yield, for each two engines, by how many per cent the errors of one are smaller."""
    summary = plain.get("summary") or {}
    compared = plain.get("comparisons") or ()
    several = len(summary) > 3
    for (a, b), group in groupby(compared, key=lambda one: (one["a"], one["b"])):
        if several and a != next(iter(summary)):  # the table below has them all
            continue
        errors = [one for one in group if _is_error(plain, one)]
        shares = {str(one["metric"]): _shares(plain, one) for one in errors}
        shown = {
            name: share for name, share in shares.items()
            if max(abs(value) for value in share if value is not None) <= _OFF_SCALE
        }  # fmt: skip
        missing = ", ".join(name for name in shares if name not in shown)
        if len(shown) > 1:
            values, lows, highs = map(list, zip(*shown.values(), strict=True))
            yield Plot(
                f"Errors of {a} against {b}",
                "points",
                "",
                f"error of {a} smaller by, %",
                [Series(f"{a} against {b}", list(shown), values, lows, highs)],
                f"Metrics of which less is better: the mean difference in per cent of {b}'s mean. "
                f"Right of zero {a} is better. 95 % intervals over {_many(plain)}; one that holds "
                f"zero: the two cannot be told apart."
                + (f" Too far off to be drawn: {missing}." if missing else ""),
            )


def _is_error(plain: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
    """Say whether a comparison is of a metric that has a zero: per cent of it mean something."""
    metric = (plain.get("metrics") or {}).get(one["metric"]) or {}
    base = interval(((plain.get("summary") or {}).get(one["b"]) or {}).get(one["metric"]))
    known = base is not None and base.value > 0 and one.get("difference") is not None
    return metric.get("higher_is_better") is False and metric.get("relative", True) and known


def _shares(
    plain: Mapping[str, Any], one: Mapping[str, Any]
) -> tuple[float, float | None, float | None]:
    """Return by how many per cent the error of a is smaller than that of b, with its ends."""
    base = -plain["summary"][one["b"]][one["metric"]]["mean"] / 100
    low, high = one.get("low"), one.get("high")
    known = low is not None and high is not None
    ends = (high / base, low / base) if known else (None, None)
    return one["difference"] / base, *ends


def _comparisons(plain: Mapping[str, Any]) -> Iterator[Table]:
    compared = plain.get("comparisons") or ()
    if not compared:
        return
    rows: list[list[Cell | Interval]] = [
        [
            str(one["metric"]), str(one["a"]), str(one["b"]),
            interval({**one, "mean": one.get("difference")}), one.get("pairs"),
            {"a": str(one["a"]), "b": str(one["b"])}.get(str(one.get("better")), "not told apart"),
        ]
        for one in compared
    ]  # fmt: skip
    yield Table(
        "Paired comparisons",
        ["metric", "a", "b", "a minus b", "pairs", "better"],
        rows,
        "Both on the same cases, so that the difference is the engines' and not the faces'; "
        f"95 % intervals by bootstrap over {_many(plain)}. Of many comparisons some seem clear by "
        "chance: about one of twenty.",
        folded=len(rows) > _FEW,
    )


def _spreads(plain: Mapping[str, Any]) -> Iterator[Plot]:
    """Yield, for the first metrics, where every single row lies."""
    summary, metrics = plain.get("summary") or {}, plain.get("metrics") or {}
    rows = plain.get("rows") or ()
    for name in key_metrics(plain, _SPREADS):
        about = metrics[name]
        values = {
            label: [row[name] for row in rows
                    if row.get("engine") == label and number(row.get(name)) is not None]
            for label in summary
        }  # fmt: skip
        if max((len(found) for found in values.values()), default=0) < 3:
            continue
        clouds = [Series(label, [label] * len(found), found) for label, found in values.items()]
        means = [interval(found.get(name)) for found in summary.values()]
        ends = [(None, None, None) if at is None else (at.value, at.low, at.high) for at in means]
        over = Series("mean with its interval", list(summary), *map(list, zip(*ends, strict=True)))
        unit = f" ({about['unit']})" if about.get("unit") else ""
        side = {True: " Higher is better.", False: " Lower is better."}
        yield Plot(
            f"Every case: {name}", "points", "", f"{name}{unit}", [*clouds, over],
            f"Each dot is one row of the results.{side.get(about.get('higher_is_better'), '')}",
        )  # fmt: skip


def _metrics(plain: Mapping[str, Any]) -> Table | None:
    metrics = plain.get("metrics") or {}
    better = {True: "higher", False: "lower"}
    rows = [
        [name, str(one.get("unit") or ""), better.get(one.get("higher_is_better"), "neither"),
         str(one.get("about") or "")]
        for name, one in metrics.items()
    ]  # fmt: skip
    heads = ["metric", "unit", "better", "what it is"]
    return Table("What is measured", heads, rows) if rows else None


def _engines(plain: Mapping[str, Any]) -> Table | None:
    rows = [
        [str(one.get("label") or one.get("name")), str(one.get("name") or ""),
         _given(one.get("settings") or {}), _told(one.get("licence"))]
        for one in plain.get("engines") or ()
    ]  # fmt: skip
    return Table("Engines", ["label", "engine", "settings", "licence"], rows) if rows else None


def _given(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in flat(settings)) or "defaults"


def _inputs(plain: Mapping[str, Any]) -> Iterator[Table]:
    """Yield what was used: by kind and licence, and every single one."""
    inputs = plain.get("inputs") or ()
    if not inputs:
        return
    keys = ("kind", "category", "licence", "rights")
    counts = Counter(tuple(_told(one.get(key)) for key in keys) for one in inputs)
    rows: list[list[Cell]] = [[*words, count] for words, count in sorted(counts.items())]
    note = "Whoever passes pictures of this page on passes these works on: heed their licences."
    yield Table("Inputs and their licences", [*keys, "count"], rows, note)
    heads = ("name", "identity", *keys, "origin")
    every = [[_told(one.get(key)) for key in heads] for one in inputs]
    yield Table("Every input", heads, every, folded=True)


def _machine(plain: Mapping[str, Any]) -> dict[str, Any]:
    version = {"vivant": plain["vivant"]} if plain.get("vivant") else {}
    return version | dict(plain.get("machine") or {})


def _pairs(title: str, found: Mapping[str, Any], heads: tuple[str, str]) -> Table | None:
    rows: list[list[Cell]] = [[name, _plain(value)] for name, value in flat(found)]
    return Table(title, heads, rows) if rows else None


def _rows(plain: Mapping[str, Any]) -> Table | Text | None:
    rows = [dict(flat(row)) for row in plain.get("rows") or ()]
    if not rows:
        return None
    heads = list(dict.fromkeys(name for row in rows for name in row))
    note = "" if len(rows) <= _MOST_ROWS else (
        f"The first {_MOST_ROWS} of {len(rows)}; results.csv has all of them."
    )  # fmt: skip
    cells = [[_plain(row.get(name)) for name in heads] for row in rows[:_MOST_ROWS]]
    return Table("Every row", heads, cells, note, folded=True)


def _item(failed: Mapping[str, Any]) -> str:
    """Return what failed: its item, or whatever words there are but the problem."""
    words = [str(value) for key, value in failed.items() if key != "problem"]
    return str(failed.get("item") or ", ".join(words))


def _plain(value: object) -> Cell:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def _told(value: object) -> str:
    return "" if value is None else str(value)


def flat(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all values of a mapping, those of mappings inside it under `outer.inner`.

    >>> dict(flat({"clip": "a", "untouched": {"l1": 0.5}}))
    {'clip': 'a', 'untouched.l1': 0.5}
    """
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
