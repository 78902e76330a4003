"""Sign a result: C2PA credentials inside the file, or beside it where there is no room.

Decided by measurement (2 cores, c2pa-python 0.38): signing an mp4 of 300 MB takes
about 3 s and 2 MB of memory; a PNG of 512x512 about 5 ms, so every picture of a
sequence is signed by itself and stays marked when it is taken out.
"""

from __future__ import annotations

import io
import mmap
import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from vivant.errors import UnsupportedFormat, listed
from vivant.marks import claim as claims
from vivant.marks.claim import Claim
from vivant.marks.formats import BESIDE, EMBEDS, media_type, sidecar, unreadable
from vivant.marks.identity import installation
from vivant.marks.library import context, wants_pieces
from vivant.marks.replacing import replacing

if TYPE_CHECKING:
    import c2pa


def sign(
    source: Path,
    target: Path,
    claim: Claim,
    *,
    final: Path | None = None,
    cancel: threading.Event | None = None,
) -> None:
    """Write `source` with signed credentials to `target`, in one step.

    `target` may be `source`. For a container without room for credentials (webm,
    mkv) they are written to `target` + ".c2pa". A folder is taken as a PNG
    sequence: every picture is signed, then the list of their sha256 sums
    (`vivant.marks.sequence`).

    Args:
        source: the finished file or folder, without credentials.
        target: where it goes; an existing file is replaced.
        claim: what is stated.
        final: the name that the caller will give to `target` afterwards; a sidecar is put
            beside that name. For a folder whose pictures get other names (`final` ends
            like a picture) no list is written, since it would name the wrong files.
        cancel: once set, signing ends soon.

    Raises:
        PathRefused: `source` or the portrait cannot be read, or `target` not written.
        UnsupportedFormat: credentials for that kind of file are not supported.
        DiskFull: there is no room.
        Cancelled: `cancel` was set.
        MarkError: signing failed, or the key can be neither read nor made. In each case
            `target` is as it was.
    """
    stop = cancel or threading.Event()
    # Not in the main thread: an interrupt there would be lost inside the library's callbacks,
    # or end a read that the library then takes for the end of the file.
    with ThreadPoolExecutor(1, "sign") as pool:
        signed = pool.submit(_sign, source, target, claim, (final or target, stop))
        try:
            signed.result()
        except BaseException:
            stop.set()
            raise


def _sign(source: Path, target: Path, claim: Claim, rest: tuple[Path, threading.Event]) -> None:
    final, stop = rest
    signer = Signer(claim, stop)
    if source.is_dir():
        from vivant.marks import sequence

        sequence.sign(source, target, signer, listed=final.suffix.lower() not in EMBEDS)
    else:
        signer.sign(source, target, final)


class Signer:
    """Signs any number of files with one claim; keys, thumbnail and portrait are read once."""

    def __init__(self, claim: Claim, stop: threading.Event) -> None:
        """Read what all signatures share.

        Raises:
            PathRefused: the portrait cannot be read.
            MarkError: the signing key can be neither read nor made.
        """
        self._claim = claim
        self.stop = stop
        self._identity = installation()
        image = claim.portrait_image
        self._thumbnail = claims.thumbnail(image) if image is not None else None
        self._portrait = _with_credentials(claim.portrait) if claim.portrait else None

    def sign(self, source: Path, target: Path, final: Path) -> None:
        """Sign one file; see `vivant.marks.sign`."""
        ending = target.suffix.lower()
        if ending in BESIDE:
            self.sign_beside(source, target, final, BESIDE[ending])
            return
        if ending not in EMBEDS:
            raise UnsupportedFormat(
                f"{target}: a file of this kind can neither carry credentials nor have them "
                f"beside it. Use one of {listed([*EMBEDS, *BESIDE])}."
            )
        with replacing(source, target, self.stop) as (read, write):
            self._sign(EMBEDS[ending], read, write)

    def sign_beside(self, source: Path, target: Path, final: Path, kind: str) -> None:
        """Sign any file by a sidecar of `final`; the file is copied where it is not `target`."""
        with replacing(source, sidecar(final), self.stop) as (read, write):
            write.write(self._sign(kind, read, None))
        if source != target:
            with replacing(source, target, self.stop) as (read, write):
                shutil.copyfileobj(read, write, 1 << 20)

    def _sign(self, kind: str, source: BinaryIO, target: BinaryIO | None) -> bytes:
        import c2pa

        info = c2pa.C2paSignerInfo(
            b"es256", self._identity.chain.encode(), self._identity.key.encode(), None
        )
        pieces = wants_pieces(kind, source)
        with self._builder(pieces) as builder, c2pa.Signer.from_info(info) as signer:
            if target is None:
                builder.set_no_embed()
            manifest = builder.sign(signer, kind, source, target or _Nowhere())
        return cast("bytes", manifest)

    def _builder(self, in_pieces: bool) -> c2pa.Builder:
        import c2pa

        claim = self._claim
        portrait = bool(claim.portrait or claim.portrait_sha256 or self._thumbnail)
        definition = claims.manifest(claim, portrait=portrait)
        builder = c2pa.Builder(definition, context=context(in_pieces=in_pieces))
        if portrait:
            self._add_portrait(builder)
        for label, digest in claim.drivers.items():
            ingredient = _ingredient(label, "inputTo", digest)
            builder.add_ingredient(ingredient, _UNREAD, io.BytesIO())
        return builder

    def _add_portrait(self, builder: c2pa.Builder) -> None:
        import c2pa

        ingredient = _ingredient(claims.PORTRAIT, "componentOf", self._claim.portrait_sha256)
        if self._thumbnail is not None:
            name = "portrait.jpg"
            builder.add_resource(name, io.BytesIO(self._thumbnail))
            ingredient["thumbnail"] = {"format": "image/jpeg", "identifier": name}
        if self._portrait is not None:
            kind, path = self._portrait
            try:
                with path.open("rb") as file:
                    builder.add_ingredient(ingredient, kind, file)
                return
            except c2pa.C2paError:  # damaged beyond parsing; that is stated, not hidden
                ingredient["description"] += "; its own credentials cannot be read"
        builder.add_ingredient(ingredient, _UNREAD, io.BytesIO())


_UNREAD = "application/octet-stream"
"""Media type of an ingredient whose file the library is not given."""


def _ingredient(label: str, relationship: str, sha256: str | None) -> dict[str, Any]:
    return {
        "title": label,
        "label": label,
        "relationship": relationship,
        "description": f"sha256:{sha256}" if sha256 else "no file",
    }


def _with_credentials(portrait: Path) -> tuple[str, Path] | None:
    """Return media type and path of a portrait that may bring credentials, else None.

    Only such a file is given to the library at all: most portraits come from
    strangers, and what is not parsed cannot do harm.
    """
    try:
        with portrait.open("rb") as file, _mapped(file) as content:
            found = content is not None and content.find(b"jumdc2pa") >= 0
    except OSError as error:
        raise unreadable(portrait, error) from error
    return (media_type(portrait), portrait) if found else None


@contextmanager
def _mapped(file: BinaryIO) -> Iterator[mmap.mmap | None]:
    if os.fstat(file.fileno()).st_size == 0:  # cannot be mapped
        yield None
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


class _Nowhere(io.BytesIO):
    """Where the library's verbatim copy of a file goes whose credentials lie beside."""

    def write(self, data: Any) -> int:
        return len(data)
