"""`vivant journal`: what was marked on this computer, and whether that record is whole."""

# Without postponed annotations: the parser reads the options from the live signatures.

import json as plain
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from vivant.cli.output import Json, show_columns, show_json, warn
from vivant.errors import AskedWrongly
from vivant.marks import consent, journal, sha256_of, verify
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
where there is no such entry."""

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
    if not path.exists():
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
) -> None:
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
    numbers = list(journal.forget(_chosen(entry, portrait, output)))
    if portrait is not None:
        consent.forget(sha256_of(portrait))
    if json:
        show_json({"forgotten": numbers})
    else:
        told = ", ".join(map(str, numbers)) or "nothing: there is no such entry with content"
        print(f"forgotten: {told}")


def _chosen(
    entry: str | None, portrait: Path | None, output: Path | None
) -> Callable[[Entry], bool]:
    if portrait is not None:
        digest = sha256_of(portrait)
        return lambda one: digest in (one.facts or {}).get("ingredients", {}).values()
    if output is not None:
        numbers = {one.number for one in _entries_of(str(output))}
        return lambda one: one.number in numbers
    if entry is None or not _NUMBER.fullmatch(entry):
        raise AskedWrongly(f"an entry is told by its number, such as 3; got {entry!r}.")
    return lambda one: one.number == int(entry)


def _export() -> None:
    """Run the command."""
    found = journal.read()
    _tell_problems(found)
    for entry in found.entries:
        print(plain.dumps(entry.without_notes().to_json()))


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
    return (
        str(entry.number),
        str(facts.get("when", ""))[:19],
        str(notes.get("output", "")),
        str(facts.get("engine", {}).get("name", "")),
        str(facts.get("consent", {}).get("kind", "")),
        str(facts.get("watermark") or ""),
        str(facts.get("output", ""))[:_SHORT],
    )
