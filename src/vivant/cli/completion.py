"""`vivant completion`: the script that lets the Tab key finish words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from cyclopts import App

EXAMPLES: Final = """\
Examples:
  For the shell bash, from the next terminal on:
    vivant completion bash > ~/.local/share/bash-completion/completions/vivant

  For the shell fish:
    vivant completion fish > ~/.config/fish/completions/vivant.fish"""


def app(line: str, words: Sequence[str]) -> App:
    """Build the command."""

    def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
        """Run the command.

        Args:
            shell: the program that reads your commands.
        """
        from vivant.cli import COMMANDS, program

        print(program([], list(COMMANDS)).generate_completion(prog_name="vivant", shell=shell))

    command = App(name="completion", help=line, help_epilogue=EXAMPLES)
    command.default(completion)
    return command
