"""What a result tells of itself, and that nothing is made of which the journal does not know."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import av
import pytest

import vivant
from vivant import samples
from vivant.animation.origin import Origin
from vivant.animation.scene import Asked
from vivant.animation.settings import AnimateSettings
from vivant.errors import MarkError, SettingsError
from vivant.marks import Claim, Consent, LabelSettings, Signing, identity, journal, sha256_of, sign
from vivant.weights import CARRIED

FORMATS = [
    "out.mp4",
    "out.mov",
    "out.webm",
    "out.gif",
    "out.png",
    "out.jpg",
    "out.webp",
    "pictures",
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("VIVANT_HOME", str(folder))
    return folder


@pytest.fixture
def make(short, tmp_path) -> Callable[..., Path]:
    """Make a small result and return it; keyword arguments go on to `animate_file`."""
    (tmp_path / "made").mkdir()

    def animate(name: str = "out.png", **options: object) -> Path:
        output = tmp_path / "made" / name
        values = {"consent": "historical", "size": 96, "driving": short, **options}
        vivant.animate_file(samples.portrait(), values.pop("driving"), output, **values)
        return output

    return animate


def origin(**settings: object) -> Origin:
    return Origin(
        Asked(samples.portrait(), samples.driving()),
        AnimateSettings(**settings),  # type: ignore[arg-type]
        LabelSettings(),
        "mesh",
        None,
        release_driver=False,
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_result_has_an_entry_that_leads_to_it_and_back(make, name):
    output = make(name)
    (entry,) = journal.read().entries
    assert entry.facts is not None
    found = vivant.verify(output)
    assert found.journal is not None
    assert (found.state, found.journal.entry, found.journal.by) == ("valid", 1, "file")
    assert entry.facts["ingredients"]["portrait"] == sha256_of(samples.portrait())
    assert entry.facts["settings"] == found.claims["settings"]["sha256"]
    assert entry.facts["engine"] == found.claims["engine"]
    assert entry.notes is not None
    assert entry.notes["output"] == name


@pytest.mark.parametrize("name", FORMATS)
def test_where_the_signer_fails_there_is_neither_result_nor_entry(make, tmp_path, name):
    def refuse(_: bytes) -> bytes:
        raise ConnectionError("no answer")

    signing = Signing(chain=identity.installation().chain, sign=refuse)
    with pytest.raises(MarkError, match="no answer"):
        make(name, signing=signing)
    assert list((tmp_path / "made").iterdir()) == []
    assert journal.read().entries == ()


def test_where_the_journal_cannot_be_written_there_is_no_result(make, home, tmp_path):
    home.mkdir()
    (home / "journal").write_text("a file in the way")
    with pytest.raises(MarkError, match="journal"):
        make()
    assert list((tmp_path / "made").iterdir()) == []


def test_the_model_files_are_told_by_their_sha256(make):
    told = vivant.verify(make()).claims["engine"]
    assert told["version"] == vivant.__version__
    assert told["weights"] == {
        name: CARRIED[name].sha256 for name in ("face_landmarker", "expression")
    }


def test_the_digest_of_the_settings_changes_with_what_can_change_the_result():
    same = origin().settings_sha256()
    assert origin(threads=1).settings_sha256() == same
    others = ({"mirror": True}, {"size": 96}, {"controls": {"smile": 0.5}}, {"start": 1})
    assert len({same, *(origin(**other).settings_sha256() for other in others)}) == 5


def with_credentials(path: Path) -> Path:
    """A driving clip that brings credentials with a name in them."""
    claim = Claim(
        engine="a camera",
        engine_version="1",
        consent=Consent(kind="own", given="option", when="2026-01-02"),
        label=LabelSettings(),
        title="Maria Muster speaks",
    )
    sign(samples.driving(), path, claim)
    return path


def test_the_driver_stays_private_and_what_it_brought_is_said_to_be_withheld(make, tmp_path):
    driver = with_credentials(tmp_path / "maria-muster.mp4")
    output = make(driving=driver, end=0.1)
    found = vivant.verify(output)
    assert found.claims["driver"] == {
        "sha256": sha256_of(driver),
        "released": False,
        "credentials_withheld": True,
    }
    content = output.read_bytes()
    for private in (b"maria", b"Maria", b"a camera", str(tmp_path).encode()):
        assert private not in content


def test_a_driver_that_is_released_is_shown_with_what_it_brought(make, tmp_path):
    driver = with_credentials(tmp_path / "maria-muster.mp4")
    output = make(driving=driver, end=0.1, release_driver=True)
    found = vivant.verify(output)
    shown = found.ingredients[-1]
    assert (found.state, shown.title, shown.intact) == ("valid", "maria-muster.mp4", True)
    assert b"Maria Muster speaks" in output.read_bytes()
    assert str(tmp_path).encode() not in output.read_bytes()


def test_of_a_performance_there_is_nothing_to_release(make):
    with pytest.raises(SettingsError, match="one video file"):
        make(driving="smile", release_driver=True)


def test_a_video_that_gets_another_expression_is_opened_and_edited(tmp_path, short):
    portrait = tmp_path / "portrait.mp4"
    shutil.copy(short, portrait)
    output = tmp_path / "out.png"
    vivant.animate_file(portrait, short, output, consent="own", size=96)
    found = vivant.verify(output)
    assert found.state == "valid"
    assert found.ingredients[0].relationship == "parentOf"


def test_a_stripped_and_recoded_file_leads_back_to_its_entry_by_the_watermark(tmp_path):
    marked, stripped = tmp_path / "marked.mp4", tmp_path / "stripped.mp4"
    for _ in range(2):  # the second is the one that is asked about
        vivant.animate_file(
            samples.portrait(), samples.driving(), marked, consent="historical", end=1.5
        )
    with av.open(str(marked)) as old, av.open(str(stripped), "w") as new:
        video = old.streams.video[0]
        stream = new.add_stream("libx264", rate=24, options={"crf": "23"})
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
        for frame in old.decode(video):
            new.mux(stream.encode(frame.reformat(format="yuv420p")))
        new.mux(stream.encode())
    found = vivant.verify(stripped)
    assert (found.state, found.synthetic) == ("none", None)
    assert found.journal is not None
    assert (found.journal.entry, found.journal.by) == (2, "watermark")
    journal.forget(lambda entry: entry.number == 2)
    assert vivant.verify(stripped).journal is None
