"""`vivant journal`: what was marked on this computer, and whether that record is whole."""

# Without postponed annotations: the parser reads the options from the live signatures.

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from vivant.cli.output import Json, show_columns, show_json, warn
from vivant.errors import AskedWrongly, PathRefused
from vivant.marks import consent, journal, sha256_of, verify
from vivant.marks.formats import unreadable
from vivant.marks.journal import Entry, Journal

EXAMPLES: Final = """\
Examples:
  What was made here?
    vivant journal list

  Which entry belongs to this file, or to the watermark found in one?
    vivant journal find grandmother-talks.mp4
    vivant journal find 3f2a90c1d4e5b687

  Somebody wants all that was made from her picture forgotten:
    vivant journal forget --portrait anna.jpg

  Was anything in it changed or taken out?
    vivant journal verify

Exit code of verify: 0 whole, 1 something was changed or taken out, 2 asked wrongly; of find: 1
where there is no such entry; of forget: 1 where a damaged line may still tell it, 2 where there
is no such entry."""

LINES: Final = {
    "list": "List what was marked on this computer.",
    "find": "Find the entry of a file, a sha256 or a watermark.",
    "verify": "Check that nothing in the journal was changed or taken out.",
    "forget": "Blank the content of entries; the chain stays whole.",
    "export": "Print the journal without names, for others to check.",
}

_NUMBER: Final = re.compile(r"[1-9]\d{0,8}")
_IDENTITY: Final = re.compile(r"[0-9a-fA-F]{16}|[0-9a-fA-F]{64}")
_SHORT: Final = 12
"""Letters of a hash that people are shown."""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command with its five parts."""
    command = App(name="journal", help=line, help_epilogue=EXAMPLES)
    parts: dict[str, Any] = {
        "list": _list,
        "find": _find,
        "verify": _verify,
        "forget": _forget,
        "export": _export,
    }
    for name, part in parts.items():
        command.command(part, name=name, help=LINES[name])
    return command


def _list(*, json: Json = False) -> None:
    """Run the command."""
    found = journal.read()
    _tell_problems(found)
    _show(found.entries, json)


def _find(what: str, /, *, json: Json = False) -> int:
    """Run the command.

    Args:
        what: a file that vivant made, or the sha256 of any file, or the id of a watermark.
    """
    _tell_problems(journal.read())
    entries = _entries_of(what)
    _show(entries, json)
    return 0 if entries else 1


def _entries_of(what: str) -> list[Entry]:
    path = Path(what)
    if not _exists(path):
        if not _IDENTITY.fullmatch(what):
            raise AskedWrongly(
                f"{what!r} is no file here, no sha256 (64 hex digits) and no watermark id (16)."
            )
        return journal.find(what.lower())
    direct = [] if path.is_dir() else journal.find(sha256_of(path))
    if direct:
        return direct
    made = verify(path).journal  # by what its credentials say, or the watermark in the picture
    return [entry for entry in journal.read().entries if made and entry.number == made.entry]


def _exists(path: Path) -> bool:
    """Whether a file or folder is there; what is neither could be waited for without end.

    Raises:
        PathRefused: it is something else, or nobody can tell.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise unreadable(path, error) from error
    if not path.is_file() and not path.is_dir():
        raise PathRefused(f"{path}: this is neither a file nor a folder. Name one of these.")
    return True


def _verify(export: Path | None = None, /, *, json: Json = False) -> int:
    """Run the command.

    Args:
        export: what `vivant journal export` printed; without it, this computer's journal.
    """
    found = journal.read(export)
    if json:
        show_json(
            {
                "intact": not found.problems,
                "entries": len(found.entries),
                "forgotten": found.forgotten,
                "problems": list(found.problems),
            }
        )
    else:
        whole = "broken" if found.problems else "whole"
        print(f"{whole}  {len(found.entries)} entries  {found.forgotten} forgotten")
        for problem in found.problems:
            print(f"  {problem}")
    return 1 if found.problems else 0


