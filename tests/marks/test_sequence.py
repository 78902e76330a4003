from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from vivant.errors import PathRefused, UnsupportedFormat
from vivant.marks import sign, verify


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "frames"
    folder.mkdir()
    for index in range(5):
        Image.new("RGB", (48, 32), (index * 40, 80, 120)).save(folder / f"{index:06d}.png")
    return folder


@pytest.fixture
def sequence(frames: Path, claim) -> Path:
    sign(frames, frames, claim)
    return frames


def test_a_signed_sequence_verifies_as_one(sequence):
    found = verify(sequence)
    assert (found.intact, found.synthetic, found.trusted) == (True, True, False)
    assert found.claims["engine"]["name"] == "mesh"
    assert found.problems == ()


def test_a_picture_that_is_taken_out_stays_marked(sequence, tmp_path):
    alone = tmp_path / "alone.png"
    alone.write_bytes((sequence / "000003.png").read_bytes())
    assert (verify(alone).intact, verify(alone).synthetic) == (True, True)


def test_the_list_has_the_form_of_sha256sum(sequence):
    lines = (sequence / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == 5
    for line in lines:
        sha256, name = line.split("  ")
        assert hashlib.sha256((sequence / name).read_bytes()).hexdigest() == sha256


def change(folder: Path) -> None:
    path = folder / "000002.png"
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def exchange(folder: Path) -> None:
    first, second = folder / "000001.png", folder / "000002.png"
    held = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(held)


def relist(folder: Path) -> None:
    (folder / "000004.png").unlink()
    lines = (folder / "SHA256SUMS").read_text().splitlines(keepends=True)
    (folder / "SHA256SUMS").write_text("".join(lines[:-1]))


DAMAGES = {
    "000002.png was changed": change,
    "000001.png was changed": exchange,
    "000003.png is missing": lambda folder: (folder / "000003.png").unlink(),
    "000009.png is not in the signed list": lambda folder: (folder / "000009.png").write_bytes(
        (folder / "000001.png").read_bytes()
    ),
    "changed after signing": relist,
}


@pytest.mark.parametrize("told", DAMAGES)
def test_every_way_to_alter_a_sequence_is_found_and_named(sequence, told):
    DAMAGES[told](sequence)
    found = verify(sequence)
    assert found.broken
    assert found.synthetic is None
    assert any(told in problem for problem in found.problems)


@pytest.mark.parametrize("line", ["nonsense", f"{'0' * 64}  ../outside.png", "\0", "\udcff"])
def test_a_list_that_is_none_is_broken_and_leads_nowhere_else(sequence, line):
    (sequence / "SHA256SUMS").write_bytes(line.encode("utf-8", "surrogateescape") + b"\n")
    found = verify(sequence)
    assert found.broken
    assert not any("outside.png is" in problem for problem in found.problems)


def test_many_differences_are_told_shortly(sequence):
    for index in range(30):
        Image.new("RGB", (8, 8)).save(sequence / f"extra{index}.png")
    assert len(verify(sequence).problems) == 11


def test_what_systems_hide_in_a_folder_does_no_harm(sequence):
    for name in (".thumbnail.png", ".DS_Store", "Thumbs.db"):
        (sequence / name).write_bytes(b"")
    assert verify(sequence).intact is True


@pytest.mark.parametrize("name", ["zz.tif", "zz.mkv", "zz.bmp", "notes.txt"])
def test_a_file_of_any_kind_that_was_added_is_found(sequence, name):
    (sequence / name).write_bytes(b"added")
    found = verify(sequence)
    assert found.broken
    assert any(f"{name} is not in the signed list" in problem for problem in found.problems)


def test_a_sequence_can_be_signed_into_another_folder(frames, claim, tmp_path):
    sign(frames, tmp_path / "signed", claim)
    assert verify(tmp_path / "signed").intact is True
    assert verify(frames).intact is None


def test_signing_a_sequence_again_gives_one_that_verifies(sequence, claim):
    sign(sequence, sequence, claim)
    assert verify(sequence).intact is True


def test_pictures_that_get_other_names_are_signed_without_a_list(frames, claim, tmp_path):
    sign(frames, frames, claim, final=tmp_path / "anna_%04d.png")
    assert not (frames / "SHA256SUMS").exists()
    assert verify(frames).intact is True


def test_an_empty_folder_is_refused(tmp_path, claim):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnsupportedFormat, match="no picture"):
        verify(tmp_path / "empty")
    with pytest.raises(UnsupportedFormat, match="no picture"):
        sign(tmp_path / "empty", tmp_path / "empty", claim)


def test_a_target_folder_that_cannot_be_made_is_refused(frames, claim, tmp_path):
    with pytest.raises(PathRefused, match="cannot be written"):
        sign(frames, tmp_path / "no" / "folder", claim)


def test_a_folder_of_loose_files_is_as_good_as_its_worst(media, claim, tmp_path, flip):
    folder = tmp_path / "mixed"
    folder.mkdir()
    sign(media / "still.png", folder / "a.png", claim)
    sign(media / "still.jpg", folder / "b.jpg", claim)
    assert (verify(folder).intact, verify(folder).synthetic) == (True, True)
    (folder / "c.gif").write_bytes((media / "moving.gif").read_bytes())
    assert (verify(folder).intact, verify(folder).synthetic) == (None, True)
    assert any(problem.startswith("c.gif: ") for problem in verify(folder).problems)
    flip(folder / "b.jpg")
    assert (verify(folder).intact, verify(folder).synthetic) == (False, None)


def test_a_folder_whose_list_lost_its_credentials_is_not_called_whole(sequence):
    (sequence / "SHA256SUMS.c2pa").unlink()
    found = verify(sequence)
    assert (found.intact, found.synthetic, found.state) == (None, True, "partial")
    assert any("could not be checked" in problem for problem in found.problems)
    assert found.journal is not None
    exchange(sequence)
    found = verify(sequence)
    assert found.intact is None
    assert any("000001.png was changed" in problem for problem in found.problems)
    assert found.journal is None or found.journal.by != "file"
    change(sequence)
    assert verify(sequence).broken


def test_a_mixed_folder_has_a_conclusion_of_its_own(media, claim, tmp_path, flip):
    folder = tmp_path / "mixed"
    folder.mkdir()
    sign(media / "still.png", folder / "a.png", claim)
    (folder / "b.gif").write_bytes((media / "moving.gif").read_bytes())
    found = verify(folder)
    assert (found.state, found.signer, found.claims, found.ingredients) == ("partial", None, {}, ())
    assert found.conclusion == "Of 2 files, 1 carries credentials, none of them broken."
    flip(folder / "a.png")
    assert verify(folder).conclusion == "Of 2 files, 1 carries credentials, 1 of them broken."


def test_the_watermark_in_one_file_of_a_folder_is_raised_to_the_folder(frames, monkeypatch):
    import importlib

    from vivant.marks.watermark import Found

    asked = []

    def seen(path, **_):
        asked.append(path)
        return Found(id="0123456789abcdef", confidence=1.0) if path.name == "000003.png" else None

    module = importlib.import_module("vivant.marks.verify")
    monkeypatch.setattr(module, "find", seen)
    found = verify(frames)
    assert found.watermark is not None
    assert (found.watermark.id, len(asked)) == ("0123456789abcdef", 5)
    assert "watermark" in found.conclusion
    monkeypatch.setattr(module, "_MOST_LOOKS", 2)
    assert any("the first 2 of 5 files" in problem for problem in verify(frames).problems)
