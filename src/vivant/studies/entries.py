"""The rows of a list of where a benchmark set's files come from, understood and checked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Final

from vivant.errors import SettingsError
from vivant.studies.cells import risky

CLIP: Final = (".mp4",)
PICTURE: Final = (".png", ".jpg", ".jpeg")
COLUMNS: Final = (
    "file", "kind", "identity_group", "origin_repo", "commit", "origin_path", "sha256",
    "crop", "size", "start", "frames", "fps",
)  # fmt: skip
"""Those that are read; others are kept."""
_REPO: Final = re.compile(r"(?!\.\.?/)[A-Za-z0-9_.-]+/(?!\.\.?$)[A-Za-z0-9_.-]+")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


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

    def recipe(self, sha256: str) -> str:
        """Return a digest of all that the file is made of and how.

        Args:
            sha256: of the origin, as found.
        """
        how = (self.crop, self.size, str(self.start), self.frames, str(self.fps), self.whole)
        return hashlib.sha256(repr((sha256, how)).encode()).hexdigest()

    @property
    def origin(self) -> str:
        """Where it comes from, for messages."""
        return f"{self.repo} {self.path}"


def entries(rows: Sequence[Mapping[str, str]], listing: Path) -> list[Entry]:
    """Return the rows of a list understood.

    Raises:
        SettingsError: a field is missing or wrong, or two rows make the same file.
    """
    found: dict[str, int] = {}
    read = []
    for line, row in enumerate(rows, start=2):
        entry = _entry(row, f"{listing}, line {line}")
        same = str(entry.file).casefold()  # Windows and macOS hold these for one file
        if same in found:
            raise SettingsError(
                f"{listing}, line {line}: file {entry.file} is that of line {found[same]} already; "
                f"each file wants one row."
            )
        found[same] = line
        read.append(entry)
    return read


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

    for name in COLUMNS:
        if risky(row.get(name)):
            raise SettingsError(
                f"{where}: {name} must not begin like a formula of a spreadsheet, got {row[name]!r}"
            )
    file = inside("file")
    changes = ("crop", "size", "start", "frames")
    whole = not any((row.get(name) or "").strip() for name in changes)
    if not whole and file.suffix.lower() not in (*CLIP, *PICTURE):
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
