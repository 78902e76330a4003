"""Where driving frames come from: a video, a recorded performance, or a program."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from os import PathLike
from pathlib import Path

from vivant.animation.settings import AnimateSettings
from vivant.engines import Engine
from vivant.errors import DamagedMedia, PathRefused, SettingsError, UnsupportedFormat, listed
from vivant.media import VideoInfo, VideoReader
from vivant.media.beside import beside
from vivant.media.formats import local_path, open_regular
from vivant.media.sequence import is_sequence
from vivant.motion.container import MAX_BYTES, pack, unpack
from vivant.motion.performance import Performance, between, mirrored
from vivant.motion.shipped import shipped, shipped_names
from vivant.motion.table import table
from vivant.types import Frame

Drivers = str | PathLike[str] | Iterable[Frame] | Performance
"""A video or a performance by its path (or a shipped one by its name), or frames, or a
performance."""
Source = Iterable[Frame] | Performance
"""What the loop runs over."""

_ARCHIVE = b"PK\x03\x04"


def open_driver(
    driving: Drivers, settings: AnimateSettings, engine: Engine, stack: ExitStack
) -> tuple[Source, VideoInfo | None]:
    """Open a driver, cut to the settings' start and end.

    Args:
        driving: see `Drivers`.
        settings: start and end are read; of a performance also whether it is mirrored.
        engine: what is going to read it.
        stack: closes a video when it ends.

    Returns:
        What the loop runs over, and what is known of it; None where nothing is.

    Raises:
        MediaError, PathRefused, UnsupportedFormat: a file cannot be read.
        SettingsError: the engine cannot do without pixels, and a performance has none; or it
            needs a face, and the square is given by hand.
    """
    wanted = engine.needs - {"pixels"}
    if settings.driver_crop != "auto" and wanted:
        raise SettingsError(
            f"the engine {settings.engine!r} needs {listed(wanted)} of the driver's face, so it is "
            f"looked for: leave driver_crop out."
        )
    if isinstance(driving, (str, PathLike)):
        path = Path(driving)
        if not is_shipped(path) and not is_performance(path):
            reader = stack.enter_context(VideoReader(path, start=settings.start, end=settings.end))
            return reader, reader.info
        driving = read_performance(path)
    if not isinstance(driving, Performance):
        return driving, None
    if settings.driver_crop != "auto":
        raise SettingsError("a recorded performance has no pixels to cut: leave driver_crop out.")
    if "pixels" in engine.needs:
        raise SettingsError(
            f"the engine {settings.engine!r} draws from the driver's pixels, and a recorded "
            f"performance has none. Take the engine mesh, or the video that it was recorded from."
        )
    performance = between(driving, settings.start, settings.end)
    if settings.mirror:
        performance = mirrored(performance)
    return performance, _info(performance)


def _info(performance: Performance) -> VideoInfo:
    return VideoInfo(
        width=performance.width,
        height=performance.height,
        rate=performance.rate,
        duration=performance.seconds,
        frames=len(performance),
        codec="performance",
        audio=None,
    )


def is_shipped(path: Path) -> bool:
    """Say whether a path is no file but the name of a performance that vivant brings."""
    return str(path) in shipped_names() and not path.exists()


def is_performance(path: Path) -> bool:
    """Say whether a file looks like a recorded performance; its name does not count.

    Raises:
        PathRefused, DamagedMedia, UnsupportedFormat: it cannot be read.
    """
    path = local_path(path)
    if is_sequence(path):
        return False
    with open_regular(path) as file:
        return file.read(len(_ARCHIVE)) == _ARCHIVE


def refuse_performance(path: Path) -> None:
    """Refuse a recorded performance where only a picture or a video will do.

    Raises:
        UnsupportedFormat: it is one.
        PathRefused, DamagedMedia: the file cannot be read.
    """
    if is_performance(path):
        raise UnsupportedFormat(
            f"{path}: this is a recorded performance or another archive, not a picture or video. "
            f"What is in it: vivant motion list {path.name}."
        )


def read_performance(path: str | PathLike[str]) -> Performance:
    """Read a recorded performance, or make one of those that vivant brings.

    Args:
        path: a file, or the name of a shipped performance, such as `smile`.

    Raises:
        PathRefused: there is neither a file nor a performance of that name, or the file
            cannot be read.
        DamagedMedia: it is no recorded performance, damaged, or of a later version.
    """
    if str(path) in shipped_names() or not (local_path(path).exists() or Path(path).suffix):
        return shipped(str(path))
    path = local_path(path)
    with open_regular(path) as file:
        data = file.read(MAX_BYTES + 1)
    if not data.startswith(_ARCHIVE):
        raise DamagedMedia(
            path,
            "this is no recorded performance.",
            "Record one from a video: vivant motion record VIDEO -o FILE.npz.",
        )
    return unpack(data, str(path))


def write_performance(performance: Performance, path: str | PathLike[str]) -> None:
    """Write a performance; a file at `path` is replaced only once the new one is complete.

    Raises:
        PathRefused: the place cannot be written to.
        DiskFull: there is no room; nothing is left behind.
    """
    with beside(local_path(path)) as temporary:
        temporary.write_bytes(pack(performance))


def export_table(performance: Performance, path: str | PathLike[str]) -> None:
    """Write a performance as a CSV table, one row a frame; see `vivant.motion.table`.

    Raises:
        PathRefused: the place cannot be written to.
        DiskFull: there is no room; nothing is left behind.
    """
    with beside(local_path(path)) as temporary:
        temporary.write_text(table(performance), encoding="utf-8", newline="")


def check_output(output: Path, inputs: list[Path]) -> None:
    """Refuse an output that is an input."""
    for path in inputs:
        same = output.exists() and path.exists() and output.samefile(path)
        if same or output.resolve() == path.resolve():
            raise PathRefused(
                f"{output}: the output is also an input; it would be overwritten. "
                f"Give the output another name."
            )
