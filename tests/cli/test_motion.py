from __future__ import annotations

import csv

import pytest

from vivant import samples
from vivant.marks import verify

SHORT = ("--frame", "crop", "--size", "128", "--consent", "historical")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory):
    from vivant.cli import main

    path = tmp_path_factory.mktemp("recordings") / "greeting.npz"
    words = ["motion", "record", samples.driving(), "-o", path, "--to", "0.3"]
    assert main([str(word) for word in words]) == 0
    return path


def test_record_tells_what_it_made(run, tmp_path):
    out = tmp_path / "hello.npz"
    words = ("motion", "record", samples.driving(), "-o", out, "--to", "0.2")
    ran = run(*words, "--name", "greeting", "--origin", "W. Langer", "--licence", "CC0-1.0")
    assert ran.code == 0
    assert ran.out == f"{out}  greeting  0.2 s  23.98 fps  0 faces missed  CC0-1.0\n"
    data = run(*words, "--json").data
    assert (data["name"], data["origin"], data["licence"]) == ("hello", "", "")
    assert data["frames"] == 5
    assert [path.name for path in tmp_path.iterdir()] == ["hello.npz"]


def test_play_gives_a_marked_video(run, recording, tmp_path):
    out = tmp_path / "out.mp4"
    ran = run("motion", "play", samples.portrait(), recording, "-o", out, *SHORT)
    assert ran.code == 0
    assert ran.out.startswith(f"{out}  8 frames  23.98 fps")
    assert verify(out).synthetic
    assert verify(out).intact


def test_play_goes_round_for_as_long_as_is_asked(run, recording, tmp_path):
    out = tmp_path / "out.mp4"
    words = ("motion", "play", samples.portrait(), recording, "-o", out, "--seconds", "0.5")
    data = run(*words, *SHORT, "--json").data
    assert data["frames"] == 12
    assert data["audio"] is None


def test_animate_takes_a_recording_too(run, recording, tmp_path):
    out = tmp_path / "out.gif"
    ran = run("animate", samples.portrait(), recording, "-o", out, "--to", "0.1", *SHORT, "--json")
    assert ran.data["frames"] == 3


def test_list_says_what_is_in_recordings(run, recording):
    (found,) = run("motion", "list", recording, "--json").data["performances"]
    assert found["path"] == str(recording)
    assert (found["frames"], found["faces_missed"]) == (8, 0)
    assert "greeting" in run("motion", "list", recording).out


def test_list_names_what_vivant_brings(run):
    rows = run("motion", "list").out.splitlines()
    assert [row.split()[0] for row in rows][:3] == ["rest", "nod", "shake"]
    found = run("motion", "list", "--json").data["performances"]
    assert {item["name"] for item in found} >= {"smile", "talk", "surprise", "blink"}
    assert all(item["shows"] and item["licence"] == "Apache-2.0" for item in found)


def test_play_takes_a_name_and_sliders_and_gives_a_picture(run, tmp_path):
    out = tmp_path / "smiles.png"
    words = ("motion", "play", samples.portrait(), "rest", "-o", out, *SHORT)
    ran = run(*words, "--set", "smile=0.7,yaw=-5", "--set", "eyes=0.4", "--json")
    assert ran.code == 0
    assert ran.data["frames"] == 1
    assert verify(out).synthetic
    assert run(*words, "--set", "smile=7").code == 2
    assert "NAME=VALUE" in run(*words, "--set", "smile").err


def test_export_writes_one_row_a_frame(run, recording, tmp_path):
    out = tmp_path / "greeting.csv"
    assert run("motion", "export", recording, "-o", out).code == 0
    with out.open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert len(rows) == 8
    assert {len(row) for row in rows} == {len(head)}
    assert 0 <= float(rows[3][head.index("jawOpen")]) <= 1
    assert abs(float(rows[0][head.index("yaw")])) < 30


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["record", "talk.mp4"], "-o greeting.npz"),
        (["record"], "DRIVING is missing"),
        (["export", "x.npz"], "-o greeting.csv"),
        (["play", "a.png", "gone.npz", "-o", "x.mp4"], "gone.npz: there is no such file"),
        (["record", "talk.mp4", "-o", "talk.mp4"], "also an input"),
        (["list", "gone.npz"], "there is no such file"),
        (["play", "a.png", "smiel", "-o", "x.mp4"], "did you mean 'smile'"),
        (["plai"], "play"),
    ],
)
def test_a_wrong_command_line_is_told(run, words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = run("motion", *words)
    assert ran.code == 2
    assert said in ran.err
    assert not list(tmp_path.iterdir())


def test_a_play_without_an_output_says_how(run, recording):
    ran = run("motion", "play", samples.portrait(), recording, *SHORT)
    assert ran.code == 2
    assert "-o result.mp4" in ran.err


def test_a_recording_is_never_overwritten_by_its_own_result(run, recording):
    before = recording.read_bytes()
    for words in (("export", recording), ("play", samples.portrait(), recording)):
        ran = run("motion", *words, "-o", recording)
        assert ran.code == 2
        assert "also an input" in ran.err
    assert recording.read_bytes() == before


def test_damaged_recordings_are_told_with_code_1(run, tmp_path, recording):
    broken = tmp_path / "broken.npz"
    broken.write_bytes(recording.read_bytes()[:-50])
    for words in (("list", broken), ("export", broken, "-o", tmp_path / "x.csv")):
        ran = run("motion", *words)
        assert ran.code == 1
        assert "broken.npz" in ran.err


def test_a_recording_where_a_picture_or_video_is_wanted_is_told(run, recording, tmp_path):
    for words in (("inspect", recording), ("motion", "record", recording, "-o", tmp_path / "x")):
        ran = run(*words)
        assert ran.code == 2
        assert "vivant motion list greeting.npz" in ran.err
