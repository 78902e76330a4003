from __future__ import annotations

from pathlib import Path

import pytest

from vivant.errors import PathRefused
from vivant.studies.inputs import find

CLIPS = (".mp4", ".mov")


def lay(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"film")
    return folder


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_files_of_a_folder_are_taken_by_name(tmp_path):
    lay(tmp_path, "b.mp4", "a.MOV", "notes.txt", "deeper/c.mp4")
    found = find(tmp_path, CLIPS, "clip")
    assert [item.name for item in found] == ["a", "b"]
    assert [item.identity for item in found] == ["a", "b"]  # nobody says who they are


def test_a_manifest_says_who_is_shown(tmp_path):
    lay(tmp_path, "clips/a.mp4", "clips/b.mp4", "portraits/p.png")
    listing = write(
        tmp_path / "MANIFEST.csv",
        "file,kind,identity_group,category,rights,licence,origin_repo\n"
        "clips/b.mp4,clip,anna,talking_head,generic,MIT,somebody/films\n"
        "clips/a.mp4,clip,anna,talking_head,generic,MIT,somebody/films\n"
        "portraits/p.png,portrait,carl,photo,generic,MIT,somebody/films\n",
    )
    by_manifest = find(listing, CLIPS, "clip")
    assert [(item.name, item.identity) for item in by_manifest] == [("a", "anna"), ("b", "anna")]
    by_folder = find(tmp_path / "clips", CLIPS, "clip")
    assert [item.plain("clip") for item in by_folder] == [
        item.plain("clip") for item in by_manifest
    ]
    told = by_manifest[0].plain("clip")
    assert told["licence"] == "MIT"
    assert str(tmp_path) not in str(told)  # results say nothing of the user's folders


def test_a_manifest_without_kinds_lists_one_kind(tmp_path):
    lay(tmp_path, "a.mp4")
    (item,) = find(write(tmp_path / "list.csv", "file\na.mp4\n"), CLIPS, "clip")
    assert item.identity == "a"


def test_files_of_one_stem_are_told_apart(tmp_path):
    lay(tmp_path, "x/a.mp4", "y/a.mp4")
    listing = write(tmp_path / "list.csv", "file\nx/a.mp4\ny/a.mp4\n")
    assert [item.name for item in find(listing, CLIPS, "clip")] == ["x-a.mp4", "y-a.mp4"]
    lay(tmp_path, "p/v/x.mp4", "q/v/x.mp4")
    deeper = write(tmp_path / "deep.csv", "file\np/v/x.mp4\nq/v/x.mp4\n")
    assert [item.name for item in find(deeper, CLIPS, "clip")] == ["p-v-x.mp4", "q-v-x.mp4"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no header"),
        ("name\na.mp4\n", "column `file`"),
        ("file\nmissing.mp4\n", "line 2: there is no file"),
        ("file\na.mp4\na.mp4\n", "listed twice"),
        ("file\n../a.mp4\n", "below the manifest"),
        ("file\n/etc/passwd\n", "below the manifest"),
        ("file,kind\n,clip\n", "line 2 has no `file`"),
        ("file\na.mp4,and,more\n", "more fields than the header"),
        ("file,kind\na.mp4,portrait\n", "no clips in it"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_with_the_place(tmp_path, text, told):
    lay(tmp_path, "a.mp4")
    with pytest.raises(PathRefused, match=told):
        find(write(tmp_path / "list.csv", text), CLIPS, "clip")


def test_a_manifest_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "list.csv").write_bytes(b"file\n\xff\xfe\n")
    with pytest.raises(PathRefused, match="UTF-8"):
        find(tmp_path / "list.csv", CLIPS, "clip")


def test_what_is_missing_is_refused(tmp_path):
    with pytest.raises(PathRefused, match="no such folder"):
        find(tmp_path / "none", CLIPS, "clip")
    with pytest.raises(PathRefused, match="cannot read"):
        find(tmp_path / "none.csv", CLIPS, "clip")
