from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import c2pa
import numpy as np
import pytest
from PIL import Image

from vivant.errors import Cancelled, MarkError, PathRefused, ShapeError, UnsupportedFormat
from vivant.marks import LabelSettings, sha256_of, sign, verify


def pictures(path: Path) -> list[np.ndarray]:
    if path.suffix in (".mp4", ".mov", ".webm"):
        with av.open(str(path)) as container:
            return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    with Image.open(path) as image:
        frames = []
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            frames.append(np.asarray(image.convert("RGB")))
        return frames


def manifest_bytes(path: Path) -> bytes:
    beside = path.with_name(path.name + ".c2pa")
    return beside.read_bytes() if beside.exists() else path.read_bytes()


def test_every_kind_of_file_is_signed_and_verifies(signed):
    found = verify(signed)
    assert (found.synthetic, found.intact, found.trusted) == (True, True, False)
    assert str(found.signer).startswith("vivant installation ")
    assert str(found.issued).endswith("Z")
    assert found.problems == ()
    assert not found.broken


def test_signing_leaves_every_picture_as_it_is(signed, media):
    before, after = pictures(media / signed.name), pictures(signed)
    assert len(before) == len(after)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_was_stated_is_read_again(signed):
    found = verify(signed)
    assert found.claims["engine"] == {"name": "mesh", "version": "1.2"}
    assert found.claims["consent"]["kind"] == "historical"
    assert found.claims["label"] == {"text": "AI-generated"}
    assert found.claims["generator"].startswith("vivant/")


def test_portrait_and_driver_are_ingredients(signed):
    portrait, driver = verify(signed).ingredients
    assert (portrait.title, portrait.relationship) == ("portrait", "componentOf")
    assert portrait.sha256 == "ab" * 32
    assert (driver.title, driver.relationship, driver.sha256) == ("driver", "inputTo", "cd" * 32)


def test_the_reason_for_no_label_is_written_down(media, make_claim, tmp_path):
    reason = "the wall beside the screen says so"
    claim = make_claim(label=LabelSettings(text="off", off_reason=reason))
    sign(media / "still.png", tmp_path / "out.png", claim)
    assert verify(tmp_path / "out.png").claims["label"] == {"off_reason": reason}


def test_the_portrait_is_shown_small_and_the_driver_not_at_all(media, claim, tmp_path):
    sign(media / "clip.mp4", tmp_path / "out.mp4", claim)
    with c2pa.Reader(str(tmp_path / "out.mp4")) as reader:
        portrait, driver = reader.get_active_manifest()["ingredients"]
        picture = io.BytesIO()
        reader.resource_to_stream(portrait["thumbnail"]["identifier"], picture)
    assert "thumbnail" not in driver
    with Image.open(picture) as image:
        assert image.size == (192, 256)
        assert not image.getexif()


def test_no_name_of_user_machine_or_file_is_told(media, make_claim, tmp_path, home):
    portrait = tmp_path / "anna-schmidt.png"
    portrait.write_bytes((media / "still.png").read_bytes())
    target = tmp_path / "secret-name.webm"
    sign(media / "clip.webm", target, make_claim(portrait=portrait))
    told = manifest_bytes(target)
    for private in ("anna-schmidt", "secret-name", "clip.webm", str(tmp_path), str(home)):
        assert private.encode() not in told


def test_credentials_that_the_portrait_brings_are_kept(media, make_claim, tmp_path):
    portrait, target = tmp_path / "portrait.png", tmp_path / "out.mp4"
    sign(media / "still.png", portrait, make_claim(engine="the portrait's own maker"))
    sign(media / "clip.mp4", target, make_claim(portrait=portrait))
    assert verify(target).ingredients[0].credentials
    assert verify(target).intact
    assert b"the portrait's own maker" in target.read_bytes()


def test_a_portrait_with_damaged_credentials_is_no_obstacle_and_it_is_stated(
    media, make_claim, tmp_path, claim
):
    portrait, target = tmp_path / "portrait.png", tmp_path / "out.mp4"
    sign(media / "still.png", portrait, claim)
    portrait.write_bytes(portrait.read_bytes()[:-3000])
    sign(media / "clip.mp4", target, make_claim(portrait=portrait))
    found = verify(target)
    assert found.intact
    assert not found.ingredients[0].credentials
    assert found.ingredients[0].sha256 == "ab" * 32
    assert b"its own credentials cannot be read" in target.read_bytes()


