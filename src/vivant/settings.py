"""Settings: frozen dataclasses that TOML files and the command line fill in.

A default stands in exactly one place, the dataclass; the string below a field
is its help text everywhere. Unknown keys are refused.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from vivant.errors import PathRefused, SettingsError, listed

T = TypeVar("T")


def fill(cls: type[T], values: Mapping[str, Any], where: str) -> T:
    """Build the settings dataclass `cls` from `values`.

    Args:
        cls: a dataclass whose fields all have defaults.
        values: field name to value; missing fields keep their defaults.
        where: names the origin in messages: a file or an option.

    Raises:
        SettingsError: a key is unknown (the nearest is offered) or a value refused.
    """
    known = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise SettingsError(
                f"{where}: unknown setting {key!r}; {hint}known: {listed(known) or 'none'}"
            )
    try:
        return cls(**values)
    except (TypeError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError(f"{where}: {error}") from error


def read(path: Path, cls: type[T]) -> T:
    """Build the settings dataclass `cls` from the TOML file at `path`.

    Raises:
        PathRefused: the file cannot be read.
        SettingsError: it is no TOML, or holds an unknown key or a refused value.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PathRefused(f"{path}: cannot read the settings: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error
    return fill(cls, data, str(path))