def _forget(
    entry: str | None = None,
    /,
    *,
    portrait: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    output: Annotated[Path | None, Parameter(metavar="FILE")] = None,
    json: Json = False,
) -> int:
    """Run the command.

    Args:
        entry: its number.
        portrait: all entries of what was made from this picture; the answer why it may be
            animated is forgotten too.
        output: the entry of this result.
    """
    given = [one for one in (entry, portrait, output) if one is not None]
    if len(given) != 1:
        raise AskedWrongly("say what to forget: the number of an entry, --portrait or --output.")
    if portrait is not None:
        return _forget_portrait(portrait, json)
    numbers = _numbered(entry) if entry is not None else _numbers_of(output)
    _tell_forgotten(journal.forget(lambda one: one.number in numbers), json)
    return 0


def _forget_portrait(portrait: Path, json: bool) -> int:
    _exists(portrait)
    digest = sha256_of(portrait)
    numbers = journal.forget(lambda one: digest in _part(one.facts, "ingredients").values())
    left = journal.forget_in_damage(digest)
    consent.forget(digest)
    _tell_forgotten(numbers, json)
    for line in left:
        place = journal.folder() / "entries.jsonl"
        warn(f"line {line} of {place} is damaged and may still name it; look at it")
    return 1 if left else 0


def _numbered(entry: str) -> set[int]:
    if not _NUMBER.fullmatch(entry):
        raise AskedWrongly(f"an entry is told by its number, such as 3; got {entry!r}.")
    if all(one.number != int(entry) for one in journal.read().entries):
        raise AskedWrongly(f"there is no entry {entry}; `vivant journal list` shows all.")
    return {int(entry)}


def _numbers_of(output: Path | None) -> set[int]:
    numbers = {one.number for one in _entries_of(str(output))}
    if not numbers:
        raise AskedWrongly(
            f"{output}: no entry names this file: it was not made here, or its entry is forgotten "
            f"already. `vivant journal list` shows all."
        )
    return numbers


def _tell_forgotten(numbers: Sequence[int], json: bool) -> None:
    if json:
        show_json({"forgotten": list(numbers)})
    else:
        told = ", ".join(map(str, numbers)) or "nothing: there is no such entry with content"
        print(f"forgotten: {told}")


def _export() -> None:
    """Run the command."""
    found = journal.read()
    _tell_problems(found)
    for line in journal.exported(found):
        print(line)


def _tell_problems(found: Journal) -> None:
    if found.problems:
        warn(f"the journal is not whole ({found.problems[0]}); see: vivant journal verify")


def _show(entries: Sequence[Entry], json: bool) -> None:
    if json:
        show_json({"entries": [entry.to_json() for entry in entries]})
        return
    if not entries:
        print("no entry")
        return
    heads = ("entry", "when", "output", "engine", "consent", "watermark", "sha256")
    show_columns([heads, *(_row(entry) for entry in entries)])


def _row(entry: Entry) -> tuple[str, ...]:
    facts, notes = entry.facts, entry.notes or {}
    if facts is None:
        return str(entry.number), "forgotten", "", "", "", "", ""
    told = (
        str(facts.get("when", ""))[:19],
        notes.get("output", ""),
        _part(facts, "engine").get("name", ""),
        _part(facts, "consent").get("kind", ""),
        facts.get("watermark") or "",
        str(facts.get("output", ""))[:_SHORT],
    )
    return str(entry.number), *(_printable(str(one)) for one in told)


def _part(facts: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    """Return a part of an entry's facts; empty where there is none of that shape."""
    part = (facts or {}).get(name)
    return part if isinstance(part, Mapping) else {}


def _printable(text: str) -> str:
    """Return a text that moves no cursor: of a name with such signs, as Python writes it."""
    return text if text.isprintable() else repr(text)[1:-1]
