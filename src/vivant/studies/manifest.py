"""A benchmark set rebuilt from a list of where its files come from, so that others have the same.

The list is a CSV file with a header. Each row is one file of the set:

- `file`: its path in the set; `.mp4` for clips, `.png` or `.jpg` for pictures. A row that asks
  for no change (no `crop`, `size`, `start`, `frames`) is the original itself, byte for byte;
- `origin_repo`, `commit`, `origin_path`: the public repository (owner/name), the commit and
  the path in it; `sha256`: of the file there;
- `crop`: `x,y,side` in pixels, a square; empty for the whole picture. `size`: side in pixels
  to which that is brought; empty leaves it;
- clips also: `start` in seconds, `frames` and `fps` (25 where empty);
- any other column, such as `licence`, is kept in the set's manifest; text in it that a
  spreadsheet would run as a formula gets an apostrophe before it.

The set's manifest also notes each file's `recipe`, a digest of its origin's sha256 and what
is done with it: a file that is there is left where the list still asks for that, and made
again where it asks for another or nothing is known.

Nothing is downloaded unless `fetch` says so; then from one place only, over HTTPS, and what
arrives must have the sha256 that the list names.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import cv2
import numpy as np

from vivant.errors import PathRefused, SettingsError, VivantError
from vivant.media import VideoReader, VideoWriter, read_image, write_image
from vivant.studies.cells import harmless
from vivant.studies.entries import PICTURE, Entry, entries
from vivant.studies.inputs import MANIFEST, read_rows
from vivant.types import Frame

HOST: Final = "https://raw.githubusercontent.com"
"""Where `fetch` looks, under owner/name/commit/path."""
LARGEST: Final = 512 << 20
"""Bytes of an origin at most."""
_WAIT: Final = 30
"""Seconds without a byte before a download is given up."""

OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was made of a list."""

    made: int
    there: int
    """Files that were there already, made as the list asks, and were left."""
    failed: tuple[tuple[str, str], ...]
    """File to why it could not be made."""


def rebuild(
    listing: Path,
    out: Path,
    *,
    origins: Path | None = None,
    fetch: bool = False,
    unknown: bool = False,
    host: str = HOST,
    on_progress: OnProgress | None = None,
) -> Rebuilt:
    """Make the files of a list, and the set's manifest beside them.

    A file that cannot be made is told in the result, and the others are made. The
    manifest names those that are there as the list wants them, with the sha256 of each
    origin.

    Args:
        listing: the list.
        out: folder of the set.
        origins: folder in which repositories lie as owner/name.
        fetch: download what is not there.
        unknown: also take origins whose sha256 the list does not know; the manifest
            then holds the one found.
        host: for tests.
        on_progress: told after each file.

    Raises:
        PathRefused: the list cannot be read, or `out` not written to.
        SettingsError: a row of the list is wrong, two make the same file, or neither
            `origins` nor `fetch` is given.
    """
    if origins is None and not fetch:
        raise SettingsError("say where the originals are: --origins FOLDER, or --fetch.")
    rows = read_rows(listing)
    wanted = entries(rows, listing)
    there, made = 0, 0
    failed: list[tuple[str, str]] = []
    notes = _noted(out)
    try:
        with tempfile.TemporaryDirectory(prefix="vivant-origins-") as scratch:
            for number, entry in enumerate(wanted, start=1):
                try:
                    if _lies(entry, out, notes):
                        there += 1
                    else:
                        source = _origin(entry, origins, Path(scratch), host if fetch else None)
                        digest = _checked(source, entry, unknown)
                        _make(entry, source, out / entry.file)
                        notes[str(entry.file)] = _Note(digest, entry.recipe(digest))
                        made += 1
                except VivantError as error:
                    failed.append((str(entry.file), str(error)))
                if on_progress is not None:
                    on_progress(number, len(wanted), str(entry.file))
    finally:  # also where the user breaks off: what is made need not be made again
        if made or there:
            _write_manifest(out, rows, wanted, notes)
    return Rebuilt(made, there, tuple(failed))


def _origin(entry: Entry, origins: Path | None, scratch: Path, host: str | None) -> Path:
    if origins is not None:
        path = origins / entry.repo / entry.path
        if path.is_file():
            return path
        if host is None:
            raise PathRefused(f"{entry.origin}: not there; looked for {path}.")
    assert host is not None
    path = (
        scratch / hashlib.sha256(f"{entry.repo} {entry.commit} {entry.path}".encode()).hexdigest()
    )
    path = path.with_suffix(entry.path.suffix.lower())
    if not path.exists():  # several clips may come from one video
        _download(f"{host}/{entry.repo}/{entry.commit}/{_quoted(entry.path)}", path)
    return path


def _quoted(path: PurePosixPath) -> str:
    return urllib.request.pathname2url(str(path)).lstrip("/")


