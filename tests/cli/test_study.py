from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import pytest

from vivant import samples
from vivant.media import VideoReader, VideoWriter
from vivant.types import Frame


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with seven frames of the sample driver."""
    folder = tmp_path_factory.mktemp("clips")
    with (
        VideoReader(samples.driving(), end=Fraction(1)) as reader,
        VideoWriter(folder / "speaker.mp4", width=192, height=192, rate=Fraction(24)) as writer,
    ):
        for frame in [*reader][:21:3]:
            image = cv2.resize(frame.image[:, 240:600], (192, 192), interpolation=cv2.INTER_AREA)
            writer.write(Frame(image, frame.index // 3, Fraction(frame.index // 3, 24)))
    return folder


def test_a_study_prints_what_it_found_and_writes_its_results(run, clips, tmp_path):
    out = tmp_path / "out"
    words = ("study", "self", "--clips", clips, "--out", out, "--last", 6, "--no-faces")
    ran = run(*words)
    assert ran.code == 0
    assert ran.out.startswith("# Self-reenactment")
    assert "1/1  speaker" in ran.err
    assert "report.html" in ran.err
    assert "not measured" not in ran.err  # nobody asked for what --no-faces leaves out
    again = run(*words)
    assert again.out == ran.out
    assert "1/1" not in again.err  # done already
    assert "1/1  speaker" in run(*words, "--afresh").err
    assert run("study", "compare", out, out / "results.json").code == 2  # the same twice
    (tmp_path / "other").mkdir()
    copy = tmp_path / "other" / "out"
    copy.mkdir()
    (copy / "results.json").write_bytes((out / "results.json").read_bytes())
    table = run("study", "compare", out, copy)
    assert table.code == 0
    assert "| other/out |" in table.out
    assert "| results |" in table.out
    assert set(run("study", "compare", out, "--json").data["summary"]) == {"out", "still (of out)"}


def test_json_repeats_the_results_and_settings_of_the_engine_reach_it(run, clips, tmp_path):
    words = ("study", "self", "--clips", clips, "--last", 6, "--no-faces", "--json")
    moved = run(*words, "--out", tmp_path / "a", "--absolute").data
    stiff = run(*words, "--out", tmp_path / "b", "--mesh.strength", 0).data
    assert moved["engines"][0]["settings"] == {}
    assert moved["settings"]["relative"] is False
    assert stiff["engines"][0] == {
        "label": "mesh (strength 0.0)", "name": "mesh", "settings": {"strength": 0.0},
        "licence": "Apache-2.0",
    }  # fmt: skip
    means = {label: own["l1"]["mean"] for label, own in stiff["summary"].items()}
    assert means["mesh (strength 0.0)"] == pytest.approx(means["still"], rel=0.05)
    assert moved["summary"]["mesh"]["l1"]["mean"] < means["still"]


def test_several_engines_are_measured_in_one_run(run, clips, tmp_path):
    words = ("study", "self", "--clips", clips, "--last", 6, "--no-faces", "--json")
    ran = run(*words, "--out", tmp_path / "a", "--engine", "still,mesh", "--mesh.light", 0).data
    assert [engine["label"] for engine in ran["engines"]] == ["still", "mesh (light 0.0)"]
    assert [row["engine"] for row in ran["rows"]] == ["still", "mesh (light 0.0)"]
    assert {one["metric"] for one in ran["comparisons"]} >= {"l1", "psnr", "ssim"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["self", "--clips", "{empty}", "--out", "{out}"], "no clips in it"),
        (["self", "--clips", "{empty}/none", "--out", "{out}"], "no such folder"),
        (["self", "--clips", "{clips}", "--out", "{clips}"], "inputs"),
        (["self", "--clips", "{clips}", "--out", "{clips}/speaker.mp4"], "a file"),
        (["self", "--clips", "{clips}"], "--out is missing"),
        (["self", "--clips", "{clips}", "--out", "{out}", "--engine", "mehs"], "did you mean"),
        (["self", "--clips", "{clips}", "--out", "{out}", "--step", "0"], "step"),
        (["compare"], "name the folders"),
        (["compare", "{empty}"], "cannot read"),
        (["compare", "{clips}/speaker.mp4"], "not the results"),
    ],
)
def test_what_is_asked_wrongly_is_told_with_code_2(run, clips, tmp_path, words, told):
    (tmp_path / "empty").mkdir()
    places = {"clips": clips, "empty": tmp_path / "empty", "out": tmp_path / "out"}
    ran = run("study", *(word.format(**places) for word in words))
    assert ran.code == 2
    assert told in ran.err
    assert not ran.out
    assert not (tmp_path / "out").exists()


def test_cross_takes_portraits_and_drivers(run, clips, tmp_path):
    words = ("study", "cross", "--portraits", samples.portrait().parent, "--drivers", clips)
    out = tmp_path / "out"
    ran = run(*words, "--out", out, "--frames", 4, "--size", 192, "--sheets", 0, "--json")
    assert ran.code == 0
    assert ran.data["study"] == "cross"
    assert ran.data["extra"]["mesh"]["pairs"] == 1
    assert not (out / "sheets").exists()
    ran = run(*words, "--out", samples.portrait().parent)
    assert ran.code == 2
    assert "inputs" in ran.err
    assert run("study", "compare", out).code == 0


def test_speed_takes_the_samples_where_nothing_is_given(run, tmp_path):
    words = ("--frames", 12, "--sizes", 128, "--threads", 1, "--rounds", 1, "--json")
    ran = run("study", "speed", "--engine", "mesh,still", "--out", tmp_path / "out", *words)
    assert ran.code == 0
    mesh, still = ran.data["extra"]["cases"]
    assert (mesh["engine"], mesh["size"], mesh["threads"]) == ("mesh", 128, 1)
    assert mesh["frames_per_second"]["median"] > 0
    assert set(mesh["stages_ms"]) == {"track", "motion", "relative", "render", "paste", "label"}
    assert still["stages_ms"]["render"] < mesh["stages_ms"]["render"]
    assert "From file to file" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_set_is_rebuilt_from_a_list(run, clips, tmp_path):
    listing = tmp_path / "list.csv"
    row = f"a.mp4,somebody/films,{'0' * 40},speaker.mp4,16,3"
    listing.write_text(
        f"file,origin_repo,commit,origin_path,size,frames\n{row}\n", encoding="utf-8"
    )
    home = tmp_path / "origins" / "somebody" / "films"
    home.mkdir(parents=True)
    (home / "speaker.mp4").write_bytes((clips / "speaker.mp4").read_bytes())
    words = ("study", "manifest", listing, "--out", tmp_path / "set")
    assert run(*words).code == 2  # neither --origins nor --fetch
    ran = run(*words, "--origins", tmp_path / "origins")
    assert ran.code == 1
    assert "--unknown" in ran.err
    ran = run(*words, "--origins", tmp_path / "origins", "--unknown", "--json")
    assert ran.data == {"made": 1, "there": 0, "failed": []}
    assert (tmp_path / "set" / "MANIFEST.csv").is_file()
