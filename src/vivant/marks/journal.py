"""The journal of this computer: an entry for every file that was marked here.

One line of JSON an entry. It holds `facts` and `notes`, the sha256 of each, and a hash over these
and the entry before it. So no entry can be changed, taken out or moved unseen; and the content of
one can be blanked without breaking the chain. Notes are what could name somebody: they stay out of
an export. Each part has a random salt, or blanked facts could be found again by trying.

A note of its own says where the journal ended, so that missing last entries are seen too. Whoever
owns the computer can write all of it anew: it is a memory for oneself, no proof against its owner.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from vivant.errors import DamagedMedia
from vivant.home import home
from vivant.marks import store
from vivant.marks.formats import unreadable
from vivant.marks.lock import locked

START: Final = "0" * 64
"""What stands in the place of the hash before the first entry."""
_TAIL: Final = 1 << 16
"""Bytes at the end of the journal in which its last entry lies."""
_HASH: Final = re.compile(r"[0-9a-f]{64}")

Part = Mapping[str, Any]
"""Facts or notes: plain values."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; a part that was blanked is None."""

    number: int
    """From 1."""
    previous: str
    """Hash of the entry before, or `START`."""
    facts: Part | None
    """Who, when, from what, with which engine; see `vivant.marks.jobs.facts`."""
    notes: Part | None
    """Name of the output, and the reason for a missing label."""
    facts_sha256: str
    notes_sha256: str

    @property
    def hash(self) -> str:
        """Over the number, the entry before and both parts, whether they are there or not."""
        told = (str(self.number), self.previous, self.facts_sha256, self.notes_sha256)
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def without_notes(self) -> Entry:
        """Return the entry as it may be shown to others."""
        return replace(self, notes=None)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "entry": self.number,
            "previous": self.previous,
            "facts": self.facts,
            "notes": self.notes,
            "facts_sha256": self.facts_sha256,
            "notes_sha256": self.notes_sha256,
            "hash": self.hash,
        }


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal holds, and what is wrong with it."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()
    """Empty where nothing was changed, taken out or moved."""

    @property
    def forgotten(self) -> int:
        """How many entries have been blanked."""
        return sum(entry.facts is None for entry in self.entries)


def folder() -> Path:
    """Return where the journal lies; it need not exist yet."""
    return home() / "journal"


def record(facts: Part, notes: Part) -> Entry:
    """Add an entry; once this returns, it is on the disk.

    Raises:
        MarkError: the journal cannot be written, or another process does not let go of it.
    """
    place = folder()
    with locked(place / "lock"):
        number, previous = _end(place)
        facts, notes = ({**part, "salt": secrets.token_hex(16)} for part in (facts, notes))
        entry = Entry(number + 1, previous, facts, notes, _sha256(facts), _sha256(notes))
        store.append(place / "entries.jsonl", _line(entry))
        store.write(place / "end", f"{entry.number} {entry.hash}\n".encode())
    return entry


def read(path: Path | None = None) -> Journal:
    """Read and check a journal; one that does not exist is empty.

    Args:
        path: an exported journal; without it, that of this computer.

    Raises:
        PathRefused, DamagedMedia: the export is missing, or no journal at all.
        MarkError: the journal cannot be read.
    """
    if path is None:
        place = folder()
        noted = _noted(place)  # first: an entry that comes meanwhile is not missed then
        found = _checked(store.read(place / "entries.jsonl") or b"")
        return replace(found, problems=(*found.problems, *_end_problems(found.entries, noted)))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    found = _checked(data)
    if data and not found.entries:
        raise DamagedMedia(path, "this is no journal.", "`vivant journal export` writes one.")
    return found


