"""The data sheet of a data set: what is in it, what it is good for, and what not.

After Gebru et al. 2021, "Datasheets for Datasets", arXiv:1803.09010: its questions, answered as far
as the program can know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import vivant
from vivant.studies.dataset.settings import DatasetSettings
from vivant.studies.study import Method

_SHORTCUTS: Final = """\
## What a detector must not learn

The files in `generated/` differ from the originals in more than their faces. A detector that sees
them as they are finds one of these, and has learned nothing about drawn faces:

- **The visible label.** It stays on. `label_boxes` in `labels.csv` says where it lies, as
  `FRAME:x,y,width,height` in pixels, from that frame on. Paint the same box over in originals and
  results alike, or cut faces out: the label keeps off them.
- **The invisible watermark and the credentials.** They say where a file comes from. Credentials are
  gone once frames are decoded. The watermark lies in the brightness of every frame: to see how
  much of a score it makes, put the originals through the same step, or draw frames in memory
  (`vivant.animate`), which carry none.
- **The encoder.** Originals are as they came, results were encoded anew. Decode both, and encode
  both with the same codec, quality, size and frame rate before anything is learned.
- **The picture behind.** A portrait is one picture, so what is behind the person stands still.
- **The people.** `part` divides people, not files; keep it. The mouth of a result may show pixels
  of the driver, so portrait and driver of a pair are of the same part."""

_USE: Final = """\
## What it may be used for

Research on telling drawn faces from filmed ones, and on marks that survive. Not for recognising
people, and not for judging what anybody feels or is like: these files show drawn expressions, which
are nobody's own. Whoever passes files on passes their rights and their credentials on too, and no
mark may be taken off.

Whether a result is what it claims: `vivant verify generated/`."""

_COLUMNS: Final = """\
## labels.csv

| column | meaning |
|---|---|
| `file` | path in this folder |
| `label` | `original` (made by no such program, as far as its source tells) or `generated` |
| `engine` | what drew it; `another program` for originals that were made by one |
| `part` | `train` or `test`; a person is in one only |
| `identity` | whose face it shows; the same name is the same person |
| `source`, `driver` | of a result: the originals it was made of |
| `driver_identity` | who drove it |
| `frames` | of a result |
| `label_boxes` | where the visible label lies |
| `sha256` | of the file |
| `rights`, `licence`, `origin` | as the manifest of the originals tells them |"""

_HOW: Final = """\
Each result shows the first {seconds:g} s of its driver. Pairs and parts were drawn by chance
(seed {seed}), by people, never by files; {test:.0%} of the people are kept for the test."""


def written(
    rows: Sequence[Mapping[str, Any]],
    methods: Sequence[Method],
    settings: DatasetSettings,
    failed: Sequence[tuple[str, str]],
    consent: str | None,
) -> str:
    """Return the data sheet in Markdown.

    Args:
        rows: those of `labels.csv`.
        methods: who drew.
        settings: how the set was asked for.
        failed: file to why it could not be made.
        consent: why the portraits were animated, where one answer counts for all.
    """
    people = {part: _people(rows, part) for part in ("train", "test")}
    kinds = Counter(row["label"] for row in rows)
    counts = Counter((row["label"], row["part"]) for row in rows)
    made = f"{kinds['original']} originals, {kinds['generated']} generated files"
    lines = [
        "# Originals and what engines made of them",
        "",
        f"Made with vivant {vivant.__version__}: {made}.",
        "",
        "| part | people | original | generated |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {part} | {people[part]} | {counts['original', part]} | {counts['generated', part]} |"
        for part in people
    ]
    lines += ["", "Engines: " + "; ".join(method.label for method in methods) + ".", ""]
    lines += [
        _HOW.format(**asdict(settings)),
        "",
        "Why the portraits may be animated: "
        + (consent or "as stated for each; it stands in its results' credentials")
        + ".",
        "",
        _SHORTCUTS,
        "",
        _COLUMNS,
        "",
        "## Rights",
        "",
        *_rights(rows),
        "",
        _USE,
    ]
    if failed:
        lines += ["", "## What could not be made", ""]
        lines += [f"- `{_plain(file)}`: {_plain(why)}" for file, why in failed]
    return "\n".join(lines) + "\n"


def _people(rows: Iterable[Mapping[str, Any]], part: str) -> int:
    return len({row["identity"] for row in rows if row["part"] == part})


def _rights(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return how many originals there are under each licence; unknown ones are named as such."""
    kinds = Counter(
        (
            row["rights"] or "not stated",
            row["licence"] or "not stated",
            row["origin"] or "not stated",
        )
        for row in rows
        if row["file"].startswith("originals/")
    )
    told = ["| originals | rights | licence | origin |", "|---|---|---|---|"]
    told += [
        f"| {number} | {' | '.join(map(_plain, kind))} |" for kind, number in sorted(kinds.items())
    ]
    return [*told, "", "A result has the rights of both its portrait and its driver to respect."]


def _plain(text: str) -> str:
    """Return text of a manifest without what Markdown would take for its own."""
    return " ".join(text.split()).replace("|", "/").replace("<", "(").replace("`", "'")
