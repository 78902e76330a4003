"""Run an application on a port of this machine that nobody else can take."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vivant.errors import MissingExtra, PathRefused
from vivant.web.guard import App, Door, Guard

_LOOPBACK = "127.0.0.1"
_CONNECTIONS = 64
"""Most connections at a time; more are answered 503."""
_GRACE = 3
"""Seconds in which open requests may end when the server is stopped."""


def needs_web() -> None:
    """Raise `MissingExtra` where the packages of the extra `web` are not installed."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            f"the local page needs {error.name}. Install it: pip install 'vivant[web]'"
        ) from error


@contextmanager
def listening(port: int = 0) -> Iterator[tuple[socket.socket, Door]]:
    """Take a port of 127.0.0.1, any free one for 0, and give it up in the end.

    Raises:
        PathRefused: the port is taken.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        try:
            taken.bind((_LOOPBACK, port))
            taken.listen(128)
        except (OSError, OverflowError) as error:
            raise PathRefused(
                f"port {port} of {_LOOPBACK} cannot be used ({error}). Leave --port out: any free "
                f"one is taken then."
            ) from error
        yield taken, Door(taken.getsockname()[1])


def serve(app: App, policy: str, *, ready: Callable[[Door], None], port: int = 0) -> None:
    """Serve `app` behind a `Guard` until it is interrupted; then the port is free again.

    Args:
        app: an ASGI application.
        policy: the Content-Security-Policy of its answers.
        ready: is told the door once connections are taken.
        port: of 127.0.0.1; 0 takes any that is free.

    Raises:
        MissingExtra: the extra `web` is not installed.
        PathRefused: the port is taken.
        KeyboardInterrupt: by Ctrl-C, when all has ended.
    """
    needs_web()
    import uvicorn

    with listening(port) as (taken, door):
        config = uvicorn.Config(
            Guard(app, door, policy),
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE,
            ws="none",
        )
        ready(door)
        uvicorn.Server(config).run(sockets=[taken])
