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
_NOTE: Final = re.compile(rb"(\d{1,18}) ([0-9a-f]{64})\n?")

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


_KEYS: Final = Entry(0, START, None, None, START, START).to_json().keys()
_BLANK: Final = b"{}\n"
"""What is left of a damaged line: it stays to be seen that one was there."""


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
        if not (place / "entries.jsonl").exists():  # so its end is noted from the first on
            store.write(place / "end", _note(0, START), replace=False)
        number, previous = _end(place)
        facts, notes = ({**part, "salt": secrets.token_hex(16)} for part in (facts, notes))
        entry = Entry(number + 1, previous, facts, notes, _sha256(facts), _sha256(notes))
        store.append(place / "entries.jsonl", _line(entry))
        store.write(place / "end", _note(entry.number, entry.hash))
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
        begun = place.exists()
        noted = _noted(place)  # first: an entry that comes meanwhile is not missed then
        found = _checked(store.read(place / "entries.jsonl") or b"")
        late = _end_problems(found.entries, noted) if begun or noted else ()
        return replace(found, problems=(*found.problems, *late))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    entries, end = _parted(data)
    found = _checked(entries)
    if end is None and not found.entries:
        raise DamagedMedia(path, "this is no journal.", "`vivant journal export` writes one.")
    last = found.entries[-1] if found.entries else None
    if end is None:
        cut = "its last line does not tell where it ends: it was cut off"
    elif end != ((last.number, last.hash) if last else (0, START)):
        cut = f"it was exported up to entry {end[0]}, and this is not where it ends"
    else:
        return found
    return replace(found, problems=(*found.problems, cut))


def exported(found: Journal) -> Iterator[str]:
    """Yield the lines of a journal as it may be shown to others, the last one telling its end."""
    for entry in found.entries:
        yield json.dumps(entry.without_notes().to_json())
    last = found.entries[-1] if found.entries else None
    number, told = (last.number, last.hash) if last else (0, START)
    yield json.dumps({"end": number, "hash": told})


def forget(chosen: Callable[[Entry], bool]) -> tuple[int, ...]:
    """Blank the facts and notes of the entries that `chosen` picks; the chain stays whole.

    Args:
        chosen: gets each entry with content, without the parts of it that were changed.

    Returns:
        the numbers of the entries that were blanked now.

    Raises:
        MarkError: the journal cannot be read or written.
    """
    blanked = []

    def without(_: int, line: bytes) -> bytes:
        entry = _parsed(line)
        if entry is None or entry.facts is entry.notes is None or not chosen(_unchanged(entry)):
            return line
        blanked.append(entry.number)
        return _line(replace(entry, facts=None, notes=None))

    _rewrite(without)
    return tuple(blanked)


def forget_in_damage(told: str) -> tuple[int, ...]:
    """Blank every line that was damaged or changed and in which the text `told` stands.

    Returns:
        the numbers of the damaged lines with content that are left, which nobody can read: they
        may be of what is to be forgotten.

    Raises:
        MarkError: the journal cannot be read or written.
    """
    left = []

    def without(number: int, line: bytes) -> bytes:
        entry = _parsed(line)
        kept = None if entry is None else _unchanged(entry)
        if line == _BLANK or (kept is not None and (kept.facts is not None or kept == entry)):
            return line  # what facts that fit say of it was asked before
        if told.encode() in line:
            return _BLANK if entry is None else _line(replace(entry, facts=None, notes=None))
        left.append(number)
        return line

    _rewrite(without)
    return tuple(left)


def _rewrite(changed: Callable[[int, bytes], bytes]) -> None:
    """Put other lines in place of all; half a line at the end, of a killed process, goes."""
    place = folder()
    path = place / "entries.jsonl"
    if not path.exists():
        return
    with locked(place / "lock"):
        before = store.read(path) or b""
        lines = before.split(b"\n")[:-1]
        after = b"".join(changed(number, line + b"\n") for number, line in enumerate(lines, 1))
        if after != before:
            store.write(path, after)


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
    return hashlib.sha256(plain.encode(errors="surrogatepass")).hexdigest()


