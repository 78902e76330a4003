"""Sign a result: C2PA credentials inside the file, or beside it where there is no room.

Decided by measurement (2 cores, c2pa-python 0.38): signing an mp4 of 300 MB takes
about 3 s and 2 MB of memory; a PNG of 512x512 about 5 ms, so every picture of a
sequence is signed by itself and stays marked when it is taken out.
"""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from vivant.errors import MarkError, UnsupportedFormat, listed
from vivant.marks import claim as claims
from vivant.marks import ingredients, jobs
from vivant.marks.claim import Claim, sha256_of
from vivant.marks.formats import BESIDE, EMBEDS, sidecar
from vivant.marks.library import context, wants_pieces
from vivant.marks.replacing import replacing
from vivant.marks.signing import Signing, configured

if TYPE_CHECKING:
    import c2pa

Settle = Callable[[Path], object]
Rest = tuple[Path, threading.Event, Signing | None]


def sign(
    source: Path,
    target: Path,
    claim: Claim,
    *,
    final: Path | None = None,
    signing: Signing | None = None,
    cancel: threading.Event | None = None,
) -> None:
    """Write `source` with signed credentials to `target`, in one step; the journal notes it.

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
        signing: a certificate, and what signs; without it, what `signing.toml` in vivant's user
            folder says, else this installation's own.
        cancel: once set, signing ends soon.

    Raises:
        PathRefused: `source` or the portrait cannot be read, or `target` not written.
        UnsupportedFormat: credentials for that kind of file are not supported.
        DiskFull: there is no room.
        Cancelled: `cancel` was set.
        SettingsError: `signing.toml` is wrong.
        MarkError: signing failed, the key can be neither read nor made, or the journal not be
            written. In each case `target` is as it was.
    """
    stop = cancel or threading.Event()
    # Not in the main thread: an interrupt there would be lost inside the library's callbacks,
    # or end a read that the library then takes for the end of the file.
    with ThreadPoolExecutor(1, "sign") as pool:
        signed = pool.submit(_sign, source, target, claim, (final or target, stop, signing))
        try:
            signed.result()
        except BaseException:
            stop.set()
            raise


def _sign(source: Path, target: Path, claim: Claim, rest: Rest) -> None:
    signer = Signer(claim, source, rest)
    final = rest[0]
    if source.is_dir():
        from vivant.marks import sequence

        digest = sequence.sign(source, target, signer, listed=final.suffix.lower() not in EMBEDS)
        signer.record(final, digest)
    else:
        signer.sign(source, target, final, lambda part: signer.record(final, sha256_of(part)))


class Signer:
    """Signs any number of files with one claim; keys, thumbnails and ingredients are read once."""

    def __init__(self, claim: Claim, source: Path, rest: Rest) -> None:
        """Read what all signatures share.

        Args:
            claim: what is stated.
            source: the file or folder that is going to be signed.
            rest: its name when it is done, what stops the work, and who signs.

        Raises:
            PathRefused: the portrait cannot be read.
            SettingsError: `signing.toml` is wrong.
            MarkError: the signing key can be neither read nor made.
        """
        self._claim = claim
        _, self.stop, signing = rest
        self._signing = signing or configured()
        self._fingerprint = self._signing.fingerprint
        self._ingredients = ingredients.of(claim, source)

    def sign(self, source: Path, target: Path, final: Path, settle: Settle | None = None) -> None:
        """Sign one file as `vivant.marks.sign` does; `settle` gets it before it takes its place."""
        ending = target.suffix.lower()
        if ending in BESIDE:
            self.sign_beside(source, target, final, BESIDE[ending], settle)
            return
        if ending not in EMBEDS:
            raise UnsupportedFormat(
                f"{target}: a file of this kind can neither carry credentials nor have them "
                f"beside it. Use one of {listed([*EMBEDS, *BESIDE])}."
            )
        with replacing(source, target, self.stop, settle) as (read, write):
            self._sign(EMBEDS[ending], read, write)

    def sign_beside(
        self, source: Path, target: Path, final: Path, kind: str, settle: Settle | None = None
    ) -> None:
        """Sign any file by a sidecar of `final`; the file is copied where it is not `target`."""
        settled = None if settle is None else (lambda _: settle(source))
        with replacing(source, sidecar(final), self.stop, settled) as (read, write):
            write.write(self._sign(kind, read, None))
        if source != target:
            with replacing(source, target, self.stop) as (read, write):
                shutil.copyfileobj(read, write, 1 << 20)

    def record(self, final: Path, sha256: str) -> None:
        """Write the journal's entry of a result that is about to get its name.

        Raises:
            MarkError: the journal cannot be written.
        """
        jobs.record(self._claim, final, sha256, self._fingerprint)

    def _sign(self, kind: str, source: BinaryIO, target: BinaryIO | None) -> bytes:
        import c2pa

        failures: list[Exception] = []
        try:
            with (
                self._builder(wants_pieces(kind, source)) as builder,
                self._signing.opened(failures) as signer,
            ):
                if target is None:
                    builder.set_no_embed()
                manifest = builder.sign(signer, kind, source, target or _Nowhere())
        except c2pa.C2paError as error:
            if failures:
                raise MarkError(f"nothing was signed: {failures[0]}") from failures[0]
            if isinstance(error, c2pa.C2paError.Signature):
                raise MarkError(
                    f"nothing was signed: key, certificate or time stamp do not serve ({error}). "
                    f"See signing.toml."
                ) from error
            raise
        return cast("bytes", manifest)

    def _builder(self, in_pieces: bool) -> c2pa.Builder:
        import c2pa

        labels = {one.label for one in self._ingredients}
        definition = claims.manifest(
            self._claim, portrait=claims.PORTRAIT in labels, earlier=claims.EARLIER in labels
        )
        builder = c2pa.Builder(definition, context=context(in_pieces=in_pieces))
        for ingredient in self._ingredients:
            ingredient.add(builder)
        return builder


class _Nowhere(io.BytesIO):
    """Where the library's verbatim copy of a file goes whose credentials lie beside."""

    def write(self, data: Any) -> int:
        return len(data)
