"""What studies work on: files of a folder or of a manifest, and whom each shows.

A manifest is a CSV file with a header; `file` (a path beside the manifest) is the
only column it must have. `identity_group` is the same for files that show the
same person: intervals are drawn over people, since frames and clips of one
person are no independent evidence. `kind` (clip, portrait, raw), `category`,
`rights`, `licence` and `origin_repo` are repeated in reports.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from vivant.errors import PathRefused
from vivant.studies.clips import listing

MANIFEST: Final = "MANIFEST.csv"
"""A folder's own manifest: in it, or in the folder above."""
_MOST: Final = 100_000
_LONGEST: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Item:
    """One file that a study works on."""

    path: Path
    name: str
    """Unique within its kind: the file's stem, with its folder's where two are the same."""
    identity: str
    """Whom it shows; the name where no manifest tells."""
    category: str = ""
    rights: str = ""
    licence: str = ""
    origin: str = ""

    def plain(self, kind: str) -> dict[str, Any]:
        """Return what results tell of it; no path, which says more of the user than of the work."""
        return {
            "kind": kind,
            "name": self.name,
            "identity": self.identity,
            "category": self.category,
            "rights": self.rights,
            "licence": self.licence,
            "origin": self.origin,
        }


def find(place: Path, endings: tuple[str, ...], kind: str) -> tuple[Item, ...]:
    """Return the files of a folder or a manifest, sorted by name.

    Args:
        place: a folder, whose files are taken and the folders in it left alone; or a
            manifest, whose rows of this kind are taken (all, where it has no column `kind`).
        endings: those of the files wanted, lower case, with the dot.
        kind: `clip`, `portrait` ...; names the files in messages too.

    Raises:
        PathRefused: there is no such folder or manifest, a file of it is missing, or there
            is none of these.
    """
    found = _listed(place, kind) if place.suffix.lower() == ".csv" else _lying(place, kind)
    found = [item for item in found if item.path.suffix.lower() in endings]
    if not found:
        raise PathRefused(f"{place}: no {kind}s in it; wanted files that end in {listing(endings)}")
    return tuple(sorted(_named_apart(found, place), key=lambda item: item.name))


def _lying(folder: Path, kind: str) -> list[Item]:
    if not folder.is_dir():
        raise PathRefused(f"{folder}: no such folder; name the one in which the {kind}s lie.")
    known: dict[Path, Item] = {}
    for manifest in (folder / MANIFEST, folder.resolve().parent / MANIFEST):
        if manifest.is_file():
            known |= {item.path.resolve(): item for item in _listed(manifest, None, strict=False)}
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return [
        replace(known.get(path.resolve(), Item(path, path.stem, path.stem)), path=path)
        for path in files
    ]


def _listed(manifest: Path, kind: str | None, *, strict: bool = True) -> list[Item]:
    rows = read_rows(manifest)
    found = []
    for number, row in enumerate(rows, start=2):
        file = row.get("file", "")
        if not file:
            raise PathRefused(f"{manifest}: line {number} has no `file`.")
        if kind is not None and row.get("kind", kind) != kind:
            continue
        path = manifest.parent / file
        if Path(file).is_absolute() or ".." in Path(file).parts:
            raise PathRefused(
                f"{manifest}: line {number}: `file` must be a path below the manifest, got {file}."
            )
        if strict and not path.is_file():
            raise PathRefused(f"{manifest}: line {number}: there is no file {path}.")
        told = (row.get(name, "") for name in ("category", "rights", "licence", "origin_repo"))
        found.append(Item(path, path.stem, row.get("identity_group") or path.stem, *told))
    return found


def read_rows(manifest: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file with a header.

    Raises:
        PathRefused: it cannot be read, is no such table, or is larger than 64 MiB.
    """
    try:
        if manifest.stat().st_size > _LONGEST:
            raise PathRefused(f"{manifest}: larger than 64 MiB; that is no manifest.")
        with manifest.open(encoding="utf-8-sig", newline="") as file:
            rows = [dict(row) for row in csv.DictReader(file, restkey="more", restval="")]
    except OSError as error:
        raise PathRefused(f"{manifest}: cannot read the manifest: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise PathRefused(f"{manifest}: not a CSV file in UTF-8: {error}.") from error
    if not rows or "file" not in rows[0] or len(rows) > _MOST:
        raise PathRefused(
            f"{manifest}: wanted a header with a column `file` and 1 to {_MOST} rows, "
            f"got {len(rows)} rows with {', '.join(map(str, rows[0])) if rows else 'no header'}."
        )
    if any("more" in row for row in rows):
        raise PathRefused(f"{manifest}: a row has more fields than the header names.")
    return rows


def _named_apart(items: list[Item], place: Path) -> list[Item]:
    """Give files of the same stem names that differ: with as much of their path as that takes.

    Raises:
        PathRefused: a file is listed twice.
    """
    paths = Counter(item.path.resolve() for item in items)
    twice = [path for path, times in paths.items() if times > 1]
    if twice:
        raise PathRefused(f"{place}: {twice[0].name} is listed twice; each file counts once.")
    depth, names = 0, [item.name for item in items]
    while len(set(names)) < len(names):
        depth += 1
        often = Counter(names)
        names = [
            "-".join(item.path.parts[-depth - 1 :]) if often[name] > 1 else name
            for item, name in zip(items, names, strict=True)
        ]
    return [replace(item, name=name) for item, name in zip(items, names, strict=True)]
