from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from vivant.errors import PathRefused, SettingsError
from vivant.media import VideoReader, read_image, write_image
from vivant.studies import manifest
from vivant.studies.inputs import find, read_rows
from vivant.studies.manifest import rebuild

COMMIT = "0123456789abcdef" * 2 + "01234567"
HEADER = "file,kind,identity_group,origin_repo,commit,origin_path,sha256,crop,size,start,frames,fps"


@pytest.fixture
def origins(tmp_path: Path, clips: Path) -> Path:
    """A folder in which a public repository lies, with a picture and a film."""
    folder = tmp_path / "origins" / "somebody" / "faces"
    folder.mkdir(parents=True)
    image = np.zeros((40, 60, 3), np.uint8)
    image[10:30, 20:40] = 200
    write_image(folder / "a face.png", image)
    (folder / "film.mp4").write_bytes((clips / "speaker.mp4").read_bytes())
    return tmp_path / "origins"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def rows(origins: Path, **changed: str) -> str:
    """The list of both, with fields of the first row changed."""
    home = origins / "somebody" / "faces"
    first = {
        "file": "portraits/square.png", "kind": "portrait", "identity_group": "anna",
        "origin_repo": "somebody/faces", "commit": COMMIT, "origin_path": "a face.png",
        "sha256": digest(home / "a face.png"), "crop": '"20,10,20"', "size": "16",
        "start": "", "frames": "", "fps": "", **changed,
    }  # fmt: skip
    second = ("clips/film.mp4,clip,carl,somebody/faces," + COMMIT + ",film.mp4,"
              + digest(home / "film.mp4") + ',"0,0,96",64,0.25,5,12')  # fmt: skip
    return f"{HEADER}\n{','.join(first.values())}\n{second}\n"


def listing(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_set_is_made_of_its_origins(tmp_path, origins):
    told = []
    out = tmp_path / "set"
    done = rebuild(listing(tmp_path, rows(origins)), out, origins=origins,
                   on_progress=lambda *step: told.append(step))  # fmt: skip
    assert (done.made, done.there, done.failed) == (2, 0, ())
    assert told[-1] == (2, 2, "clips/film.mp4")
    square = read_image(out / "portraits" / "square.png")
    assert square.shape == (16, 16, 3)
    assert square.min() == 200
    with VideoReader(out / "clips" / "film.mp4") as reader:
        frames = list(reader)
    assert [frame.image.shape for frame in frames] == [(64, 64, 3)] * 5
    assert float(frames[-1].time) == pytest.approx(4 / 12)
    (item,) = find(out / "MANIFEST.csv", (".mp4",), "clip")
    assert item.identity == "carl"


def test_a_row_that_asks_for_no_change_is_the_original_byte_for_byte(tmp_path, origins):
    text = rows(origins, file="raw/face.png", crop="", size="")
    rebuild(listing(tmp_path, text), tmp_path / "set", origins=origins)
    original = origins / "somebody" / "faces" / "a face.png"
    assert (tmp_path / "set" / "raw" / "face.png").read_bytes() == original.read_bytes()


def test_what_is_there_is_left(tmp_path, origins):
    out = tmp_path / "set"
    path = listing(tmp_path, rows(origins))
    rebuild(path, out, origins=origins)
    before = (out / "MANIFEST.csv").read_bytes()
    (out / "portraits" / "square.png").write_bytes(b"mine")
    done = rebuild(path, out, origins=origins)
    assert (done.made, done.there) == (0, 2)
    assert (out / "portraits" / "square.png").read_bytes() == b"mine"
    assert (out / "MANIFEST.csv").read_bytes() == before


def test_a_file_made_by_another_recipe_is_made_again(tmp_path, origins):
    out = tmp_path / "set"
    rebuild(listing(tmp_path, rows(origins)), out, origins=origins)
    done = rebuild(listing(tmp_path, rows(origins, size="24")), out, origins=origins)
    assert (done.made, done.there) == (1, 1)
    assert read_image(out / "portraits" / "square.png").shape == (24, 24, 3)
    home = origins / "somebody" / "faces"
    image = read_image(home / "a face.png")
    write_image(home / "a face.png", 255 - image)
    done = rebuild(listing(tmp_path, rows(origins, size="24")), out, origins=origins)
    assert (done.made, done.there) == (1, 1)
    assert read_image(out / "portraits" / "square.png").max() == 55


def test_a_file_of_which_nothing_is_known_is_made_again(tmp_path, origins):
    out = tmp_path / "set"
    (out / "portraits").mkdir(parents=True)
    (out / "portraits" / "square.png").write_bytes(b"a stranger")
    done = rebuild(listing(tmp_path, rows(origins)), out, origins=origins)
    assert (done.made, done.there) == (2, 0)
    assert read_image(out / "portraits" / "square.png").shape == (16, 16, 3)


def test_a_file_that_could_not_be_made_again_is_not_in_the_manifest(tmp_path, origins):
    out = tmp_path / "set"
    rebuild(listing(tmp_path, rows(origins)), out, origins=origins)
    done = rebuild(listing(tmp_path, rows(origins, sha256="0" * 64)), out, origins=origins)
    assert len(done.failed) == 1
    assert [row["file"] for row in read_rows(out / "MANIFEST.csv")] == ["clips/film.mp4"]


def test_what_was_made_before_a_break_is_not_made_again(tmp_path, origins):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    out, path = tmp_path / "set", listing(tmp_path, rows(origins))
    with pytest.raises(KeyboardInterrupt):
        rebuild(path, out, origins=origins, on_progress=stop)
    done = rebuild(path, out, origins=origins)
    assert (done.made, done.there) == (1, 1)


@pytest.mark.parametrize("other", ["portraits/square.png", "portraits/./Square.PNG"])
def test_a_list_that_names_a_file_twice_is_refused(tmp_path, origins, other):
    text = rows(origins).replace("clips/film.mp4", other)
    with pytest.raises(SettingsError, match=r"line 3: .* that of line 2 already"):
        rebuild(listing(tmp_path, text), tmp_path / "set", origins=origins)


def test_text_that_begins_like_a_formula_is_kept_as_text(tmp_path, origins):
    first, *others = rows(origins).splitlines()
    text = "\n".join([f"{first},notes", *(f"{line},=1+1" for line in others)])
    out = tmp_path / "set"
    rebuild(listing(tmp_path, text), out, origins=origins)
    assert [row["notes"] for row in read_rows(out / "MANIFEST.csv")] == ["'=1+1", "'=1+1"]


def test_another_file_than_the_list_means_is_refused_and_the_rest_is_made(tmp_path, origins):
    out = tmp_path / "set"
    done = rebuild(listing(tmp_path, rows(origins, sha256="0" * 64)), out, origins=origins)
    ((file, why),) = done.failed
    assert file == "portraits/square.png"
    assert "another file" in why
    assert [row["file"] for row in read_rows(out / "MANIFEST.csv")] == ["clips/film.mp4"]


def test_an_unknown_origin_is_taken_only_when_asked_for_and_then_noted(tmp_path, origins):
    path = listing(tmp_path, rows(origins, sha256=""))
    done = rebuild(path, tmp_path / "a", origins=origins)
    assert "--unknown" in done.failed[0][1]
    done = rebuild(path, tmp_path / "b", origins=origins, unknown=True)
    assert not done.failed
    known = digest(origins / "somebody" / "faces" / "a face.png")
    assert read_rows(tmp_path / "b" / "MANIFEST.csv")[0]["sha256"] == known


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"file": "../out.png"}, "below the folder"),
        ({"file": "/etc/out.png"}, "below the folder"),
        ({"file": "C:out.png"}, "below the folder"),
        ({"file": "a.exe"}, "must end in"),
        ({"origin_path": "../../secret.png"}, "below the folder"),
        ({"origin_repo": "somebody/faces/../.."}, "owner/name"),
        ({"origin_repo": "../.."}, "owner/name"),
        ({"origin_repo": "somebody/.."}, "owner/name"),
        ({"origin_repo": "./faces"}, "owner/name"),
        ({"file": "=a.png"}, "must not begin like a formula"),
        ({"identity_group": "@SUM(1)"}, "must not begin like a formula"),
        ({"kind": "\tclip"}, "must not begin like a formula"),
        ({"commit": "main"}, "40 digits"),
        ({"sha256": "abc"}, "64 digits"),
        ({"crop": '"1,2"'}, "x,y,side"),
        ({"size": "ten"}, "must be a number"),
        ({"fps": "1/0"}, "must be a number"),
        ({"frames": "-3"}, "must lie in"),
    ],
)
def test_a_row_that_is_wrong_is_refused_with_its_line(tmp_path, origins, changed, told):
    with pytest.raises(SettingsError, match=rf"line 2: .*{told}"):
        rebuild(listing(tmp_path, rows(origins, **changed)), tmp_path / "set", origins=origins)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"crop": '"50,10,20"'}, "reaches beyond"),
        ({"origin_path": "none.png"}, "not there"),
        ({"origin_path": "film.mp4"}, "another file"),
    ],
)
def test_a_file_that_cannot_be_made_is_told(tmp_path, origins, changed, told):
    done = rebuild(listing(tmp_path, rows(origins, **changed)), tmp_path / "set", origins=origins)
    assert told in done.failed[0][1]
    assert done.made == 1


