"""Who may ask a local server: only the page that was opened by the address with its token.

A server on 127.0.0.1 is reached by every program on the machine, and by every web page
that the browser has open: directly, or under a foreign name that is made to point to
127.0.0.1. Hence three questions before anything else is read: is the host the one we are
(names that were rebound are not), does the origin fit (pages of others have another), and
is the token there (neither others' pages nor other users know it).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADER: Final = "x-vivant-token"
"""Carries the token in what a page asks; the address carries it as `?token=`."""
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: a port of this machine, and the token that opens it."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def hosts(self) -> tuple[str, ...]:
        """What the header Host may say."""
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"


class Guard:
    """Lets an ASGI application hear only who comes through its door.

    Refusals are plain text: 421 for a foreign host, 403 for a foreign origin or a wrong
    token. No body has been read by then. Web sockets are held to the same, and need an origin.
    """

    def __init__(self, app: App, door: Door, policy: str) -> None:
        """Stand before `app`.

        Args:
            app: what is guarded.
            door: the port it is reached by, and its token.
            policy: the Content-Security-Policy of all it answers.
        """
        self._app = app
        self._door = door
        self._headers = [
            (name.encode(), value.encode())
            for name, value in {**_HEADERS, "content-security-policy": policy}.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        if scope["type"] == "websocket":
            await (self._app(scope, receive, send) if refused is None else _close(receive, send))
            return

        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        if refused is None:
            await self._app(scope, receive, framed)
        else:
            await _say(framed, *refused)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        """Return status and reason where a request is not let in."""
        hosts = list(_values(scope, "host"))
        if len(hosts) != 1 or hosts[0] not in self._door.hosts:
            return 421, "This server answers to 127.0.0.1 only."
        origins = list(_values(scope, "origin"))
        asks_only = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if (not origins and not asks_only) or any(o != f"http://{hosts[0]}" for o in origins):
            return 403, "This came from another page."
        if not self._opens(scope):
            return 403, "The token is missing or wrong: open the whole address that vivant printed."
        return None

    def _opens(self, scope: Scope) -> bool:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        given = [*_values(scope, HEADER), *query.get("token", ())]
        wanted = self._door.token.encode()
        return len(given) == 1 and hmac.compare_digest(given[0].encode(), wanted)


def _values(scope: Scope, name: str) -> Iterator[str]:
    wanted = name.encode()
    for key, value in scope["headers"]:
        if key.lower() == wanted:
            yield value.decode("latin-1")


async def _say(send: Send, status: int, text: str) -> None:
    body = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what else was sent is not read
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _close(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})
