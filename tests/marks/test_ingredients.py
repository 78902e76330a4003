"""What a result was made from: what is kept of it, and what stays private."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import av
import c2pa
import pytest
from PIL import Image

from vivant.marks import Released, brings_credentials, journal, sha256_of, sign, verify


def manifest(path: Path) -> dict[str, object]:
    with c2pa.Reader(str(path)) as reader:
        found: dict[str, object] = reader.get_active_manifest()
        return found


def actions(path: Path) -> list[str]:
    assertions = manifest(path)["assertions"]
    assert isinstance(assertions, list)
    (told,) = [one for one in assertions if one["label"].startswith("c2pa.actions")]
    return [action["action"] for action in told["data"]["actions"]]


@pytest.fixture
def driver(media, make_claim, tmp_path) -> Path:
    """A driving file that another's name, picture and credentials are in."""
    path = tmp_path / "maria-muster.mp4"
    sign(media / "clip.mp4", path, make_claim(title="Maria Muster speaks"))
    return path


def test_a_result_of_a_picture_is_created(media, claim, tmp_path):
    sign(media / "clip.mp4", tmp_path / "out.mp4", claim)
    assert actions(tmp_path / "out.mp4") == ["c2pa.created", "c2pa.placed"]


def test_a_result_of_a_video_is_an_edit_of_it(media, make_claim, tmp_path):
    portrait = tmp_path / "portrait.mp4"
    sign(media / "clip.mp4", portrait, make_claim(engine="earlier"))
    sign(media / "clip.mp4", tmp_path / "out.mp4", make_claim(portrait=portrait, edited=True))
    found = verify(tmp_path / "out.mp4")
    assert actions(tmp_path / "out.mp4") == ["c2pa.opened", "c2pa.edited"]
    assert (found.state, found.synthetic) == ("valid", True)
    assert found.ingredients[0].relationship == "parentOf"
    assert found.ingredients[0].intact


def test_a_file_that_is_marked_twice_keeps_the_first_marks(media, make_claim, tmp_path):
    path = tmp_path / "out.png"
    sign(media / "still.png", path, make_claim(engine="the first"))
    first = sha256_of(path)
    sign(path, path, make_claim(engine="the second"))
    found = verify(path)
    assert (found.state, found.claims["engine"]["name"]) == ("valid", "the second")
    earlier = found.ingredients[0]
    assert (earlier.title, earlier.relationship, earlier.intact) == ("earlier", "parentOf", True)
    assert b"the first" in path.read_bytes()
    outputs = [entry.facts["output"] for entry in journal.read().entries if entry.facts]
    assert outputs == [first, sha256_of(path)]


@pytest.mark.parametrize("name", ["still.jpg", "clip.mp4", "moving.gif", "moving.webp"])
def test_marking_twice_holds_for_every_container(media, claim, tmp_path, name):
    sign(media / name, tmp_path / name, claim)
    sign(tmp_path / name, tmp_path / name, claim)
    assert verify(tmp_path / name).state == "valid"


def test_of_a_driver_only_its_sum_is_told(media, make_claim, driver, tmp_path):
    digest = sha256_of(driver)
    assert brings_credentials(driver)
    claim = make_claim(driver_sha256=digest, withheld=frozenset({"driver"}))
    sign(media / "still.png", tmp_path / "out.png", claim)
    told = verify(tmp_path / "out.png").ingredients[-1]
    assert (told.title, told.sha256, told.credentials) == ("driver", digest, False)
    content = (tmp_path / "out.png").read_bytes()
    assert b"maria" not in content.lower()
    assert b"its own credentials are withheld" in content
    assert verify(tmp_path / "out.png").claims["driver"]["credentials_withheld"] is True