def test_a_claim_without_portrait_file_or_driver_can_be_signed(media, make_claim, tmp_path):
    bare = make_claim(portrait_image=None, portrait_sha256=None, driver_sha256=None)
    sign(media / "clip.mp4", tmp_path / "out.mp4", bare)
    found = verify(tmp_path / "out.mp4")
    assert (found.intact, found.synthetic, found.ingredients) == (True, True, ())


def test_every_driver_of_several_faces_is_an_ingredient(media, make_claim, tmp_path):
    claim = make_claim(other_drivers=("ef" * 32, None, "01" * 32))
    sign(media / "clip.mp4", tmp_path / "out.mp4", claim)
    found = verify(tmp_path / "out.mp4")
    told = [(one.title, one.relationship, one.sha256) for one in found.ingredients[1:]]
    assert told == [
        ("driver", "inputTo", "cd" * 32),
        ("driver 2", "inputTo", "ef" * 32),
        ("driver 4", "inputTo", "01" * 32),
    ]
    assert found.claims["other_drivers"] == {"driver 2": "ef" * 32, "driver 4": "01" * 32}
    with pytest.raises(ShapeError, match="other_drivers"):
        make_claim(other_drivers=("b.mp4",))


def test_a_file_can_be_signed_in_place(name, media, claim, tmp_path):
    path = tmp_path / name
    path.write_bytes((media / name).read_bytes())
    sign(path, path, claim)
    assert verify(path).intact


def test_a_file_signed_over_another_takes_its_place_wholly(media, claim, tmp_path):
    target = tmp_path / "out.mp4"
    target.write_bytes(b"older")
    sign(media / "clip.mp4", target, claim)
    assert verify(target).intact
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "out.mp4"]


def test_a_sidecar_waits_beside_the_name_that_the_file_will_get(media, claim, tmp_path):
    hidden, final = tmp_path / ".out.part.webm", tmp_path / "out.webm"
    hidden.write_bytes((media / "clip.webm").read_bytes())
    sign(hidden, hidden, claim, final=final)
    hidden.rename(final)
    assert verify(final).intact


def test_the_index_of_an_mp4_stays_before_its_pictures(media, claim, tmp_path):
    sign(media / "clip.mp4", tmp_path / "out.mp4", claim)
    data = (tmp_path / "out.mp4").read_bytes()
    assert 0 < data.find(b"moov") < data.rfind(b"mdat")


def test_the_name_decides_the_container_whatever_its_case(media, claim, tmp_path):
    sign(media / "clip.mp4", tmp_path / "OUT.MP4", claim)
    assert verify(tmp_path / "OUT.MP4").intact


def left_as_it_was(target: Path) -> bool:
    parts = [path for path in target.parent.iterdir() if path.name.endswith(".part")]
    return target.read_bytes() == b"older" and not parts


@pytest.mark.parametrize("keep", [0, 8, 40])
def test_a_damaged_file_is_not_signed_and_the_target_is_left_alone(media, claim, tmp_path, keep):
    source, target = tmp_path / "source.mp4", tmp_path / "out.mp4"
    source.write_bytes((media / "clip.mp4").read_bytes()[:keep])
    target.write_bytes(b"older")
    with pytest.raises(MarkError, match="damaged"):
        sign(source, target, claim)
    assert left_as_it_was(target)


def test_signing_that_is_stopped_leaves_the_target_alone(media, claim, tmp_path):
    target, stop = tmp_path / "out.mp4", threading.Event()
    target.write_bytes(b"older")
    stop.set()
    with pytest.raises(Cancelled):
        sign(media / "clip.mp4", target, claim, cancel=stop)
    assert left_as_it_was(target)


def test_a_missing_source_or_folder_is_refused_by_name(media, claim, tmp_path):
    with pytest.raises(PathRefused, match=r"gone\.mp4: there is no such file"):
        sign(tmp_path / "gone.mp4", tmp_path / "out.mp4", claim)
    with pytest.raises(PathRefused, match="cannot be written"):
        sign(media / "clip.mp4", tmp_path / "no folder" / "out.mp4", claim)


def test_a_missing_portrait_is_refused_by_name(media, make_claim, tmp_path):
    with pytest.raises(PathRefused, match=r"gone\.jpg"):
        sign(media / "clip.mp4", tmp_path / "out.mp4", make_claim(portrait=tmp_path / "gone.jpg"))


