"""The weights that a user has added: put there, listed, checked, removed, found.

They lie in vivant's data folder as `weights/ENGINE/NAME.safetensors`, each with a record beside it
(`NAME.json`): where it came from, under which licence, and the sha256 of what was given and of
what is kept. What metrics want (`added`) lies there as ONNX, `weights/NAME.onnx`.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from vivant.errors import AskedWrongly, MissingWeights, PathRefused, WeightsError
from vivant.weights import added, compiled, confined, known, sniff
from vivant.weights.hashed import digest

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}(?<!\.)")
_STATED: Final = "not stated"
_ADDING: Final = ".adding-"
_STALE: Final = 86_400
"""Seconds after which a private folder is nobody's any more."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of added weights."""

    engine: str
    """Empty for what a metric wants."""
    name: str
    file: str
    """Where it lies."""
    sha256: str
    """Of the file that is kept."""
    bytes: int
    original: Mapping[str, str]
    """Names of the files that were given to their sha256."""
    licence: str
    origin: str
    added: str
    """When, in UTC."""

    @property
    def label(self) -> str:
        """`ENGINE/NAME`, or `NAME`."""
        return f"{self.engine}/{self.name}" if self.engine else self.name


def split(label: str) -> tuple[str, str]:
    """Return engine and name of `ENGINE/NAME`; what a metric wants has no engine.

    Raises:
        AskedWrongly: no such engine takes weights, or the name cannot be one.

    >>> split("fomm/vox-256")
    ('fomm', 'vox-256')
    >>> split("lpips")
    ('', 'lpips')
    """
    engine, slash, name = label.partition("/")
    if not slash:
        if label in added.KNOWN:
            return "", label
        if label in known.METHODS:
            example = next(iter(known.METHODS[label].published), "mine")
            raise AskedWrongly(f"weights of an engine have a name: --as {label}/{example}.")
        everything = {**known.METHODS, **added.KNOWN}
        raise AskedWrongly(f"nothing takes weights {label!r}; {known.nearest(label, everything)}")
    known.method(engine)
    if not _NAME.fullmatch(name):
        raise AskedWrongly(
            f"{name!r} cannot be the name of weights: small letters, digits, '.', '_' and '-' "
            f"are taken, at most 64, such as {engine}/mine-2."
        )
    return engine, name


def add(
    source: Path,
    label: str,
    *,
    config: Path | None = None,
    licence: str | None = None,
    origin: str | None = None,
    replace: bool = False,
) -> Record:
    """Add weights as their authors publish them; a failure leaves nothing behind.

    Args:
        source: the file, or the folder of files.
        label: `ENGINE/NAME`, or a name of `added.KNOWN`.
        config: YAML file with the configuration, where it is not known.
        licence: under which conditions they may be used, where that is not known.
        origin: where they come from; likewise.
        replace: whether weights of that name may be there already.

    Raises:
        AskedWrongly: the name is refused or taken, the source is not there, or its
            configuration is not known.
        MissingExtra: torch is not installed.
        WeightsError: what was given is damaged, refused, or another method's.
    """
    engine, name = split(label)
    kept = _place(engine, name)
    if kept.exists() and not replace:
        raise AskedWrongly(f"{label} is there already; --replace puts another in its place.")
    if not source.exists():
        raise PathRefused(f"{source}: there is no such file or folder.")
    if config is not None and not engine:
        raise AskedWrongly(f"{label} takes no configuration.")
    with _private_folder() as folder:
        if engine:
            made, files = convert(source, (engine, name), folder, config)
        else:
            made, files = _copied(source, name, folder)
        told = known.METHODS[engine].published.get(name) if engine else None
        published = added.KNOWN[name].origin if not engine else _STATED
        record = Record(
            engine, name, str(kept), digest(made), made.stat().st_size, files,
            licence or (told.licence if told else _STATED),
            origin or (told.origin if told else published),
            datetime.now(UTC).isoformat(timespec="seconds"),
        )  # fmt: skip
        _put(folder, made, kept, record)
    return record


def convert(
    source: Path, label: tuple[str, str], folder: Path, config: Path | None = None
) -> tuple[Path, dict[str, str]]:
    """Convert weights into a folder of the caller's, without adding them.

    Args:
        source: the file, or the folder of files.
        label: engine and name; the name need not be a known one.
        folder: an empty folder that exists.
        config: YAML file with the configuration, where it is not known.

    Returns:
        the safetensors file, and names of the files that were read to their sha256.

    Raises:
        VivantError: as `add`.
    """
    engine, name = label
    method = known.method(engine)
    if source.is_file():
        sniff.kind(source)
    told = method.published.get(name)
    job = {
        "path": str(source),
        "folder": str(folder),
        "engine": engine,
        "name": name,
        "config": told.config if told else None,
        "config_file": None if config is None else str(config),
    }
    found = confined.run("vivant.engines.layers.original", job)
    files = [Path(file) for file in found["files"]]
    return folder / "converted.safetensors", {file.name: digest(file) for file in files}


def _copied(source: Path, name: str, folder: Path) -> tuple[Path, dict[str, str]]:
    if not source.is_file() or source.stat().st_size > sniff.LARGEST:
        raise WeightsError(f"{source}: is no file of at most {sniff.LARGEST / 1e9:.1f} GB.")
    if source.suffix != ".onnx":
        raise WeightsError(
            f"{source}: is no ONNX file; {name} takes one that takes {added.KNOWN[name].inputs}."
        )
    with source.open("rb") as file:
        problem = sniff.mistaken(file.read(1024))
    if problem is not None:
        raise WeightsError(f"{source}: {problem}")
    made = folder / "converted.onnx"
    shutil.copyfile(source, made)
    job = {"path": str(made), "folder": str(folder), "name": name}
    try:
        confined.run("vivant.weights._onnx", job)
    except WeightsError as error:
        raise WeightsError(str(error).replace(str(made), str(source))) from error
    return made, {source.name: digest(made)}


