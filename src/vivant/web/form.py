"""The page of `vivant verify --web`: drop a file, read what it says of itself.

A file comes as the plain body of one request, and its name does not come at all. It is
kept in a private folder for as long as it is read. A sidecar may follow in the same
body; a header then says how many of the last bytes are its own.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

import vivant
from vivant.errors import VivantError
from vivant.marks.formats import SIDECAR
from vivant.web.telling import Told, refused, told

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

LIMIT: Final = 4 * 2**30
"""Largest upload, bytes."""
SIDECAR_HEADER: Final = "x-sidecar-bytes"
_SIDECAR_LIMIT: Final = 64 * 2**20
_AT_A_TIME: Final = 2
"""Files that are received and read at a time; others wait with their bodies unread."""


class _Refused(Exception):
    """An upload that is not taken: status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def policy() -> str:
    """Return the page's Content-Security-Policy: its own program and style, no other source."""
    return (
        f"default-src 'none'; script-src 'sha256-{_digest('form.js')}'; "
        f"style-src 'sha256-{_digest('form.css')}'; connect-src 'self'; img-src data:; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def application(*, trust_anchors: Path | None = None, limit: int = LIMIT) -> Starlette:
    """Build the application; it is to stand behind a `Guard`.

    Args:
        trust_anchors: as for `vivant.verify`.
        limit: largest upload, bytes.
    """
    from anyio.to_thread import run_sync
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, JSONResponse
    from starlette.routing import Route

    waiting = asyncio.Semaphore(_AT_A_TIME)
    html = Template(_file("form.html")).substitute(
        style=_file("form.css"),
        script=_file("form.js"),
        limit=limit,
        version=vivant.__version__,
    )

    async def check(request: Request) -> Response:
        try:
            beside = _announced(request, limit)
            async with waiting, _received(request, limit) as path:
                return JSONResponse(await run_sync(_read, path, beside, trust_anchors))
        except _Refused as error:
            return JSONResponse(refused(error.reason), status_code=error.status)

    return Starlette(
        routes=[Route("/", _always(HTMLResponse(html))), Route("/verify", check, methods=["POST"])]
    )


def _always(response: Response) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:  # noqa: ARG001
        return response

    return answer


def _announced(request: Request, limit: int) -> int:
    """Return how many of the last bytes are the sidecar's; refuse what is announced too large."""
    beside = request.headers.get(SIDECAR_HEADER, "0")
    if not beside.isdecimal() or len(beside) > 9 or int(beside) > _SIDECAR_LIMIT:
        raise _Refused(400, "The credentials beside the file are too large to be some.")
    size = request.headers.get("content-length")
    if size is not None and int(size) > limit:
        raise _Refused(413, _too_large(limit))
    return int(beside)


def _too_large(limit: int) -> str:
    return (
        f"The file is larger than {limit / 2**20:g} MiB, the most that this page takes. "
        f"In a terminal there is no limit: vivant verify FILE"
    )


@asynccontextmanager
async def _received(request: Request, limit: int) -> AsyncIterator[Path]:
    """Receive a body into a file of a private folder, and remove both in the end."""
    with tempfile.TemporaryDirectory(prefix="vivant-verify-") as folder:
        path, count = Path(folder) / "upload", 0
        with path.open("xb") as file:
            async for piece in request.stream():
                count += len(piece)
                if count > limit:
                    raise _Refused(413, _too_large(limit))
                try:
                    file.write(piece)
                except OSError as error:
                    reason = f"There is no room for it on this computer: {error.strerror}."
                    raise _Refused(507, reason) from error
        if not count:
            raise _Refused(400, "The file is empty.")
        yield path


def _read(path: Path, beside: int, anchors: Path | None) -> Told:
    try:
        if beside:
            _part(path, beside)
        return told(vivant.verify(path, trust_anchors=anchors))
    except VivantError as error:
        reason = str(error).removeprefix(f"{path}: ").replace(str(path), "the file")
        return refused(f"{reason[:1].upper()}{reason[1:]}")
    except _Refused:
        raise
    except Exception as error:  # noqa: BLE001 - the outermost place: a fault ends in one line too
        return refused(f"A fault of vivant itself ({type(error).__name__}).")


def _part(path: Path, beside: int) -> None:
    """Move the last bytes of a file into its sidecar."""
    whole = path.stat().st_size
    if beside >= whole:
        raise _Refused(400, "The credentials beside the file were announced longer than all.")
    with path.open("r+b") as file:
        file.seek(-beside, os.SEEK_END)
        path.with_name(path.name + SIDECAR).write_bytes(file.read())
        file.truncate(whole - beside)


def _file(name: str) -> str:
    return (files("vivant.web") / name).read_text(encoding="utf-8")


def _digest(name: str) -> str:
    return base64.b64encode(hashlib.sha256(_file(name).encode()).digest()).decode()