@pytest.mark.parametrize("name", ["out.txt", "out", "out.mp3"])
def test_other_kinds_of_file_are_refused_with_the_known_ones(media, claim, tmp_path, name):
    with pytest.raises(UnsupportedFormat, match=r"\.mp4"):
        sign(media / "clip.mp4", tmp_path / name, claim)


def test_a_sum_that_is_none_and_a_picture_that_is_none_are_refused(make_claim):
    with pytest.raises(ShapeError, match="driver_sha256"):
        make_claim(driver_sha256="talk.mp4")
    with pytest.raises(ShapeError, match="portrait_image"):
        make_claim(portrait_image=np.zeros((4, 4)))


def test_the_sum_of_a_file_is_its_sha256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc").startswith("ba7816bf8f01cfea")
    with pytest.raises(PathRefused):
        sha256_of(tmp_path / "gone")


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kB on Linux only")
def test_the_memory_of_signing_does_not_grow_with_the_video(media, tmp_path):
    big = tmp_path / "big.mp4"
    data, size = (media / "clip.mp4").read_bytes(), 200 << 20
    start = data.rfind(b"mdat") - 4
    with big.open("wb") as file:  # the same video, its last box drawn out by a hole
        file.write(data[:start] + size.to_bytes(4, "big") + data[start + 4 :])
        file.truncate(start + size)
    script = f"""
import resource
from pathlib import Path
from vivant.marks import Claim, Consent, LabelSettings, sign, verify
consent = Consent(kind="own", given="option", when="2026-01-01")
claim = Claim(engine="mesh", engine_version="1", consent=consent, label=LabelSettings())
def peak(source, target):
    sign(Path(source), Path(target), claim)
    assert verify(target).intact
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
small = peak({str(media / "clip.mp4")!r}, {str(tmp_path / "small.mp4")!r})
print((peak({str(big)!r}, {str(big)!r}) - small) / 1024)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=os.environ
    )
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout) < 48  # MB


def test_a_large_file_with_several_boxes_of_pictures_verifies_too(media, claim, tmp_path):
    source, size = tmp_path / "source.mp4", 40 << 20
    source.write_bytes((media / "clip.mp4").read_bytes())
    with source.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"mdat")
        file.truncate(file.tell() + size - 8)
    sign(source, tmp_path / "out.mp4", claim)
    assert verify(tmp_path / "out.mp4").intact


def test_a_large_file_changed_in_one_bit_is_broken(media, claim, tmp_path, flip):
    data, size = (media / "clip.mp4").read_bytes(), 40 << 20
    start = data.rfind(b"mdat") - 4
    source = tmp_path / "source.mp4"
    with source.open("wb") as file:
        file.write(data[:start] + size.to_bytes(4, "big") + data[start + 4 :])
        file.truncate(start + size)
    sign(source, tmp_path / "out.mp4", claim)
    assert verify(tmp_path / "out.mp4").intact
    flip(tmp_path / "out.mp4", size // 2)
    assert verify(tmp_path / "out.mp4").broken


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_an_interrupt_leaves_the_old_file_or_a_whole_one(media, claim, tmp_path):
    data, size = (media / "clip.mp4").read_bytes(), 100 << 20
    start = data.rfind(b"mdat") - 4
    source, target = tmp_path / "source.mp4", tmp_path / "out.mp4"
    with source.open("wb") as file:
        file.write(data[:start] + size.to_bytes(4, "big") + data[start + 4 :])
        file.truncate(start + size)
    sign(source, target, claim)
    script = f"""
from pathlib import Path
from vivant.marks import Claim, Consent, LabelSettings, sign
consent = Consent(kind="own", given="option", when="2026-01-01")
claim = Claim(engine="mesh", engine_version="1", consent=consent, label=LabelSettings())
print("ready", flush=True)
while True:
    sign(Path({str(source)!r}), Path({str(target)!r}), claim)
"""
    for wait in (0.05, 0.3, 0.5):
        child = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(wait)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)
        assert errors.rstrip().endswith("KeyboardInterrupt")
        assert verify(target).intact
        assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "out.mp4", "source.mp4"]


def test_files_can_be_signed_at_the_same_time(media, claim, tmp_path):
    targets = [tmp_path / f"{index}.png" for index in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda target: sign(media / "still.png", target, claim), targets))
    assert all(verify(target).intact for target in targets)


def test_nothing_heavy_is_loaded_before_it_is_used():
    script = (
        "import sys, vivant.marks; heavy = {'c2pa', 'cryptography', 'PIL', 'cv2', 'av'}; "
        "print(*(heavy & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""
