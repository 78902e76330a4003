"""What a study has found so far, on disk: a killed run goes on where it stopped.

In the folder `work` of the results, a line of `journal.jsonl` for each job that
is done, written and flushed as it comes, beside its arrays and contact sheets; from
the first damaged line on, jobs are done again.
The first line says what the study was asked; a journal of other work is refused.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, TextIO

import cv2
import numpy as np

from vivant.errors import AskedWrongly, DiskFull, PathRefused
from vivant.studies import sheet
from vivant.studies.study import Outcome

FOLDER: Final = "work"
_ENOSPC: Final = 28
_QUALITY: Final = 88


class Sheet(NamedTuple):
    """A contact sheet on disk."""

    key: str
    """Of the job."""
    method: str
    badness: float
    path: Path


class Journal:
    """The journal of one run; close it, or use it in `with`."""

    def __init__(self, out: Path, asked: Mapping[str, Any], *, afresh: bool = False) -> None:
        """Open the journal, and read what is in it.

        Args:
            out: folder of the results.
            asked: what the study is: plain values. The same work has the same.
            afresh: begin anew, whatever is there.

        Raises:
            AskedWrongly: the folder holds the results of other work.
            PathRefused: it cannot be written to.
        """
        self._folder = out / FOLDER
        self._path = self._folder / "journal.jsonl"
        self._file: TextIO | None = None
        self.done: dict[str, Outcome] = {}
        self._sheets: dict[str, dict[str, Any]] = {}
        head = json.loads(json.dumps(asked))
        try:
            if afresh and self._folder.is_dir():
                shutil.rmtree(self._folder)
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._path.exists():
                self._read(head)
            else:
                self._path.write_text(_line(head), encoding="utf-8")
            self._file = self._path.open("a", encoding="utf-8")
        except OSError as error:
            raise _refused(out, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what is written stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def write(self, key: str, outcome: Outcome) -> None:
        """Keep what a job found.

        Raises:
            DiskFull, PathRefused: it cannot be written.
        """
        assert self._file is not None, "the journal is closed"
        line: dict[str, Any] = {"key": key, "rows": outcome.rows, "detail": outcome.detail,
                "problem": outcome.problem, "sheets": {}}  # fmt: skip
        try:
            if outcome.arrays:
                np.savez_compressed(self._folder / f"{named(key)}.npz", **outcome.arrays)  # type: ignore[arg-type]
            for method, (badness, columns) in outcome.sheets.items():
                name = f"{named(key)}--{named(method)}.jpg"
                (self._folder / name).write_bytes(picture(columns))
                line["sheets"][method] = {"file": name, "badness": badness}
            self._file.write(_line(line))
            self._file.flush()
        except OSError as error:
            raise _refused(self._folder, error) from error
        outcome.sheets = {}  # on disk now: a thousand of them would fill the memory
        outcome.arrays = {}
        self.done[key] = outcome
        self._sheets[key] = line["sheets"]

    def arrays(self, key: str) -> dict[str, np.ndarray]:
        """Return the arrays of a job; empty where it had none."""
        path = self._folder / f"{named(key)}.npz"
        if not path.is_file():
            return {}
        with np.load(path, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}

    def sheets(self) -> list[Sheet]:
        """Return the contact sheets, the worst first."""
        found = [
            Sheet(key, method, float(told["badness"]), self._folder / told["file"])
            for key, sheets in self._sheets.items()
            for method, told in sheets.items()
        ]
        return sorted(found, key=lambda sheet: (-sheet.badness, sheet.key, sheet.method))

    def _read(self, head: Mapping[str, Any]) -> None:
        lines = self._path.read_bytes().split(b"\n")
        try:
            before = json.loads(lines[0].decode())
        except ValueError as error:
            raise AskedWrongly(f"{self._path}: no journal of a study; use --afresh.") from error
        if before != head:
            raise AskedWrongly(
                f"{self._folder.parent} holds the results of other work: {_differing(before, head)}"
                ". Name another folder with --out, or begin anew with --afresh."
            )
        whole = [lines[0]]
        for line in lines[1:-1]:  # a killed run's half line stands behind the last newline
            told = _job(line)
            if told is None:
                break
            whole.append(line)
            self.done[told["key"]] = Outcome(told["rows"], told["detail"], problem=told["problem"])
            self._sheets[told["key"]] = told["sheets"]
        if whole != lines[:-1] or lines[-1]:
            beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            beside.write_bytes(b"\n".join([*whole, b""]))
            beside.replace(self._path)


def _job(line: bytes) -> dict[str, Any] | None:
    """Return what a line tells of a job; None where it is damaged: the job is done again.

    A loss of power leaves zeros or another file's bytes where a line should be.
    """
    try:
        told = _from_json(json.loads(line.decode()))
        good = (
            isinstance(told["key"], str)
            and isinstance(told["detail"], dict)
            and isinstance(told["problem"], str)
            and all(isinstance(row["engine"], str) for row in told["rows"])
            and all(
                isinstance(one["file"], str) and isinstance(one["badness"], float | int)
                for one in told["sheets"].values()
            )
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return told if good else None


def named(key: str) -> str:
    """Return a key as a file name that every system takes; different keys stay different.

    >>> named("anna--speech_1"), named("a/b") == named("a:b")
    ('anna--speech_1', False)
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", key)[:80]
    if plain == key and key.strip("."):
        return key
    return f"{plain}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def picture(columns: list[np.ndarray]) -> bytes:
    """Return a contact sheet as a JPEG file."""
    whole = sheet.side_by_side(columns)
    return bytes(cv2.imencode(".jpg", whole[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(_to_json(value), allow_nan=False) + "\n"


def _to_json(value: Any) -> Any:
    """Return plain data in which numbers that are not finite are words."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"not finite": str(value)}
    if isinstance(value, Mapping):
        return {name: _to_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(inner) for inner in value]
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"not finite"}:
            return float(value["not finite"])
        return {name: _from_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_from_json(inner) for inner in value]
    return value


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = [name for name in now if before.get(name) != now[name]] or ["what was asked"]
    return f"{', '.join(names)} differ{'s' if len(names) == 1 else ''}"


def _refused(place: Path, error: OSError) -> Exception:
    if error.errno == _ENOSPC:
        return DiskFull(place, "the disk is full.")
    return PathRefused(f"{place}: cannot write the results: {error.strerror}.")