def forget(chosen: Callable[[Entry], bool]) -> tuple[int, ...]:
    """Blank the facts and notes of the entries that `chosen` picks; the chain stays whole.

    Returns:
        the numbers of the entries that were blanked now.

    Raises:
        MarkError: the journal cannot be read or written.
    """
    place = folder()
    path = place / "entries.jsonl"
    with locked(place / "lock"):
        lines, blanked = [], []
        for line in (store.read(path) or b"").splitlines(keepends=True):
            entry = _parsed(line)
            if entry is not None and entry.facts is not None and chosen(entry):
                blanked.append(entry.number)
                lines.append(_line(replace(entry, facts=None, notes=None)))
            else:
                lines.append(line)
        if blanked:
            store.write(path, b"".join(lines))
    return tuple(blanked)


def find(told: str) -> list[Entry]:
    """Return the entries that name `told`: the sha256 of a file or signer, or a watermark id.

    Raises:
        MarkError: the journal cannot be read.
    """
    return [entry for entry in read().entries if told in _names(entry)]


def _names(entry: Entry) -> Iterator[str]:
    for value in (entry.facts or {}).values():
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from (inner for inner in value.values() if isinstance(inner, str))


def _sha256(part: Part) -> str:
    """Return the hash of a part: of its JSON with sorted keys and no blanks, in UTF-8."""
    plain = json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


def _line(entry: Entry) -> bytes:
    return json.dumps(entry.to_json(), ensure_ascii=False).encode() + b"\n"


def _parsed(line: bytes) -> Entry | None:
    """Return the entry in a line; None where there is none, or its hash is not its own."""
    try:
        told = json.loads(line)
        entry = Entry(
            int(told["entry"]),
            *(told[name] for name in ("previous", "facts", "notes")),
            *(told[name] for name in ("facts_sha256", "notes_sha256")),
        )
        return entry if told["hash"] == entry.hash else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _noted(place: Path) -> tuple[int, str] | None:
    """Return number and hash of the last entry, as noted; None where nothing legible is."""
    number, _, told = (store.read(place / "end") or b"").decode("latin-1").strip().partition(" ")
    return (int(number), told) if number.isdecimal() and _HASH.fullmatch(told) else None


def _end(place: Path) -> tuple[int, str]:
    """Return number and hash of the entry that the next one follows."""
    noted = _noted(place)
    tail = store.tail(place / "entries.jsonl", _TAIL)
    last = _parsed(tail.splitlines()[-1]) if tail else None
    if last is not None and (noted is None or last.number > noted[0]):
        return last.number, last.hash  # the process ended between the entry and the note
    return noted or (0, START)  # where entries are missing, the gap stays to be seen


def _checked(data: bytes) -> Journal:
    entries: list[Entry] = []
    problems: list[str] = []
    number, previous = 0, START
    *lines, _ = data.split(b"\n")  # behind the last one: nothing, or half an entry of a killed job
    for place, line in enumerate(lines, start=1):
        entry = _parsed(line)
        if entry is None:
            problems.append(f"line {place} is damaged or was changed")
            number, previous = number + 1, ""
            continue
        if entry.number != number + 1:
            problems.append(f"entry {entry.number} follows entry {number}: some were taken out")
        elif previous and entry.previous != previous:
            problems.append(f"entry {entry.number} does not follow the one before it")
        for name, part in (("facts", entry.facts), ("notes", entry.notes)):
            if part is not None and _sha256(part) != getattr(entry, f"{name}_sha256"):
                problems.append(f"the {name} of entry {entry.number} were changed")
        entries.append(entry)
        number, previous = entry.number, entry.hash
    return Journal(tuple(entries), tuple(problems))


def _end_problems(entries: Sequence[Entry], noted: tuple[int, str] | None) -> Iterator[str]:
    """Yield what the note of the journal's end says against its last entries."""
    last = entries[-1].number if entries else 0
    if noted is None:
        if last > 1:  # the first may have been written when the computer stopped
            yield "the note of where it ended is gone: the last entries may have been taken out"
    elif last < noted[0]:
        yield f"it ends at entry {last} and had {noted[0]}: the last ones were taken out"
    elif not any((entry.number, entry.hash) == noted for entry in entries):
        yield f"entry {noted[0]} is not the one that was written"
