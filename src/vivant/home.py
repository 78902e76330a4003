"""The folder of what belongs to one user: keys, consents and added model files."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """Return the folder of the user's vivant data; it need not exist yet.

    It is the variable `VIVANT_HOME` where that is set, else the platform's folder
    for user data.
    """
    given = os.environ.get("VIVANT_HOME")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("vivant", appauthor=False))
