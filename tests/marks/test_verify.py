from __future__ import annotations

import importlib
import io
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import c2pa
import numpy as np
import pytest
from PIL import Image

from vivant.errors import PathRefused, UnsupportedFormat
from vivant.marks import identity, journal, sign, verify
from vivant.marks.identity import Identity, installation
from vivant.marks.label_seen import LabelSeen
from vivant.marks.verify import _was_intact
from vivant.marks.watermark import Found

TERM = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@pytest.fixture
def foreign(media: Path, tmp_path: Path) -> Callable[..., Path]:
    """Sign a picture as another program would, with a chain of its own."""

    def make(
        name: str,
        *,
        kind: str = "digitalCapture",
        parent: Path | None = None,
        signer: Identity | None = None,
        remote: str | None = None,
    ) -> Path:
        action: dict[str, object] = {"action": "c2pa.created", "digitalSourceType": TERM + kind}
        if parent is not None:
            action = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["parent"]}}
        definition = {
            "claim_generator_info": [{"name": "another program"}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
        }
        signer = signer or installation()
        info = c2pa.C2paSignerInfo(b"es256", signer.chain.encode(), signer.key.encode(), None)
        with c2pa.Context() as context, c2pa.Builder(definition, context=context) as builder:
            if remote is not None:
                builder.set_no_embed()
                builder.set_remote_url(remote)
            if parent is not None:
                told = {"title": "parent", "label": "parent", "relationship": "parentOf"}
                with parent.open("rb") as file:
                    builder.add_ingredient(told, "image/png", file)
            target = tmp_path / name
            source = io.BytesIO((media / "still.png").read_bytes())
            with target.open("w+b") as file:
                builder.sign(c2pa.Signer.from_info(info), "image/png", source, file)
        return target

    return make


def test_one_flipped_bit_in_the_pictures_is_found(signed, flip):
    ending = {".mp4": b"mdat", ".mov": b"mdat"}.get(signed.suffix)
    if ending:
        flip(signed, signed.read_bytes().rfind(ending) + 20)
    elif signed.suffix == ".webp":
        flip(signed, signed.read_bytes().find(b"ANMF") + 60)
    else:
        flip(signed)
    found = verify(signed)
    assert found.intact is False
    assert found.broken
    assert found.synthetic is None  # what broken credentials say is not relied on
    assert any("changed after signing" in problem for problem in found.problems)
    assert "broken" in found.conclusion


def test_one_flipped_bit_in_the_statements_is_found(signed):
    beside = signed.with_name(signed.name + ".c2pa")
    holder = beside if beside.exists() else signed
    data = holder.read_bytes()
    assert data.count(b'"historical"') == 1
    holder.write_bytes(data.replace(b'"historical"', b'"hystorical"'))
    assert verify(signed).intact is False


def test_a_file_without_credentials_proves_nothing(name, media):
    found = verify(media / name)
    assert (found.synthetic, found.intact, found.trusted) == (None, None, None)
    assert (found.signer, found.issued, found.ingredients) == (None, None, ())
    assert not found.broken
    assert "proves nothing" in found.conclusion


def test_the_json_has_the_keys_of_the_contract_and_plain_values(signed):
    told = json.loads(json.dumps(verify(signed).to_json()))
    for key in ("synthetic", "intact", "trusted", "signer", "issued", "ingredients", "watermark"):
        assert key in told
    assert told["synthetic"] is True
    assert told["watermark"] is None
    assert told["ingredients"][0]["title"] == "portrait"


def test_a_capture_signed_by_others_is_intact_and_not_called_synthetic(foreign):
    found = verify(foreign("photo.png"))
    assert (found.intact, found.synthetic, found.claims) == (True, None, {})
    assert "not declared as AI-made" in found.conclusion


@pytest.mark.parametrize("kind", ["trainedAlgorithmicMedia", "compositeSynthetic"])
def test_ai_media_signed_by_others_is_synthetic(foreign, kind):
    assert verify(foreign("made.png", kind=kind)).synthetic is True


def test_what_another_program_made_from_a_synthetic_picture_is_synthetic(
    foreign, media, claim, tmp_path
):
    sign(media / "still.png", tmp_path / "ours.png", claim)
    edited = verify(foreign("edited.png", parent=tmp_path / "ours.png"))
    assert (edited.intact, edited.synthetic) == (True, True)
    assert edited.ingredients[0].credentials


def test_a_signer_on_the_list_is_trusted(foreign, tmp_path):
    mine = installation()
    root = tmp_path / "anchors.pem"
    root.write_text("-----BEGIN" + mine.chain.rsplit("-----BEGIN", 1)[1])
    photo = foreign("photo.png", signer=mine)
    assert verify(photo).trusted is False
    assert verify(photo, trust_anchors=root).trusted is True
    assert "trusted signer" in verify(photo, trust_anchors=root).conclusion


def test_an_expired_certificate_is_told_and_breaks_nothing(foreign, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(identity, "_VALID", identity._CLOCK_ERROR + identity.timedelta(seconds=2))
        key, mark, chain = identity._issue().partition("-----BEGIN CERTIFICATE")
    photo = foreign("photo.png", signer=Identity(key, mark + chain))
    time.sleep(3)
    found = verify(photo)
    assert (found.intact, found.trusted) == (True, False)
    assert any("expired" in problem for problem in found.problems)


@pytest.fixture
def server() -> Iterator[tuple[str, list[bytes]]]:
    """An address on this machine, and what was asked of it."""
    asked: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                asked.append(connection.recv(1000))
                connection.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")

    threading.Thread(target=answer, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/m.c2pa", asked
    listening.close()


def test_credentials_kept_elsewhere_are_never_fetched(foreign, server, media, make_claim, tmp_path):
    address, asked = server
    photo = foreign("remote.png", remote=address)
    found = verify(photo)
    assert found.intact is None
    assert "does not fetch" in found.problems[0]
    sign(media / "clip.mp4", tmp_path / "out.mp4", make_claim(portrait=photo))
    verify(tmp_path / "out.mp4")
    assert asked == []
    with pytest.raises(c2pa.C2paError):  # what the library does when it is not told otherwise
        c2pa.Reader(str(photo))
    assert len(asked) == 1


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(PathRefused, match=r"gone\.mp4: there is no such file"):
        verify(tmp_path / "gone.mp4")


@pytest.mark.parametrize(
    "text", [b"dear diary", b"#EXTM3U\nhttp://a/b.ts", b"%PDF-1.7", b"\0" * 99]
)
def test_a_file_that_is_no_picture_or_video_is_refused_whatever_its_name(tmp_path, text):
    path = tmp_path / "talk.mp4"
    path.write_bytes(text)
    with pytest.raises(UnsupportedFormat, match="no picture or video"):
        verify(path)


def test_an_empty_file_is_told_as_such(tmp_path):
    (tmp_path / "talk.mp4").touch()
    found = verify(tmp_path / "talk.mp4")
    assert (found.intact, found.state) == (None, "none")
    assert "empty" in found.problems[0]


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(PathRefused, match="cannot be read"):
        verify(tmp_path / ("x" * 300))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(PathRefused, match="no regular file"):
        verify(tmp_path / "pipe.mp4")


def test_a_signed_file_that_was_cut_is_broken(media, claim, tmp_path):
    sign(media / "still.png", tmp_path / "out.png", claim)
    data = (tmp_path / "out.png").read_bytes()
    (tmp_path / "out.png").write_bytes(data[:-100])
    assert verify(tmp_path / "out.png").broken


def test_an_unsigned_file_that_was_cut_is_damaged_or_without_credentials(name, media, tmp_path):
    data = (media / name).read_bytes()
    for share in (0.02, 0.5, 0.95):
        (tmp_path / name).write_bytes(data[: max(16, int(len(data) * share))])
        assert verify(tmp_path / name).intact is None


def test_a_wrong_ending_does_not_hide_the_credentials(media, claim, tmp_path):
    sign(media / "still.png", tmp_path / "out.png", claim)
    (tmp_path / "out.png").rename(tmp_path / "out.mp4")
    assert verify(tmp_path / "out.mp4").intact is True


def test_a_video_whose_sidecar_is_lost_has_no_credentials(media, claim, tmp_path):
    sign(media / "clip.webm", tmp_path / "out.webm", claim)
    (tmp_path / "out.webm.c2pa").unlink()
    assert verify(tmp_path / "out.webm").intact is None


def test_a_sidecar_in_the_place_where_other_tools_put_it_is_found(media, claim, tmp_path):
    sign(media / "clip.webm", tmp_path / "out.webm", claim)
    (tmp_path / "out.webm.c2pa").rename(tmp_path / "out.c2pa")
    assert verify(tmp_path / "out.webm").intact is True


def test_the_sidecar_of_another_video_is_broken(media, claim, tmp_path):
    sign(media / "clip.webm", tmp_path / "out.webm", claim)
    other = tmp_path / "other.webm"
    other.write_bytes((media / "clip.webm").read_bytes() + b"\xec\x81\x00")
    (tmp_path / "out.webm.c2pa").rename(tmp_path / "other.webm.c2pa")
    assert verify(other).broken


@pytest.mark.parametrize("junk", [b"", b"junk", b"\0" * 1000])
def test_a_sidecar_that_is_none_is_broken(media, tmp_path, junk):
    (tmp_path / "out.webm").write_bytes((media / "clip.webm").read_bytes())
    (tmp_path / "out.webm.c2pa").write_bytes(junk)
    assert verify(tmp_path / "out.webm").broken


def test_what_lies_beside_does_not_outweigh_what_is_inside(media, claim, tmp_path):
    sign(media / "clip.mp4", tmp_path / "out.mp4", claim)
    (tmp_path / "out.mp4.c2pa").write_bytes(b"junk")
    assert verify(tmp_path / "out.mp4").intact is True


def test_trust_anchors_that_are_none_are_refused(media, tmp_path):
    with pytest.raises(PathRefused, match="anchors"):
        verify(media / "still.png", trust_anchors=tmp_path / "anchors.pem")
    (tmp_path / "anchors.pem").write_text("no certificate")
    with pytest.raises(PathRefused, match="anchors"):
        verify(media / "still.png", trust_anchors=tmp_path / "anchors.pem")


def test_a_picture_whose_pixels_were_exchanged_under_its_credentials_is_broken(
    media, claim, tmp_path
):
    path = tmp_path / "out.png"
    sign(media / "still.png", path, claim)
    memory = io.BytesIO()
    Image.fromarray(np.zeros((96, 128, 3), np.uint8)).save(memory, "PNG")
    data, other = path.read_bytes(), memory.getvalue()
    start, end = (data.find(part) - 4 for part in (b"IDAT", b"IEND"))
    pixels = other[other.find(b"IDAT") - 4 : other.find(b"IEND") - 4]
    path.write_bytes(data[:start] + pixels + data[end:])
    assert verify(path).broken


ID, OTHER = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def look(monkeypatch) -> Callable[..., None]:
    """Let marks be seen in every picture."""
    module = importlib.import_module("vivant.marks.verify")

    def see(identity: str | None = None, label: str | None = None) -> None:
        mark = Found(id=identity, confidence=1 - 1e-9) if identity else None
        monkeypatch.setattr(module, "find", lambda *_, **__: mark)
        words = LabelSeen(label, 0.9) if label else None
        monkeypatch.setattr(module, "find_label", lambda *_, **__: words)

    return see


def of_a_stranger(path: Path, make_claim, monkeypatch, tmp_path) -> None:
    """Sign a copy as another installation, with the id that this one's credentials told."""
    with monkeypatch.context() as patch:
        patch.setenv("VIVANT_HOME", str(tmp_path / "elsewhere"))
        sign(path, path, make_claim(watermark_id=ID))


def test_what_a_stranger_signed_is_not_said_to_be_made_here(
    media, make_claim, monkeypatch, tmp_path, look
):
    sign(media / "still.png", tmp_path / "ours.png", make_claim(watermark_id=ID))
    theirs = tmp_path / "theirs.png"
    theirs.write_bytes((media / "still.png").read_bytes())
    of_a_stranger(theirs, make_claim, monkeypatch, tmp_path)
    assert journal.read().entries[0].facts["watermark"] == ID
    found = verify(theirs)
    assert (found.state, found.journal) == ("valid", None)
    look(ID)  # anybody can put the mark there, too
    found = verify(theirs)
    assert found.journal is not None
    assert found.journal.by == "watermark"
    assert "can be forged" in str(found.journal)
    assert "made on this computer" not in str(found.journal)


def test_a_picture_that_our_key_signed_is_made_here_though_its_sum_is_not_noted(
    media, make_claim, tmp_path
):
    frames = tmp_path / "frames"
    frames.mkdir()
    (frames / "0.png").write_bytes((media / "still.png").read_bytes())
    sign(frames, frames, make_claim(watermark_id=ID))
    (tmp_path / "alone.png").write_bytes((frames / "0.png").read_bytes())
    found = verify(tmp_path / "alone.png").journal
    assert found is not None
    assert (found.by, "made on this computer" in str(found)) == ("credentials", True)


def test_a_watermark_other_than_the_one_told_is_a_problem(media, make_claim, tmp_path, look):
    sign(media / "still.png", tmp_path / "out.png", make_claim(watermark_id=ID))
    look(ID)
    assert verify(tmp_path / "out.png").problems == ()
    look(OTHER)
    (problem,) = verify(tmp_path / "out.png").problems
    assert ID in problem
    assert OTHER in problem


@pytest.mark.parametrize("marks", [{"identity": ID}, {"label": "AI-generated"}])
def test_credentials_that_launder_a_marked_picture_are_contradicted(foreign, look, marks):
    look(**marks)
    found = verify(foreign("photo.png"))
    assert (found.intact, found.synthetic) == (True, None)
    for told in (found.conclusion, found.problems[0]):
        assert "do not declare it AI-made, but" in told
        assert "in the picture" in told or "AI-generated" in told


def test_an_ingredient_is_intact_only_where_somebody_noted_it():
    wrong = [{"code": "assertion.dataHash.mismatch"}]
    assert _was_intact({}) is None
    assert _was_intact({"validation_status": wrong}) is False
    assert _was_intact({"validation_status": [{"code": "signingCredential.untrusted"}]}) is True
    delta = {"ingredientDeltas": [{"validationDeltas": {"failure": wrong}}]}
    assert _was_intact({"validation_results": delta}) is False
    assert _was_intact({"validation_results": {"activeManifest": {"failure": []}}}) is True