def test_a_driver_that_was_released_is_shown_with_all_it_brings(
    media, make_claim, driver, tmp_path
):
    with av.open(str(driver)) as container:
        image = next(container.decode(video=0)).to_ndarray(format="rgb24")
    claim = make_claim(driver_sha256=sha256_of(driver), released=Released(driver, image))
    sign(media / "still.png", tmp_path / "out.png", claim)
    found = verify(tmp_path / "out.png")
    told = found.ingredients[-1]
    assert (found.state, told.title, told.intact) == ("valid", "maria-muster.mp4", True)
    assert str(tmp_path).encode() not in (tmp_path / "out.png").read_bytes()
    with c2pa.Reader(str(tmp_path / "out.png")) as reader:
        shown = reader.get_active_manifest()["ingredients"][-1]["thumbnail"]["identifier"]
        picture = io.BytesIO()
        reader.resource_to_stream(shown, picture)
    with Image.open(picture) as thumbnail:
        assert thumbnail.size == (128, 96)


def test_only_the_first_of_several_drivers_is_released(media, make_claim, driver, tmp_path):
    with av.open(str(driver)) as container:
        image = next(container.decode(video=0)).to_ndarray(format="rgb24")
    claim = make_claim(
        driver_sha256=sha256_of(driver),
        other_drivers=("ef" * 32,),
        released=Released(driver, image),
    )
    sign(media / "still.png", tmp_path / "out.png", claim)
    titles = [one.title for one in verify(tmp_path / "out.png").ingredients]
    assert titles == ["portrait", "maria-muster.mp4", "driver 2"]


def test_a_portrait_whose_credentials_lie_beside_it_is_told_so(media, make_claim, tmp_path):
    portrait = tmp_path / "portrait.webm"
    sign(media / "clip.webm", portrait, make_claim())
    sign(media / "clip.mp4", tmp_path / "out.mp4", make_claim(portrait=portrait, edited=True))
    assert verify(tmp_path / "out.mp4").state == "valid"
    assert b"which is not kept" in (tmp_path / "out.mp4").read_bytes()


@pytest.mark.parametrize("name", ["side.png.c2pa", "side.c2pa"])
def test_a_sidecar_beside_a_file_that_could_hold_its_credentials_is_told_too(
    media, make_claim, tmp_path, name
):
    side = tmp_path / "side.png"
    shutil.copy(media / "still.png", side)
    assert not brings_credentials(side)
    (tmp_path / name).write_bytes(b"whatever")
    assert brings_credentials(side)
    sign(media / "still.png", tmp_path / "out.png", make_claim(portrait=side))
    assert verify(tmp_path / "out.png").state == "valid"
    assert b"which is not kept" in (tmp_path / "out.png").read_bytes()


def test_settings_and_model_files_are_told(media, make_claim, tmp_path):
    claim = make_claim(settings_sha256="5e" * 32, weights={"fomm/vox": "fe" * 32})
    sign(media / "still.png", tmp_path / "out.png", claim)
    told = verify(tmp_path / "out.png").claims
    assert told["settings"] == {"sha256": "5e" * 32}
    assert told["engine"]["weights"] == {"fomm/vox": "fe" * 32}


def test_a_file_that_was_packed_anew_has_lost_its_credentials_and_is_not_called_broken(
    media, claim, tmp_path
):
    """As a network or a cutting program does: the same pictures in a fresh container."""
    sign(media / "clip.mp4", tmp_path / "out.mp4", claim)
    with av.open(str(tmp_path / "out.mp4")) as old, av.open(str(tmp_path / "new.mp4"), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    found = verify(tmp_path / "new.mp4")
    assert (found.state, found.synthetic, found.journal) == ("none", None, None)
    assert "no credentials" in found.conclusion.lower()


def test_one_picture_of_a_sequence_leads_back_to_the_entry_of_all(media, make_claim, tmp_path):
    (tmp_path / "pictures").mkdir()
    for name in ("a.png", "b.png"):
        shutil.copy(media / "still.png", tmp_path / "pictures" / name)
    folder = tmp_path / "pictures"
    sign(folder, folder, make_claim(watermark_id="0123456789abcdef"))
    found = verify(folder / "b.png")
    assert found.journal is not None
    assert (found.journal.entry, found.journal.by) == (1, "credentials")
    assert len(journal.read().entries) == 1