def test_too_short_a_film_leaves_no_half_clip(tmp_path, origins):
    text = rows(origins).replace("0.25,5,12", "0.25,500,12")
    done = rebuild(listing(tmp_path, text), tmp_path / "set", origins=origins)
    assert "wanted 500" in done.failed[0][1]
    assert not list((tmp_path / "set").rglob("*film*"))


@pytest.fixture
def host(origins: Path) -> Iterator[str]:
    """The origins behind HTTP on this machine, under owner/name/commit/path."""
    home = origins / "somebody" / "faces"
    (home / COMMIT).mkdir()
    for name in ("a face.png", "film.mp4"):
        (home / name).rename(home / COMMIT / name)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=origins)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_origins_are_fetched_when_asked_for(tmp_path, origins, host, monkeypatch):
    home = origins / "somebody" / "faces" / COMMIT
    row = ",".join([
        "portraits/square.png", "portrait", "anna", "somebody/faces", COMMIT, "a face.png",
        digest(home / "a face.png"), '"20,10,20"', "16", "", "", "",
    ])  # fmt: skip
    missing = row.replace("a face", "none").replace("square", "other")
    path = listing(tmp_path, f"{HEADER}\n{row}\n{missing}\n")
    done = rebuild(path, tmp_path / "set", fetch=True, host=host)
    assert done.made == 1
    assert "cannot be downloaded" in done.failed[0][1]
    monkeypatch.setattr(manifest, "LARGEST", 10)
    done = rebuild(path, tmp_path / "small", fetch=True, host=host)
    assert "larger than" in done.failed[0][1]


def test_nothing_is_fetched_unasked(tmp_path, origins):
    path = listing(tmp_path, rows(origins))
    with pytest.raises(SettingsError, match="--fetch"):
        rebuild(path, tmp_path / "set")
    with pytest.raises(PathRefused):
        rebuild(tmp_path / "none.csv", tmp_path / "set", origins=origins)
