"""Command lines written for the public script of the First Order Motion Model go on working."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from vivant import samples
from vivant.cli import dropin
from vivant.faces import crop as cropping
from vivant.marks import verify
from vivant.media import VideoReader, VideoWriter, read_image, write_image

torch = pytest.importorskip("torch", reason="learned engines need the extra learned")
pytest.importorskip("yaml", reason="configurations need the extra learned")

import originals  # noqa: E402

SIDE = 256


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """The words for a checkpoint, its configuration, a square picture and a square video."""
    folder = tmp_path_factory.mktemp("habit")
    checkpoint, config = originals.fomm(folder)
    hopper = read_image(samples.portrait())
    side = min(hopper.shape[:2])
    write_image(folder / "source.png", np.ascontiguousarray(hopper[:side, :side]))
    with (
        VideoReader(samples.driving(), end=Fraction(1, 4)) as reader,
        VideoWriter(folder / "driving.mp4", width=SIDE, height=SIDE, rate=Fraction(24)) as writer,
    ):
        for frame in reader:
            image = cropping.cut(frame.image, cropping.box_crop(265, 0, 360, SIDE), SIDE)
            writer.write(type(frame)(image, frame.index, frame.time))
    return {
        "--config": config,
        "--checkpoint": checkpoint,
        "--source_image": folder / "source.png",
        "--driving_video": folder / "driving.mp4",
    }


@pytest.fixture(autouse=True)
def _consenting(monkeypatch):
    monkeypatch.setenv("VIVANT_CONSENT", "historical")
    originals.inside(monkeypatch)


def words(given, *more):
    return [str(word) for pair in given.items() for word in pair if word != ""] + [
        str(word) for word in more
    ]


def drawn(given, out, *more):
    assert dropin.main(words(given, "--cpu", "--result_video", out, *more)) == 0
    with VideoReader(out) as reader:
        return [frame.image.astype(int) for frame in reader]


def test_the_publics_command_line_makes_a_marked_film(given, tmp_path):
    more = ("--relative", "--adapt_scale", "--cpu", "--result_video", "result.mp4")
    command = [sys.executable, "-m", "vivant.engines.fomm", *words(given, *more)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("result.mp4  ")
    with VideoReader(tmp_path / "result.mp4") as reader:
        frames = list(reader)
    assert frames[0].image.shape == (SIDE, SIDE, 3)
    found = verify(tmp_path / "result.mp4")
    assert (found.synthetic, found.intact) == (True, True)
    assert [path.name for path in tmp_path.iterdir()] == ["result.mp4"]


def test_the_film_is_what_the_networks_draw_of_both_pictures_whole(given, tmp_path):
    from vivant.engines.fomm import FommEngine, FommSettings
    from vivant.weights import store

    weights, _ = store.convert(
        given["--checkpoint"], ("fomm", "x"), tmp_path, config=given["--config"]
    )
    out = tmp_path / "out.mp4"
    frames = drawn(given, out, "--relative", "--adapt_scale")
    engine = FommEngine(FommSettings(weights=str(weights)))
    source = read_image(given["--source_image"])
    square = cropping.whole(*source.shape[:2], SIDE)
    encoded = engine.encode(cropping.face_crop(source, None, square, SIDE))
    with VideoReader(given["--driving_video"]) as reader:
        faces = [cropping.face_crop(frame.image, None, np.eye(3), SIDE) for frame in reader]
    motions = [engine.motion(face) for face in faces]
    assert len(frames) == len(faces)
    wanted = [engine.relative(encoded, motions[0], motion) for motion in motions]
    for shown, exact in zip(frames, engine.render(encoded, wanted), strict=True):
        apart = np.abs(shown - exact.image)[: SIDE // 2]  # the label lies below
        assert apart.mean() < 12  # what H.264 loses of noise


def test_every_option_that_says_how_changes_the_film(given, tmp_path):
    films = {
        how: drawn(given, tmp_path / "out.mp4", *how)[-1]
        for how in (
            (),
            ("--relative",),
            ("--relative", "--adapt_scale"),
            ("--relative", "--adapt_scale", "--best_frame", "3"),
        )
    }
    pictures = list(films.values())
    for number, picture in enumerate(pictures):
        for other in pictures[number + 1 :]:
            assert (picture != other).any()


def test_the_best_frame_is_found_by_the_faces(given, tmp_path, capsys, monkeypatch):
    from vivant.animation import likeness

    out = tmp_path / "out.mp4"
    found = likeness.most_alike(given["--source_image"], given["--driving_video"])
    image = drawn(given, out, "--relative", "--find_best_frame")[-1]
    assert f"Best frame: {found}\n" in capsys.readouterr().err
    again = drawn(given, out, "--relative", "--best_frame", found)[-1]
    assert np.abs(image - again).mean() < 4  # each film has a watermark of its own
    drawn(given, out, "--find_best_frame")
    assert "change nothing without --relative" in capsys.readouterr().err


def test_sound_goes_along_where_it_is_asked_for(given, tmp_path):
    import av

    given = {**given, "--driving_video": samples.driving()}
    for more, streams in (((), 0), (("--audio",), 1)):
        out = tmp_path / "out.mp4"
        asked = ("--relative", "--best_frame", "0", *more)
        # The whole sample would take long: the reader is told to end early by its own limit.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("vivant.animation.file.AnimateSettings", _brief)
            drawn(given, out, *asked)
        with av.open(str(out)) as film:
            assert len(film.streams.audio) == streams


def _brief(**settings):
    from vivant.animation.settings import AnimateSettings

    return AnimateSettings(**{**settings, "end": Fraction(1, 5)})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"--config": None}, "--config"),
        ({"--checkpoint": None}, "vox-cpk.pth.tar: there is no such file"),
        ({"--checkpoint": "no.pth.tar"}, "no.pth.tar: there is no such file"),
        ({"--best_frame": "-1"}, "counts from 0"),
        ({"--relative": "", "--best_frame": "5000"}, "--best_frame is at most 1000, got 5000"),
        ({"--best_frame": "first"}, "invalid int value: 'first'"),
        ({"--relativ_": "1"}, "unrecognized arguments"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(given, tmp_path, monkeypatch, capsys, change, told):
    monkeypatch.chdir(tmp_path)
    asked = {name: value for name, value in {**given, **change}.items() if value is not None}
    assert dropin.main(words(asked)) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.startswith("vivant: ")
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--checkpoint", "--config"])
def test_what_is_given_is_not_overwritten(given, tmp_path, capsys, option):
    copy = tmp_path / given[option].name
    copy.write_bytes(given[option].read_bytes())
    assert dropin.main(words({**given, option: copy}, "--cpu", "--result_video", copy)) == 2
    assert "the output is also an input" in capsys.readouterr().err
    assert copy.read_bytes() == given[option].read_bytes()


def test_a_damaged_checkpoint_fails_and_leaves_nothing(given, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.pth.tar").write_text("<html>not found</html>", encoding="utf-8")
    assert dropin.main(words({**given, "--checkpoint": "page.pth.tar"}, "--cpu")) == 1
    assert "page.pth.tar" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["page.pth.tar"]


def test_consent_is_asked_as_everywhere(given, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("VIVANT_CONSENT")
    monkeypatch.setenv("VIVANT_HOME", str(tmp_path / "home"))
    out = tmp_path / "out.mp4"
    assert dropin.main(words(given, "--cpu", "--result_video", out)) == 2
    assert "--consent" in capsys.readouterr().err
    assert not out.exists()
    broken = {**given, "--checkpoint": given["--source_image"]}
    assert dropin.main(words(broken, "--cpu", "--result_video", out)) == 2, "asked before reading"
    assert len(drawn(given, out, "--consent", "historical")) > 3
