"""A benchmark set rebuilt from a list of where its files come from, so that others have the same.

The list is a CSV file with a header. Each row is one file of the set:

- `file`: its path in the set; `.mp4` for clips, `.png` or `.jpg` for pictures. A row that asks
  for no change (no `crop`, `size`, `start`, `frames`) is the original itself, byte for byte;
- `origin_repo`, `commit`, `origin_path`: the public repository (owner/name), the commit and
  the path in it; `sha256`: of the file there;
- `crop`: `x,y,side` in pixels, a square; empty for the whole picture. `size`: side in pixels
  to which that is brought; empty leaves it;
- clips also: `start` in seconds, `frames` and `fps` (25 where empty);
- any other column, such as `kind`, `identity_group`, `licence`, is kept in the set's manifest.

Nothing is downloaded unless `fetch` says so; then from one place only, over HTTPS, and what
arrives must have the sha256 that the list names.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Final

import cv2
import numpy as np

from vivant.errors import PathRefused, SettingsError, VivantError
from vivant.media import VideoReader, VideoWriter, read_image, write_image
from vivant.studies.inputs import MANIFEST, read_rows
from vivant.types import Frame

HOST: Final = "https://raw.githubusercontent.com"
"""Where `fetch` looks, under owner/name/commit/path."""
LARGEST: Final = 512 << 20
"""Bytes of an origin at most."""
_WAIT: Final = 30
"""Seconds without a byte before a download is given up."""
_CLIP: Final = (".mp4",)
_PICTURE: Final = (".png", ".jpg", ".jpeg")
_REPO: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")

OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a set, and where it comes from."""

    file: PurePosixPath
    repo: str
    commit: str
    path: PurePosixPath
    sha256: str
    """Of the origin; empty where the list does not know it."""
    crop: tuple[int, int, int] | None
    size: int | None
    start: Fraction
    frames: int
    fps: Fraction
    whole: bool
    """Whether the original itself is wanted."""

    @property
    def origin(self) -> str:
        """Where it comes from, for messages."""
        return f"{self.repo} {self.path}"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was made of a list."""

    made: int
    there: int
    """Files that were there already, and were left."""
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
    manifest names those that are there, with the sha256 of each origin.

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
        SettingsError: a row of the list is wrong, or neither `origins` nor `fetch` is given.
    """
    if origins is None and not fetch:
        raise SettingsError("say where the originals are: --origins FOLDER, or --fetch.")
    rows = read_rows(listing)
    entries = [_entry(row, f"{listing}, line {line}") for line, row in enumerate(rows, start=2)]
    there, made = 0, 0
    failed: list[tuple[str, str]] = []
    digests = _known(out)
    with tempfile.TemporaryDirectory(prefix="vivant-origins-") as scratch:
        for number, entry in enumerate(entries, start=1):
            path = out / entry.file
            try:
                if path.is_file():
                    there += 1
                else:
                    source = _origin(entry, origins, Path(scratch), host if fetch else None)
                    digests[str(entry.file)] = _checked(source, entry, unknown)
                    _make(entry, source, path)
                    made += 1
            except VivantError as error:
                failed.append((str(entry.file), str(error)))
            if on_progress is not None:
                on_progress(number, len(entries), str(entry.file))
    if made or there:
        _write_manifest(out, rows, entries, digests)
    return Rebuilt(made, there, tuple(failed))


def _entry(row: Mapping[str, str], where: str) -> Entry:
    """Return a row understood.

    Raises:
        SettingsError: a field is missing or wrong.
    """

    def field(name: str, what: str, fits: re.Pattern[str] | None = None) -> str:
        value = (row.get(name) or "").strip()
        if not value or (fits is not None and not fits.fullmatch(value)):
            raise SettingsError(f"{where}: {name} must be {what}, got {value!r}")
        return value

    def inside(name: str) -> PurePosixPath:
        path = PurePosixPath(field(name, "a path"))
        odd = path.is_absolute() or ".." in path.parts or "\\" in str(path) or ":" in str(path)
        if odd:
            raise SettingsError(f"{where}: {name} must be a path below the folder, got {path}")
        return path

    def number(name: str, least: Fraction, default: str) -> Fraction:
        value = (row.get(name) or "").strip() or default
        try:
            found = Fraction(value)
        except (ValueError, ZeroDivisionError) as error:
            raise SettingsError(f"{where}: {name} must be a number, got {value!r}") from error
        if found < least or found > 10**6:
            raise SettingsError(f"{where}: {name} must lie in [{least}, 1000000], got {value}")
        return found

    file = inside("file")
    changes = ("crop", "size", "start", "frames")
    whole = not any((row.get(name) or "").strip() for name in changes)
    if not whole and file.suffix.lower() not in (*_CLIP, *_PICTURE):
        raise SettingsError(f"{where}: file must end in .mp4, .png or .jpg, got {file}")
    digest = (row.get("sha256") or "").strip()
    if digest and not _SHA256.fullmatch(digest):
        raise SettingsError(f"{where}: sha256 must be 64 digits 0-9a-f, got {digest!r}")
    return Entry(
        file=file,
        repo=field("origin_repo", "owner/name", _REPO),
        commit=field("commit", "40 digits 0-9a-f", _COMMIT),
        path=inside("origin_path"),
        sha256=digest,
        crop=_square((row.get("crop") or "").strip(), where),
        size=int(number("size", Fraction(16), "16")) if (row.get("size") or "").strip() else None,
        start=number("start", Fraction(0), "0"),
        frames=int(number("frames", Fraction(1), "1")),
        fps=number("fps", Fraction(1), "25"),
        whole=whole,
    )


def _square(text: str, where: str) -> tuple[int, int, int] | None:
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,6}),(\d{1,6}),([1-9]\d{0,5})", text)
    if found is None:
        raise SettingsError(f"{where}: crop must be x,y,side in pixels, got {text!r}")
    x, y, side = map(int, found.groups())
    return x, y, side


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
    if path.suffix.lower() in _PICTURE:
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


def _known(out: Path) -> dict[str, str]:
    """Return the sha256 of origins that an earlier run has noted."""
    if not (out / MANIFEST).is_file():
        return {}
    return {row["file"]: row.get("sha256", "") for row in read_rows(out / MANIFEST)}


def _write_manifest(
    out: Path,
    rows: Sequence[Mapping[str, str]],
    entries: Sequence[Entry],
    digests: Mapping[str, str],
) -> None:
    """Write the manifest of what is there."""
    text = io.StringIO()
    names = list(dict.fromkeys([*rows[0], "sha256"]))
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for row, entry in zip(rows, entries, strict=True):
        if (out / entry.file).is_file():
            digest = entry.sha256 or digests.get(str(entry.file), "")
            writer.writerow({**row, "sha256": digest})
    try:
        out.mkdir(parents=True, exist_ok=True)
        beside = out / f".{MANIFEST}.{os.getpid()}"
        beside.write_text(text.getvalue(), encoding="utf-8", newline="")
        beside.replace(out / MANIFEST)
    except OSError as error:
        raise PathRefused(f"{out}: cannot write the manifest: {error.strerror}.") from error
