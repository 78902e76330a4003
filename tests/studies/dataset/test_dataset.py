from __future__ import annotations

import csv
import json
import shutil

import pytest

import vivant
from vivant import samples
from vivant.errors import AskedWrongly, PathRefused
from vivant.marks import sha256_of
from vivant.studies.dataset import making, parting
from vivant.studies.dataset.settings import DatasetSettings
from vivant.studies.inputs import Item
from vivant.studies.study import Method

SHORT = DatasetSettings(most=2, seconds=0.5, test=0)
METHODS = (Method("mesh"), Method("still"))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return a folder with two portraits of one person, and one with a driver, under a manifest."""
    folder = tmp_path_factory.mktemp("originals")
    for name in ("portraits", "clips"):
        (folder / name).mkdir()
    shutil.copy(samples.portrait(), folder / "portraits" / "grace.jpg")
    shutil.copy(samples.driving(), folder / "clips" / "talk.mp4")
    (folder / "MANIFEST.csv").write_text(
        "file,kind,identity_group,rights,licence\n"
        "portraits/grace.jpg,portrait,hopper,public_domain,public domain\n"
        "clips/talk.mp4,clip,=cmd,generic,Pexels|x\n",
        encoding="utf-8",
    )
    return folder / "portraits", folder / "clips"


@pytest.fixture(scope="module")
def made(folders, tmp_path_factory):
    out = tmp_path_factory.mktemp("made") / "set"
    return making.make(*folders, METHODS, out, SHORT, consent="historical")


def rows(folder):
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_is_labelled_and_has_the_sha256_that_is_told(made):
    assert (made.originals, made.generated, made.failed) == (2, 2, ())
    told = rows(made.folder)
    assert [row["label"] for row in told] == ["original", "original", "generated", "generated"]
    assert [row["engine"] for row in told] == ["", "", "mesh", "still"]
    for row in told:
        assert sha256_of(made.folder / row["file"]) == row["sha256"]
        assert row["part"] == "train"
    assert told[2]["source"] == "originals/portraits/grace.jpg"
    assert told[2]["driver"] == "originals/drivers/talk.mp4"
    assert told[2]["driver_identity"] == "'=cmd", "no spreadsheet runs it"


def test_originals_are_copied_byte_for_byte(made, folders):
    kept = made.folder / "originals" / "portraits" / "grace.jpg"
    assert kept.read_bytes() == (folders[0] / "grace.jpg").read_bytes()


def test_results_keep_credentials_and_label_and_their_box_is_told(made):
    for row in rows(made.folder)[2:]:
        found = vivant.verify(made.folder / row["file"])
        assert (found.synthetic, found.intact) == (True, True)
        frame, _, box = row["label_boxes"].split()[0].partition(":")
        x, y, width, height = map(int, box.split(","))
        assert frame == "0"
        assert x >= 0 <= y
        assert min(width, height) > 5


def test_the_data_sheet_tells_shortcuts_rights_and_parts(made):
    sheet = (made.folder / "README.md").read_text(encoding="utf-8")
    for told in (
        "What a detector must not learn", "visible label", "watermark", "encoder",
        "public domain", "Pexels/x", "| train | 2 | 2 | 2 |", "Not for recognising",
    ):  # fmt: skip
        assert told in sheet


def test_a_stopped_run_goes_on_and_another_request_is_refused(made, folders, tmp_path):
    out = tmp_path / "set"
    shutil.copytree(made.folder, out)
    drawn = out / "generated" / "mesh" / "grace--talk.mp4"
    kept = (out / "generated" / "still" / "grace--talk.mp4").stat().st_mtime_ns
    drawn.write_bytes(b"half a file")
    (out / "labels.csv").unlink()
    with (out / "made.jsonl").open("a") as notes:
        notes.write('{"file": "generated/')
    again = making.make(*folders, METHODS, out, SHORT, consent="historical")
    assert again.generated == 2
    assert (out / "generated" / "still" / "grace--talk.mp4").stat().st_mtime_ns == kept
    assert vivant.verify(drawn).intact is True
    assert len(rows(out)) == 4
    with pytest.raises(AskedWrongly, match="another data set"):
        making.make(*folders, METHODS[:1], out, SHORT, consent="historical")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").touch()
    with pytest.raises(AskedWrongly, match="not empty"):
        making.make(*folders, METHODS, tmp_path / "other", SHORT, consent="historical")


def test_without_consent_nothing_is_drawn(folders, tmp_path):
    with pytest.raises(AskedWrongly, match="why this portrait may be animated"):
        making.make(*folders, METHODS, tmp_path / "set", SHORT)
    assert not (tmp_path / "set" / "labels.csv").exists()


def test_what_another_program_made_is_no_original(folders, tmp_path):
    manifest = tmp_path / "MANIFEST.csv"
    shutil.copy(samples.portrait(), tmp_path / "face.jpg")
    manifest.write_text("file,kind,rights\nface.jpg,portrait,generated\n", encoding="utf-8")
    out = tmp_path / "set"
    making.make(manifest, folders[1], METHODS[1:], out, SHORT, consent="fictional")
    first = next(row for row in rows(out) if row["source"] == "" and row["identity"] == "face")
    assert (first["label"], first["engine"]) == ("generated", "another program")


def test_nobody_is_in_both_parts_and_pairs_stay_within_one():
    def items(*names):
        return [Item(path=samples.portrait(), name=name, identity=name[0]) for name in names]

    sitters, performers = items("a1", "a2", "b", "c", "d"), items("a3", "e", "f", "g")
    for seed in range(20):
        part_of = parting.parts(sitters, performers, 0.4, seed)
        assert set(part_of) == set("abcdefg")
        assert {part_of[item.identity] for item in sitters} == {"train", "test"}
        found = parting.chosen(sitters, performers, part_of, 50, seed)
        assert {part_of[portrait.identity] for portrait, _ in found} == {"train", "test"}
        for portrait, driver in found:
            assert part_of[portrait.identity] == part_of[driver.identity]
            assert portrait.identity != driver.identity
    with pytest.raises(PathRefused, match="smaller --test"):
        parting.chosen(sitters[:1], performers[:1], part_of, 50, 0)


def test_the_command_tells_what_it_made(folders, tmp_path, capsys):
    from vivant.cli import main

    words = ["study", "dataset", "--portraits", folders[0], "--drivers", folders[1], "--out",
             tmp_path / "set", "--engine", "still", "--seconds", "0.5", "--test", "0",
             "--consent", "historical", "--json"]  # fmt: skip
    assert main(list(map(str, words))) == 0
    assert json.loads(capsys.readouterr().out)["generated"] == 1
