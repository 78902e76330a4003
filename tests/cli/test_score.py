from __future__ import annotations

import re
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vivant import samples
from vivant.media import VideoReader, VideoWriter, write_image
from vivant.metrics import efficientnet
from vivant.metrics.catalogue import DISTRIBUTION, METRICS, PICTURE
from vivant.studies.judge import FRAME
from vivant.studies.score import TIME
from vivant.types import Frame


def picture(seed: int, side: int = 180) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    waves = [120 + 90 * np.sin((x * (c + 1) + y * seed) / 20) for c in range(3)]
    return np.stack(waves, axis=-1).astype(np.uint8)


def noisy(image: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 10, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures, folders of them, and a video, of the same three frames and of changed ones."""
    folder = tmp_path_factory.mktemp("inputs")
    for name, change in (("true", lambda image: image), ("drawn", noisy)):
        (folder / name).mkdir()
        for number in (1, 2, 10):  # by name alone, 10 would come before 2
            write_image(folder / name / f"frame_{number}.png", change(picture(number)))
    write_image(folder / "small.png", picture(1)[:30, :30])
    write_image(folder / "black.png", np.zeros_like(picture(1)))
    (folder / "short").mkdir()
    write_image(folder / "short" / "frame_1.png", picture(1))
    (folder / "empty").mkdir()
    with VideoWriter(folder / "true.mp4", width=180, height=180, rate=Fraction(25)) as writer:
        for index, number in enumerate((1, 2, 10)):
            writer.write(Frame(picture(number), index, Fraction(index, 25)))
    return folder


def test_every_metric_is_scored_or_told_why_not(run, inputs):
    found = run("score", inputs / "drawn", inputs / "true", "--json").data
    assert found["frames"] == 3
    assert (found["width"], found["height"]) == (180, 180)
    assert set(PICTURE) <= set(found)
    for name, cls in METRICS.items():
        if name in found:
            assert found[name]["unit"] == cls.unit
            assert found[name]["higher_is_better"] == cls.higher_is_better
            assert isinstance(found[name]["value"], float)
        elif name in found["not_measured"]:
            assert found["not_measured"][name].endswith(".")
    assert "1281 frames" in found["not_measured"]["frechet_efficientnet_lite0"] or (
        not efficientnet.available()
    )
    assert "docs/metrics.md" in found["not_measured"]["lpips"]
    assert found["lossy"] == []


def test_the_page_on_metrics_names_every_metric_of_a_score():
    told = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    names = (*FRAME, *TIME, *DISTRIBUTION, "missed", "lpips")
    assert not [name for name in names if f"`{name}`" not in told]


def test_the_numbers_are_those_of_the_frames_in_order_on_the_scales_of_the_contract(run, inputs):
    found = run("score", inputs / "drawn", inputs / "true", "--no-faces", "--json").data
    away = [noisy(picture(n)).astype(float) - picture(n) for n in (1, 2, 10)]
    assert found["mse"]["value"] == pytest.approx(np.mean(np.square(away)))
    assert found["l1"]["value"] == pytest.approx(np.mean(np.abs(away)) / 255)
    roots = [np.sqrt(np.square(each).mean()) for each in away]
    assert found["rmse"]["value"] == pytest.approx(np.mean(roots))


def test_people_read_a_line_a_metric(run, inputs):
    ran = run("score", inputs / "drawn" / "frame_1.png", inputs / "true" / "frame_1.png")
    assert ran.code == 0
    assert ran.out.startswith("1 frame  180x180\n")
    assert "higher is better" in next(line for line in ran.out.splitlines() if " ssim " in line)
    assert "not measured: lpips: " in ran.out
    assert ran.err == ""


def test_equal_frames_have_no_finite_psnr_and_the_rest_is_best(run, inputs):
    found = run("score", inputs / "true", inputs / "true", "--no-faces", "--json").data
    assert found["not_measured"]["psnr"] == "infinite: 3 of 3 frames equal their reference."
    assert found["mse"]["value"] == 0
    assert found["ssim"]["value"] == pytest.approx(1)


def test_what_has_no_value_on_some_frames_is_told(run, inputs, tmp_path):
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    write_image(mixed / "a.png", picture(1))
    write_image(mixed / "b.png", np.zeros_like(picture(1)))
    found = run(
        "score", inputs / "drawn" / "frame_1.png", inputs / "black.png", "--no-faces", "--json"
    ).data
    assert "black throughout" in found["not_measured"]["rase"]
    found = run("score", mixed, mixed, "--no-faces", "--json").data
    assert found["rase"]["frames"] == 1
    assert found["mse"]["frames"] == 2


def test_small_pictures_are_measured_by_what_takes_them(run, inputs):
    found = run("score", inputs / "small.png", inputs / "small.png", "--no-faces", "--json").data
    assert "at least 161x161" in found["not_measured"]["ms_ssim"]
    assert "at least 41x41" in found["not_measured"]["vif"]
    assert found["uqi"]["value"] == pytest.approx(1)


def test_a_score_of_a_coded_video_is_told_once_to_include_the_codec(run, inputs):
    ran = run("score", inputs / "true.mp4", inputs / "true", "--no-faces", "--json")
    assert ran.err.count("coded with loss") == 1
    assert "true.mp4" in ran.err
    assert ran.data["lossy"] == [str(inputs / "true.mp4")]
    assert ran.data["frames"] == 3
    assert ran.data["psnr"]["value"] > 20


@pytest.mark.parametrize(
    ("generated", "reference", "told"),
    [
        ("small.png", "black.png", "30x30 pixels .* 180x180"),
        ("short", "true", "short ends after 1 frame .* goes on"),
        ("true", "short", "short ends after 1 frame .* goes on"),
        ("none.png", "true", "none.png"),
        ("empty", "true", "no pictures in it"),
    ],
)
def test_what_cannot_be_compared_is_asked_wrongly(run, inputs, generated, reference, told):
    ran = run("score", inputs / generated, inputs / reference, "--no-faces")
    assert ran.code == 2
    assert ran.out == ""
    assert re.search(told, ran.err)


def test_faces_are_measured_where_they_are_seen_and_left_out_where_not_asked_for(run, tmp_path):
    with VideoReader(samples.driving(), end=Fraction(1)) as reader:
        frames = [frame.image[60:330, 240:600] for frame in reader][:9:4]
    for name, change in (("true", lambda image: image), ("drawn", noisy)):
        (tmp_path / name).mkdir()
        for index, image in enumerate(frames):
            write_image(tmp_path / name / f"{index}.png", change(image))
    found = run("score", tmp_path / "drawn", tmp_path / "true", "--json").data
    assert found["pose_error"]["frames"] == 3
    assert found["pose_error"]["value"] < 5
    assert found["flicker"]["value"] > 0
    same = run("score", tmp_path / "true", tmp_path / "true", "--json").data
    assert same["pose_error"]["value"] == 0
    assert same["expression_distance"]["value"] == 0
    words = ("score", tmp_path / "drawn", tmp_path / "true", "--no-faces")
    pixels = run(*words, "--json").data
    assert pixels["vif"] == found["vif"]
    assert pixels["not_measured"]["pose_error"] == "not asked for."
    assert "not asked for" not in run(*words).out


def test_frames_in_which_the_drawn_face_is_lost_are_told_and_counted_out(run, tmp_path):
    with VideoReader(samples.driving(), end=Fraction(1)) as reader:
        frames = [frame.image[60:330, 240:600] for frame in reader][:15:3]
    for name in ("true", "drawn"):
        (tmp_path / name).mkdir()
        for index, image in enumerate(frames):
            lost = name == "drawn" and index == 2
            write_image(tmp_path / name / f"{index}.png", np.zeros_like(image) if lost else image)
    found = run("score", tmp_path / "drawn", tmp_path / "true", "--json").data
    assert found["missed"] == {
        "value": 0.2, "unit": "0..1", "higher_is_better": False, "frames": 5,
    }  # fmt: skip
    assert found["expression"]["frames"] == found["action_unit_presence"]["frames"] == 4
    assert found["action_unit_presence"]["value"] == 1
    assert found["flicker"]["frames"] == found["flicker_floor"]["frames"] == 5
    assert 0 < found["flicker_floor"]["value"] < found["flicker"]["value"]
    assert set(found["blinks"]) == {"hit", "false", "missed"}
    if not any(found["blinks"].values()):
        assert found["not_measured"]["blink_agreement"] == "neither face blinks."
    assert run("score", tmp_path / "true", tmp_path / "true", "--no-faces", "--json").data[
        "blinks"
    ] is None  # fmt: skip
    shown = run("score", tmp_path / "drawn", tmp_path / "true").out
    assert "of 4 frames" in next(line for line in shown.splitlines() if " expression " in line)
    assert " missed " in shown


def test_what_the_user_added_is_used(run, inputs, tmp_path, monkeypatch):
    shutil.copytree(Path(__file__).parents[1] / "metrics" / "added", tmp_path / "weights")
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path))
    found = run("score", inputs / "drawn", inputs / "true", "--json").data
    away = [(noisy(picture(n)).astype(float) - picture(n)) / 127.5 for n in (1, 2, 10)]
    assert found["lpips"]["value"] == pytest.approx(np.mean(np.square(away)), rel=1e-4)
    assert "2049 frames" in found["not_measured"]["fid_inception"]
