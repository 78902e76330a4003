"""Every learned engine from the files of its authors' form to a marked film, by commands alone.

The weights are small and drawn by chance: pictures are noise, all else is real.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from vivant import samples
from vivant.media import VideoReader, read_image, write_image

torch = pytest.importorskip("torch", reason="learned engines need the extra learned")
pytest.importorskip("yaml", reason="configurations need the extra learned")

import originals  # noqa: E402

SHORT = ("--to", "0.2", "--frame", "crop")
FRAMES = 5
SIDE = {"fomm": 256, "fpn": 128, "ganimation": 128, "glow": 32, "liveportrait": 128}
LABEL_OFF = ("--label", "off", "--label-off-reason", "a test")


@pytest.fixture(scope="module", params=originals.WRITE)
def added(request, tmp_path_factory):
    """Name of an engine whose weights were added by the command, in a home of its own."""
    from vivant.cli import main

    folder = tmp_path_factory.mktemp(request.param)
    source, config = originals.WRITE[request.param](folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIVANT_HOME", str(folder / "home"))
        patch.setenv("VIVANT_CONSENT", "historical")
        words = ["weights", "add", source, "--as", f"{request.param}/small", "--config", config]
        assert main([str(word) for word in words]) == 0
        yield request.param


def films(path):
    with VideoReader(path) as reader:
        return [frame.image.astype(int) for frame in reader]


def test_what_was_added_draws_a_marked_film(added, run, tmp_path):
    listed = run("engines", added, "--json").data["engines"][0]
    assert listed["ready"]
    assert [one["label"] for one in listed["weights"]] == [f"{added}/small"]
    two = samples.portrait(), samples.driving()
    out, bare = tmp_path / "out.mp4", tmp_path / "bare.mp4"
    ran = run("animate", *two, "--engine", added, "-o", out, "--json", *SHORT)
    assert (ran.code, ran.err) == (0, "")
    report = ran.data
    assert (report["frames"], report["engine"], report["faces_missed"]) == (FRAMES, added, 0)
    assert report["audio"] == "copied"
    shown = films(out)
    assert [image.shape for image in shown] == FRAMES * [(SIDE[added], SIDE[added], 3)]
    told = run("verify", out, "--json")
    assert told.code == 0
    assert (told.data["intact"], told.data["synthetic"]) == (True, True)
    assert f'"{added}"' in told.out or f" {added}" in told.out
    assert run("animate", *two, "--engine", added, "-o", bare, *SHORT, *LABEL_OFF).code == 0
    apart = np.abs(shown[0] - films(bare)[0])
    assert apart.max() > 60, "the label is there"


def test_absolute_and_relative_motion_draw_other_pictures(added, run, tmp_path):
    drawn = []
    for how in ("--relative", "--absolute"):
        out = tmp_path / f"{how}.mp4"
        words = (samples.portrait(), samples.driving(), "--engine", added, "-o", out, how, *SHORT)
        assert run("animate", *words).code == 0
        drawn.append(films(out)[-1])
    assert np.abs(drawn[0] - drawn[1]).max() > 20


def test_two_faces_move_by_two_drivers(added, run, tmp_path):
    hopper = read_image(samples.portrait())[::2, ::2]
    couple = np.ascontiguousarray(np.hstack([hopper, hopper[:, ::-1]]))
    write_image(tmp_path / "couple.png", couple)
    drive = samples.driving()
    words = ("animate", tmp_path / "couple.png", drive, "--face", 0, "--with", f"1={drive}")
    out = tmp_path / "both"
    ran = run(*words, "--engine", added, "-o", out, "--to", "0.3", "--label-size", 2)
    assert ran.code == 0, ran.err
    *_, last = sorted(out.glob("*.png"))
    changed = np.abs(read_image(last).astype(int) - couple).max(axis=2) > 12  # watermarks do less
    middle = couple.shape[1] // 2
    upper = changed[: couple.shape[0] * 2 // 3]  # the label lies lower
    assert upper[:, :middle].any()
    assert upper[:, middle:].any()


def test_no_more_than_a_handful_of_frames_is_held(added):
    import vivant
    from vivant import engines

    with VideoReader(samples.driving(), end=Fraction(1, 2)) as reader:
        few = list(reader)
    asked = 0

    def endless():
        nonlocal asked
        for index in range(30):
            asked = index
            frame = few[index % len(few)]
            yield type(frame)(frame.image, index, Fraction(index, 24))

    most = 0
    engine = engines.open_engine(added)
    portrait = read_image(samples.portrait())
    for frame in vivant.animate(portrait, endless(), engine=engine, reference="0", frame="crop"):
        most = max(most, asked - frame.index)
    assert frame.index == 29
    assert most < 16