def _line(entry: Entry) -> bytes:
    """Return an entry's line; a file name that is no UTF-8 is kept as well (surrogates)."""
    plain = json.dumps(entry.to_json(), ensure_ascii=False)
    return plain.encode(errors="surrogatepass") + b"\n"


def _note(number: int, told: str) -> bytes:
    return f"{number} {told}\n".encode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice, and only one would be checked")
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _parsed(line: bytes) -> Entry | None:
    """Return the entry in a line; None where there is none, or its hash is not its own.

    Whether facts and notes are what was written is not looked at: see `_unchanged`.
    """
    try:
        told = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or told.keys() != _KEYS:
        return None
    number, own = told.pop("entry"), told.pop("hash")
    parts = (told["facts"], told["notes"])
    hashes = (told["previous"], told["facts_sha256"], told["notes_sha256"])
    if not (
        (_is_number(number) and 0 < number < 10**18)
        and all(isinstance(one, str) and _HASH.fullmatch(one) for one in hashes)
        and all(one is None or isinstance(one, dict) for one in parts)
    ):
        return None
    entry = Entry(number=number, **told)
    return entry if own == entry.hash else None


def _unchanged(entry: Entry) -> Entry:
    """Return the entry without the parts that are not what was written: nobody may trust them."""
    if not _fits(entry.facts, entry.facts_sha256):
        entry = replace(entry, facts=None)
    return entry if _fits(entry.notes, entry.notes_sha256) else replace(entry, notes=None)


def _fits(part: Part | None, sha256: str) -> bool:
    try:
        return part is None or _sha256(part) == sha256
    except RecursionError:  # too deep to be written by us
        return False


def _noted(place: Path) -> tuple[int, str] | None:
    """Return number and hash of the last entry, as noted; None where nothing legible is."""
    told = _NOTE.fullmatch(store.read(place / "end") or b"")
    return (int(told[1]), told[2].decode()) if told else None


def _end(place: Path) -> tuple[int, str]:
    """Return number and hash of the entry that the next one follows."""
    noted = _noted(place)
    if noted is None:  # nobody knows what was taken out: a number is left out, which stays seen
        entries = _checked(store.read(place / "entries.jsonl") or b"").entries
        return max((entry.number for entry in entries), default=0) + 1, START
    tail = store.tail(place / "entries.jsonl", _TAIL)
    last = _parsed(tail.splitlines()[-1]) if tail else None
    if last is not None and last.number > noted[0]:
        return last.number, last.hash  # the process ended between the entry and the note
    return noted  # where entries are missing, the gap stays to be seen


def _parted(data: bytes) -> tuple[bytes, tuple[int, str] | None]:
    """Return the lines of an export without its last, and the end that this one tells."""
    *lines, last = data.rstrip(b"\r\n").split(b"\n")
    try:
        told = json.loads(last, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return data, None
    if not isinstance(told, dict) or told.keys() != {"end", "hash"} or not _is_number(told["end"]):
        return data, None
    return b"".join(line + b"\n" for line in lines), (told["end"], told["hash"])


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
        kept = _unchanged(entry)
        for name, before, after in (
            ("facts", entry.facts, kept.facts),
            ("notes", entry.notes, kept.notes),
        ):
            if before is not after:
                problems.append(f"the {name} of entry {entry.number} were changed")
        entries.append(kept)
        number, previous = entry.number, entry.hash
    return Journal(tuple(entries), tuple(problems))


def _end_problems(entries: Sequence[Entry], noted: tuple[int, str] | None) -> Iterator[str]:
    """Yield what the note of the journal's end says against its last entries."""
    last = entries[-1].number if entries else 0
    if noted is None:
        yield "the note of where it ended is gone: the last entries may have been taken out"
    elif last < noted[0]:
        yield f"it ends at entry {last} and had {noted[0]}: the last ones were taken out"
    elif noted != (0, START) and not any((one.number, one.hash) == noted for one in entries):
        yield f"entry {noted[0]} is not the one that was written"