def _download(url: str, path: Path) -> None:
    """Load a file.

    Raises:
        VivantError: it cannot be had, or is larger than `LARGEST`.
    """
    beside = path.with_suffix(".part")
    try:
        with (
            urllib.request.urlopen(url, timeout=_WAIT) as answer,  # noqa: S310 - `host` is ours
            beside.open("wb") as file,
        ):
            while block := answer.read(1 << 20):
                if file.tell() + len(block) > LARGEST:
                    raise VivantError(f"{url}: larger than {LARGEST >> 20} MiB; not taken.")
                file.write(block)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise VivantError(f"{url}: cannot be downloaded: {error}.") from error
    beside.replace(path)


def _checked(path: Path, entry: Entry, unknown: bool) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not entry.sha256 and not unknown:
        raise VivantError(
            f"{entry.origin}: the list does not know its sha256; --unknown takes it as it is "
            f"({digest})."
        )
    if entry.sha256 and digest != entry.sha256:
        raise VivantError(
            f"{entry.origin}: another file than the list means: sha256 {digest}, "
            f"wanted {entry.sha256}."
        )
    return digest


def _make(entry: Entry, source: Path, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PathRefused(f"{path.parent}: cannot make the folder: {error.strerror}.") from error
    if entry.whole:
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        shutil.copyfile(source, beside)
        beside.replace(path)
        return
    if path.suffix.lower() in PICTURE:
        write_image(path, _cut(read_image(source), entry))
        return
    images = _frames(entry, source)
    first = next(images)
    height, width = first.shape[:2]
    with VideoWriter(path, width=width, height=height, rate=entry.fps) as writer:
        for index, image in enumerate(chain([first], images)):
            writer.write(Frame(image, index, index / entry.fps))


def _frames(entry: Entry, source: Path) -> Iterator[np.ndarray]:
    """Yield the frames of a clip, each the first at or after its time.

    Raises:
        VivantError: the origin ends before.
    """
    taken, begun = 0, None
    with VideoReader(source, start=entry.start) as reader:
        for frame in reader:
            begun = frame.time if begun is None else begun
            while taken < entry.frames and frame.time - begun >= taken / entry.fps:
                yield _cut(frame.image, entry)
                taken += 1
            if taken == entry.frames:
                return
    raise VivantError(
        f"{entry.origin}: {taken} frames from {float(entry.start):g} s on, wanted {entry.frames}."
    )


def _cut(image: np.ndarray, entry: Entry) -> np.ndarray:
    height, width = image.shape[:2]
    if entry.crop is not None:
        x, y, side = entry.crop
        if x + side > width or y + side > height:
            raise VivantError(
                f"{entry.origin}: the crop {x},{y},{side} reaches beyond its {width} x {height}."
            )
        image = np.ascontiguousarray(image[y : y + side, x : x + side])
        height = width = side
    if entry.size is None or entry.size == max(height, width):
        return image
    scale = entry.size / max(height, width)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, shape, interpolation=how))


class _Note(NamedTuple):
    """What the set's manifest says of a file."""

    sha256: str
    """Of the origin."""
    recipe: str
    """`Entry.recipe` that it was made by; empty where that is not known."""


def _noted(out: Path) -> dict[str, _Note]:
    """Return what an earlier run has noted."""
    if not (out / MANIFEST).is_file():
        return {}
    return {
        row["file"]: _Note(row.get("sha256", ""), row.get("recipe", ""))
        for row in read_rows(out / MANIFEST)
    }


def _lies(entry: Entry, out: Path, notes: Mapping[str, _Note]) -> bool:
    """Say whether a file is there and was made as the list wants it."""
    note = notes.get(str(entry.file), _Note("", ""))
    digest = entry.sha256 or note.sha256
    return (out / entry.file).is_file() and note.recipe == entry.recipe(digest)


def _write_manifest(
    out: Path,
    rows: Sequence[Mapping[str, str]],
    wanted: Sequence[Entry],
    notes: Mapping[str, _Note],
) -> None:
    """Write the manifest of what is there as the list wants it."""
    text = io.StringIO()
    names = list(dict.fromkeys([*rows[0], "sha256", "recipe"]))
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(harmless, names))
    for row, entry in zip(rows, wanted, strict=True):
        if _lies(entry, out, notes):
            told = {**row, **notes[str(entry.file)]._asdict()}
            writer.writerow(harmless(told[name]) for name in names)
    try:
        out.mkdir(parents=True, exist_ok=True)
        beside = out / f".{MANIFEST}.{os.getpid()}"
        beside.write_text(text.getvalue(), encoding="utf-8", newline="")
        beside.replace(out / MANIFEST)
    except OSError as error:
        raise PathRefused(f"{out}: cannot write the manifest: {error.strerror}.") from error
