from __future__ import annotations

import io
import tarfile
import zipfile

import pytest

from vivant.errors import PathRefused, WeightsError
from vivant.weights import sniff


def archive(**entries: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as written:
        for name, content in entries.items():
            written.writestr(name.replace("__", "/"), content)
    return held.getvalue()


def tar() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as written:
        written.addfile(tarfile.TarInfo("vox-cpk.pth"))
    return held.getvalue()


MISTAKEN = {
    "a page": (b"<!DOCTYPE html><html><head>" + b"x" * 90_000, "is a web page, not a checkpoint"),
    "a page after a blank": (b"\xef\xbb\xbf\n  <HTML>", "is a web page"),
    "an answer of a store": (b"<?xml version='1.0'?><Error>AccessDenied</Error>", "is a web page"),
    "nothing": (b"", r"is empty \(0 bytes\)"),
    "zeros": (b"\0" * 5000, "nothing but zeros"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS"),
    "text": (b"Quota exceeded for this file.", "is text.*'Quota exceeded"),
    "gzip": (b"\x1f\x8b" + b"x" * 99, "compressed by gzip; unpack it"),
    "a tar": (tar(), r"archive of files \(tar\)"),
    "a bare pickle": (b"\x80\x04\x95" + b"x" * 99, "bare pickle"),
    "Keras": (b"\x89HDF\r\n\x1a\n" + b"\0" * 99, "HDF5"),
    "noise": (bytes(range(128, 256)) * 9, "is no checkpoint"),
    "another archive": (archive(readme=b"hello"), "that torch did not write.*'readme'"),
    "half an archive": (archive(a__data_pkl=b"x" * 999)[:500], "cut off or damaged"),
    "a program": (archive(a__code__x=b"", **{"a/data.pkl": b""}), "TorchScript"),
    "a cut list": ((1 << 40).to_bytes(8, "little") + b'{"a":1}', "cut off or damaged"),
}


@pytest.mark.parametrize("what", MISTAKEN)
def test_what_is_no_checkpoint_is_told_for_what_it_is(what, tmp_path):
    content, wanted = MISTAKEN[what]
    file = tmp_path / "vox-cpk.pth.tar"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=rf"vox-cpk\.pth\.tar: .*{wanted}"):
        sniff.kind(file)


def test_checkpoints_are_told_by_their_bytes_not_by_their_name(tmp_path):
    file = tmp_path / "x"
    wanted = {
        "torch": archive(**{"a/data.pkl": b"x"}),
        "old torch": b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",
        "safetensors": (2).to_bytes(8, "little") + b"{}",
    }
    for kind, content in wanted.items():
        file.write_bytes(content)
        assert sniff.kind(file) == kind


def test_an_archive_that_unpacks_to_more_than_it_has_is_refused(tmp_path):
    file = tmp_path / "bomb.pth"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("a/data.pkl", b"\0" * (20 << 20))
    assert file.stat().st_size < 100_000
    with pytest.raises(WeightsError, match="unpacks to 20971520 bytes"):
        sniff.kind(file)


def test_a_file_larger_than_any_checkpoint_is_refused_unread(tmp_path):
    file = tmp_path / "large.pth"
    with file.open("wb") as held:
        held.truncate(sniff.LARGEST + 1)
    with pytest.raises(WeightsError, match=r"at most 4\.3 GB"):
        sniff.kind(file)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PathRefused, match="cannot be read"):
        sniff.kind(tmp_path / "missing.pth")
