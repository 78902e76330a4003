"""Settings: frozen dataclasses that TOML files and the command line fill in.

A default stands in exactly one place, the dataclass; the string below a field
is its help text everywhere. Unknown keys are refused.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Iterator, Mapping
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


def described(cls: type[T], config: Mapping[str, Any], where: str) -> T:
    """Build the dataclass `cls` from a configuration that also tells how something was made.

    Keys that are no field of `cls` (seeds, dates, measured differences) are left out. One that
    is written almost like a field is taken for a mistake, not for a record.

    Args:
        cls: a dataclass whose fields all have defaults.
        config: name to value, as parsed from JSON or YAML.
        where: names the origin in messages.

    Raises:
        SettingsError: a key is nearly that of a field, or a value is refused.
    """
    known = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    for key in config:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.8)
        if key not in known and near and near[0] not in config:
            raise SettingsError(
                f"{where}: unknown option {key!r}; did you mean {near[0]!r}? known: {listed(known)}"
            )
    return fill(cls, {key: config[key] for key in known if key in config}, where)


def sections(
    config: Mapping[str, Any], names: tuple[str, ...], where: str
) -> Iterator[dict[str, Any]]:
    """Yield the named sections of a configuration, in that order; a missing one is empty.

    Other keys are left out as in `described`.

    Raises:
        SettingsError: a key is nearly that of a section, or a section holds no options by name.
    """
    for key in config:
        near = difflib.get_close_matches(key, names, n=1, cutoff=0.8)
        if key not in names and near and near[0] not in config:
            raise SettingsError(f"{where}: unknown section {key!r}; did you mean {near[0]!r}?")
    for name in names:
        section = config.get(name, {})
        if not isinstance(section, Mapping):
            raise SettingsError(
                f"{where}.{name} must hold options by name, got {type(section).__name__}"
            )
        yield dict(section)


def check_counts(options: object, *names: str) -> None:
    """Refuse fields that are no whole numbers of 1 or more.

    Raises:
        SettingsError: one is something else.
    """
    for name in names:
        value = getattr(options, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise SettingsError(
                f"{type(options).__name__}.{name} must be a whole number from 1, got {value!r}"
            )
