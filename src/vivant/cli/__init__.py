"""The command line: parse, call, show.

One module a command, imported only when that command runs, so that help comes
quickly. Results go to stdout, everything else to stderr. Exit codes: 0 done, 1
failed, 2 asked wrongly, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import vivant
from vivant.errors import AskedWrongly, VivantError

if TYPE_CHECKING:
    from cyclopts import App

COMMANDS: Final = {
    "animate": "Make a portrait move as the person in a video does.",
    "live": "Speak through a portrait: camera in, living portrait out.",
    "inspect": "Say which faces a picture or video shows and how well they would do.",
    "verify": "Say who made a file, from what, and whether it was changed since.",
    "journal": "See, check and forget what was marked on this computer.",
    "detect": "Say how much the face in a file looks drawn: a hint, not a proof.",
    "motion": "Record what a face does, and play it on any portrait.",
    "study": "Measure how well an engine does, on folders of clips and pictures.",
    "score": "Measure one clip or picture against another, by every metric.",
    "engines": "List what can draw a portrait, and what each needs.",
    "weights": "Add the files that learned engines need; list, check and remove them.",
    "doctor": "Check what this computer can do.",
    "completion": "Print the script that completes commands with the Tab key.",
}
"""Command to its line in `vivant --help`; the module of the same name has `app()`."""

DONE: Final = 0
FAILED: Final = 1
ASKED_WRONGLY: Final = 2
INTERRUPTED: Final = 130

_INTRODUCTION: Final = """\
One portrait and one video give a living portrait, marked as AI-generated.

First try:     vivant animate --demo
Your own:      vivant animate portrait.jpg talk.mp4 -o result.mp4"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Args:
        arguments: the words after `vivant`; without them, the program's own.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    return guarded(lambda: _run(words))


def guarded(work: Callable[[], int]) -> int:
    """Do the work of a command; return its exit code, or tell in one line what went wrong."""
    for stream in (sys.stdout, sys.stderr):  # a file may have a name that the terminal cannot show
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = work()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return _complain("interrupted; nothing was written.", INTERRUPTED)
    except AskedWrongly as error:
        return _complain(str(error), ASKED_WRONGLY)
    except VivantError as error:
        return _complain(str(error), FAILED)
    except Exception as error:  # noqa: BLE001 - the outermost place: a fault ends in one line too
        fault = f"a fault of vivant itself: {type(error).__name__}: {error}."
        return _complain(f"{fault} VIVANT_DEBUG=1 shows where.", FAILED)
    return code


def _complain(message: str, code: int) -> int:
    from vivant.cli.output import shown

    if os.environ.get("VIVANT_DEBUG"):
        traceback.print_exc()
    for number, line in enumerate(message.split("\n")):  # names of files may hold anything
        print("" if number else "vivant: ", shown(line, 5000), sep="", file=sys.stderr)
    return code


def _run(words: list[str]) -> int:
    from cyclopts import CycloptsError

    from vivant.cli.usage import explained

    command = words[0] if words and words[0] in COMMANDS else ""
    root = program(words, [command] if command else [])
    try:
        call, bound, _ = root.parse_args(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise AskedWrongly(explained(error, command)) from error
    except ValueError as error:  # refused by a settings class
        raise AskedWrongly(str(error)) from error
    code = call(*bound.args, **bound.kwargs)
    return code if isinstance(code, int) else DONE


def _shown(default: object) -> str | None:
    """Return a default for the help; what is not given or off is not worth a word."""
    if default is None or default is False:
        return None
    return "on" if default is True else str(default)


def program(words: Sequence[str], commands: Sequence[str]) -> App:
    """Build the program with the given commands in full and the others by their help line.

    Args:
        words: the whole command line; some commands' options depend on it.
        commands: keys of `COMMANDS` to load.
    """
    from cyclopts import App, Parameter

    root = App(
        name="vivant",
        help=_INTRODUCTION,
        help_format="plaintext",
        help_epilogue="More on a command:  vivant COMMAND --help",
        version=f"vivant {vivant.__version__}",
        default_parameter=Parameter(negative=(), show_default=_shown),
        suppress_keyboard_interrupt=False,
        result_action="return_value",
    )
    for name, line in COMMANDS.items():
        if name in commands:
            root.command(importlib.import_module(f"vivant.cli.{name}").app(line, words), name=name)
        else:
            root.command(App(name=name, help=line))
    return root
