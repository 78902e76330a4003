"""Credentials are parsed in a child: what happens to it is an answer about the file."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vivant.confined import Worker
from vivant.errors import DamagedMedia
from vivant.marks import reading, sign, verify
from vivant.marks._child import _nothing_opened

DYING = "import os, sys; sys.stdin.readline(); os._exit(11)"
HANGING = "import time; time.sleep(600)"


@pytest.fixture(params=[DYING, HANGING])
def unlucky(request, tmp_path, monkeypatch) -> None:
    """The child crashes or hangs on every file."""
    (tmp_path / "unlucky_child.py").write_text(request.param)
    monkeypatch.syspath_prepend(str(tmp_path))
    worker = Worker("unlucky_child")
    monkeypatch.setattr(reading, "_worker", lambda: worker)
    monkeypatch.setattr(reading, "_PATIENCE", 0.5)


def test_a_file_at_which_the_library_crashes_or_hangs_has_unreadable_credentials(
    media, claim, tmp_path, unlucky
):
    sign(media / "still.png", tmp_path / "out.png", claim)
    found = verify(tmp_path / "out.png")
    assert found.broken
    assert "cannot be read" in found.problems[0]


def test_a_file_without_credentials_at_which_it_crashes_or_hangs_is_damaged(media, unlucky):
    with pytest.raises(DamagedMedia, match="the process that read them"):
        reading.read(media / "still.png")
    found = verify(media / "still.png")
    assert found.intact is None
    assert "the process that read them" in found.problems[0]


def test_verify_never_loads_the_library_itself(media, claim, tmp_path):
    sign(media / "still.png", tmp_path / "out.png", claim)
    code = (
        "import sys; from vivant.marks import verify; "
        f"print(verify({str(tmp_path / 'out.png')!r}).intact, 'c2pa' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "False"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX counts what is open")
def test_while_the_library_looks_at_a_file_nothing_can_be_opened():
    code = (
        "import socket\n"
        "from vivant.marks._child import _nothing_opened\n"
        "with _nothing_opened():\n"
        "    for act in (socket.socket, lambda: open('/dev/null')):\n"
        "        try: act()\n"
        "        except OSError as error: print(error.errno)\n"
        "open('/dev/null').close(); socket.socket().close(); print('open again')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[:3] == ["24", "24", "open again"]
    assert _nothing_opened


def test_verify_needs_no_connection(signed, monkeypatch):
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert verify(signed).intact


def test_a_name_with_odd_characters_reaches_the_child(media, claim, tmp_path):
    odd = tmp_path / "ein Bild\nmit Ümläuten 'und' \"mehr\".png"
    try:
        sign(media / "still.png", odd, claim)
    except OSError:
        pytest.skip("this file system has no such names")
    assert verify(odd).intact


@pytest.mark.skipif(os.name != "posix", reason="relative to a folder that is left")
def test_a_relative_name_means_the_folder_of_the_caller(media, claim, tmp_path, monkeypatch):
    verify(media / "still.png")  # the child has started elsewhere
    sign(media / "still.png", tmp_path / "out.png", claim)
    monkeypatch.chdir(tmp_path)
    assert verify(Path("out.png")).intact
