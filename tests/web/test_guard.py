from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from vivant.web.guard import Door, Guard

DOOR = Door(4321, "right")
HOST = (b"host", b"127.0.0.1:4321")
ORIGIN = (b"origin", b"http://127.0.0.1:4321")


def asked(scope) -> tuple[bool, list]:
    """Return whether the application was reached, and what was answered."""
    reached, answers = [], []

    async def app(scope, receive, send):
        reached.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        answers.append(message)

    guarded = Guard(app, DOOR, "default-src 'none'")
    with ThreadPoolExecutor(1) as pool:  # playwright may have a loop in this thread
        pool.submit(lambda: asyncio.run(guarded(scope, receive, send))).result()
    return bool(reached), answers


def websocket(query=b"token=right", headers=(HOST, ORIGIN)):
    return {"type": "websocket", "query_string": query, "headers": list(headers)}


def test_a_web_socket_of_the_page_itself_is_let_in():
    assert asked(websocket()) == (True, [])


@pytest.mark.parametrize(
    "scope",
    [
        websocket(query=b""),
        websocket(query=b"token=wrong"),
        websocket(query=b"token=right&token=right"),
        websocket(headers=(HOST,)),
        websocket(headers=(HOST, (b"origin", b"http://evil.example"))),
        websocket(headers=(HOST, ORIGIN, (b"origin", b"http://evil.example"))),
        websocket(
            headers=((b"host", b"evil.example:4321"), (b"origin", b"http://evil.example:4321"))
        ),
        websocket(headers=(HOST, HOST, ORIGIN)),
        websocket(headers=(ORIGIN,)),
    ],
)
def test_any_other_web_socket_is_closed_before_anybody_hears_of_it(scope):
    assert asked(scope) == (False, [{"type": "websocket.close", "code": 1008}])


def test_the_start_of_the_server_is_let_through():
    assert asked({"type": "lifespan"})[0]


def test_every_answer_bears_the_policy_a_refusal_too():
    for query, status in ((b"token=right", 200), (b"", 403)):
        scope = {"type": "http", "method": "GET", "query_string": query, "headers": [HOST]}
        _, answers = asked(scope)
        assert answers[0]["status"] == status
        names = dict(answers[0]["headers"])
        assert names[b"content-security-policy"] == b"default-src 'none'"
        assert names[b"x-content-type-options"] == b"nosniff"


def test_the_token_is_new_each_time_and_not_in_logs():
    a, b = Door(1), Door(1)
    assert a.token != b.token
    assert len(a.token) >= 32
    assert a.token not in repr(a)
    assert a.token in a.address
