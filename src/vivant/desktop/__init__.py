"""Windows on a desktop; needs the extra `desktop` (Qt)."""

from __future__ import annotations

from vivant.errors import MissingExtra


def needs_desktop() -> None:
    """Raise `MissingExtra` where the package of the extra `desktop` cannot be used."""
    try:
        from PySide6 import QtWidgets  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            f"a window needs Qt: pip install 'vivant[desktop]' ({error}). Without it, show the "
            f"portrait to other programs with --to virtual, or keep it with --to record FILE."
        ) from error