def _put(folder: Path, made: Path, kept: Path, record: Record) -> None:
    """Move what was made, and its record, to where they are kept."""
    beside = folder / "record.json"
    beside.write_text(json.dumps(asdict(record), indent=2) + "\n", encoding="utf-8")
    kept.parent.mkdir(parents=True, exist_ok=True)
    was_there = kept.exists()
    made.replace(kept)
    shutil.rmtree(compiled.folder(kept), ignore_errors=True)  # of the weights that were there
    try:
        beside.replace(_record_of(kept))
    except OSError:
        if not was_there:
            kept.unlink()
        raise


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    """Yield a new folder beside the weights, so that what is made there can be renamed."""
    base = added.folder()
    try:
        base.mkdir(parents=True, exist_ok=True)
        for left in base.glob(f"{_ADDING}*"):  # by a process that was killed
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=_ADDING, dir=base))
    except OSError as error:
        raise PathRefused(f"{base}: cannot be written: {error.strerror}.") from error
    try:
        yield folder
    except OSError as error:
        raise WeightsError(
            f"{base}: the weights could not be kept there: {error.strerror or error}."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def records() -> list[Record]:
    """Return what was added, by engine and name."""
    places = [*added.folder().glob("*/*.safetensors"), *added.folder().glob("*.onnx")]
    kept = [place for place in places if not place.parent.name.startswith(".")]
    return sorted((_told(place) for place in kept), key=lambda record: record.label)


def record(label: str) -> Record:
    """Return the record of added weights.

    Raises:
        AskedWrongly: nothing of that name was added; the nearest is offered.
    """
    engine, name = split(label)
    kept = _place(engine, name)
    if not kept.is_file():
        there = {one.label: one for one in records()}
        raise AskedWrongly(f"no weights {label!r} were added; {known.nearest(label, there)}")
    return _told(kept)


def remove(label: str) -> Record:
    """Remove added weights and their record, and return what the record said.

    Raises:
        AskedWrongly: nothing of that name was added.
    """
    found = record(label)
    kept = Path(found.file)
    try:
        kept.unlink()
        _record_of(kept).unlink(missing_ok=True)
        shutil.rmtree(compiled.folder(kept), ignore_errors=True)
        compiled.sweep(kept.parent)
    except OSError as error:
        raise WeightsError(f"{kept}: cannot be removed: {error.strerror}.") from error
    with contextlib.suppress(OSError):  # others of the engine are still there
        if found.engine:
            kept.parent.rmdir()
    return found


def intact(found: Record) -> bool:
    """Say whether added weights are, byte for byte, what was kept."""
    return bool(found.sha256) and digest(Path(found.file)) == found.sha256


def names(engine: str) -> tuple[str, ...]:
    """Return the names of an engine's added weights, sorted."""
    return tuple(sorted(path.stem for path in (added.folder() / engine).glob("*.safetensors")))


def chosen(engine: str, given: str | None) -> Path:
    """Return the file of an engine's weights.

    Args:
        engine: its name.
        given: the setting `weights`: a name that was added, a safetensors file, or None for
            the only one that was added.

    Raises:
        MissingWeights: none were added; the message says what is needed, and how to get it.
        AskedWrongly: several were added and none is named, or none has that name.
    """
    there = names(engine)
    if given is None:
        if not there:
            raise MissingWeights(engine, known.method(engine).needs, known.advice(engine))
        if len(there) > 1:
            raise AskedWrongly(
                f"{engine} has several weights: {', '.join(there)}. Say which: "
                f"{known.method(engine).naming.format(engine=engine, name=there[0])}."
            )
        return _place(engine, there[0])
    if given in there:
        return _place(engine, given)
    path = Path(given)
    if path.suffix == ".safetensors" and path.exists():
        return path
    if path.exists():
        raise AskedWrongly(
            f"{given}: is no file that vivant keeps. Add it first: vivant weights add {given} "
            f"--as {engine}/NAME."
        )
    if _NAME.fullmatch(given) and given in known.method(engine).published:
        raise MissingWeights(engine, given, known.advice(engine))
    nearest = known.nearest(given, dict.fromkeys(there))
    raise AskedWrongly(f"{engine} has no weights {given!r}; {nearest}")


def _place(engine: str, name: str) -> Path:
    if not engine:
        return added.folder() / added.KNOWN[name].file
    return added.folder() / engine / f"{name}.safetensors"


def _record_of(kept: Path) -> Path:
    return kept.with_name(f"{kept.stem}.json")


def _told(kept: Path) -> Record:
    """Return a file's record; a file that came by another way has an empty one."""
    engine = "" if kept.suffix == ".onnx" else kept.parent.name
    size = kept.stat().st_size
    try:
        plain: dict[str, Any] = json.loads(_record_of(kept).read_text(encoding="utf-8"))
        sha, licence, origin, date = (
            str(plain[key]) for key in ("sha256", "licence", "origin", "added")
        )
        given = {str(name): str(value) for name, value in dict(plain["original"]).items()}
    except (OSError, ValueError, KeyError, TypeError):
        sha, licence, origin, date, given = "", _STATED, _STATED, "", {}
    return Record(engine, kept.stem, str(kept), sha, size, given, licence, origin, date)
