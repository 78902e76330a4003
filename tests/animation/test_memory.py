from __future__ import annotations

import subprocess
import sys

import pytest

from vivant.animation.memory import PeakMemory


@pytest.mark.skipif(sys.platform != "linux", reason="children are counted on Linux only")
def test_a_child_is_counted_as_long_as_it_was_seen_alive() -> None:
    alone = PeakMemory().mb
    assert alone is not None
    code = "hoard = bytearray(80_000_000); print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        memory = PeakMemory()
        memory.sample()
        child.communicate("\n")
    assert memory.mb is not None
    assert 80 < memory.mb - alone < 140
