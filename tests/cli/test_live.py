"""`vivant live`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vivant import samples
from vivant.cli import main
from vivant.cli.live import places
from vivant.errors import AskedWrongly

PORTRAIT = str(samples.portrait())
DRIVER = str(samples.driving())


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVANT_CONSENT", "historical")


def test_the_benchmark_tells_what_programs_wait_for(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyvirtualcam", reason="the extra live is not installed")
    assert main(["live", PORTRAIT, "--canvas", "256x300", "--benchmark", DRIVER, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {
        "latency_ms_median", "latency_ms_p95", "latency_ms_p99", "dropped_share",
        "frames_per_second", "cpu_share", "rss_mb_start", "rss_mb_end",
    } <= set(told)  # fmt: skip
    assert 0 < told["latency_ms_median"] <= told["latency_ms_p95"] <= told["latency_ms_p99"]
    assert told["shown"] + round(told["dropped_share"] * told["frames"]) == told["frames"]
    assert told["failures"] == 0


def test_a_file_is_shown_and_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "lesson.mp4"
    words = ["live", PORTRAIT, "--canvas", "128x152", "--camera", DRIVER, "--to", "record"]
    assert main([*words, str(out)]) == 0
    assert "recording to" in capsys.readouterr().err
    assert main(["verify", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["synthetic"] is True


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--camera", "http://host/stream", "--to", "record", "a.mp4"], "network are refused"),
        (["--to", "nowhere"], "window, virtual, record FILE"),
        (["--to", "record"], "wants a file"),
        (["--to", "virtual", "virtual"], "can be had once"),
        (["--label", "off", "--label-off-reason", "x"], "cannot be switched off here"),
        (["--camera-size", "big", "--to", "record", "a.mp4"], "WIDTHxHEIGHT"),
        (["--minutes", "2"], "--benchmark FILE"),
        (["--json"], "--benchmark FILE"),
    ],
)
def test_what_is_asked_wrongly_is_told(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["live", PORTRAIT, *words]) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_missing_camera_fails_with_advice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["live", PORTRAIT, "--camera", "63", "--to", "record", str(tmp_path / "a.mp4")]
    assert main(words) == 1
    assert "camera 63: cannot be opened" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_several_places_can_be_named_at_once() -> None:
    found = places(["window", "record", "a.mp4", "record", "b.webm"])
    assert [place.kind for place in found] == ["window", "record", "record"]
    with pytest.raises(AskedWrongly):
        places(["record", "virtual"])
