"""Packages that only some metrics want: imported when used, with advice where missing."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any, Final

from vivant.errors import MissingExtra

EXTRA: Final = "lab"
"""The extra that brings them all."""


def installed(*packages: str) -> bool:
    """Say whether all the packages are there, without importing them.

    >>> installed("numpy"), installed("no_such_package")
    (True, False)
    """
    return all(importlib.util.find_spec(package) is not None for package in packages)


def bring(package: str, purpose: str) -> Any:
    """Import a package.

    Args:
        package: name to import.
        purpose: what wants it, for the message.

    Raises:
        MissingExtra: it is not installed.

    >>> bring("no_such_package", "this example")
    Traceback (most recent call last):
    vivant.errors.MissingExtra: this example needs the package no_such_package: ...
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingExtra(
            f"{purpose} needs the package {package}: pip install 'vivant[{EXTRA}]'."
        ) from error
