from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

HOSTILE = ("../../../etc/cron.d/x", "..\\..\\x.png", "/tmp/x.png", "a%00b", "CON", "x" * 5000)


def kept(server):
    """Return what of any upload is still there."""
    return list(server.folder.iterdir())


def soon(question, seconds=120.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.05)
    return False


def told(server, path, **headers):
    answer, text = server.ask(body=path.read_bytes(), **headers)
    assert answer.status == 200, text
    return json.loads(text)


def test_the_page_comes_with_its_token_and_asks_nothing_of_others(server):
    answer, text = server.ask("GET", f"/?token={server.token}", X_Vivant_Token=None)
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    for outside in ("http://", "https://", "src=", "@import", "url("):
        assert outside not in text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("name", "state"),
    [("signed.png", "valid"), ("changed.png", "broken"), ("plain.png", "none")],
)
def test_a_file_gets_the_answer_that_it_gets_in_the_terminal(server, signed, name, state):
    found = told(server, signed / name)
    assert found["state"] == state
    titles = [section["title"] for section in found["sections"]]
    assert titles == ["Credentials", "Invisible watermark", "Visible label", "Conclusion"]
    assert not kept(server)


def test_the_answer_names_no_folder(server, signed, tmp_path):
    noise = tmp_path / "noise.png"
    noise.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    for path in (signed / "signed.png", signed / "plain.png", noise):
        assert "upload" not in json.dumps(told(server, path)).replace("uploaded", "")


def test_credentials_that_lie_beside_a_file_go_along(server, signed, tmp_path):
    video = signed / "signed.webm"
    beside = video.with_name("signed.webm.c2pa").read_bytes()
    body = video.read_bytes() + beside
    assert told(server, video)["state"] == "none"
    answer, text = server.ask(body=body, X_Sidecar_Bytes=str(len(beside)))
    assert json.loads(text)["state"] == "valid", (answer.status, text)


@pytest.mark.parametrize("number", ["-1", "x", "99999999999", "999999999", "1e3", "²"])
def test_odd_counts_of_sidecar_bytes_are_refused(server, number):
    answer, _ = server.ask(body=b"x", X_Sidecar_Bytes=number.encode())
    assert answer.status == 400


def test_a_sidecar_announced_longer_than_all_is_refused(server, signed):
    body = (signed / "plain.png").read_bytes()
    for count in (len(body), 60_000_000):
        answer, text = server.ask(body=body, X_Sidecar_Bytes=str(count))
        assert (answer.status, json.loads(text)["state"]) == (400, "refused")
    assert not kept(server)


def test_a_fault_while_reading_is_told_in_words(monkeypatch, tmp_path):
    from vivant.web import form

    def fail(*_, **__):
        raise OSError(f"{tmp_path}/upload")

    monkeypatch.setattr(form.vivant, "verify", fail)
    found = form._read(tmp_path / "upload", 0, None)
    assert (found["state"], str(tmp_path) in str(found)) == ("refused", False)


@pytest.mark.parametrize("garbage", [b"hello", bytes(5000), b"\xff\xd8\xff" + bytes(99)])
def test_garbage_is_refused_in_words(server, garbage):
    answer, text = server.ask(body=garbage)
    assert answer.status == 200
    assert json.loads(text)["state"] in ("refused", "none")
    assert "Traceback" not in text


def test_an_empty_file_is_refused(server):
    answer, text = server.ask()
    assert answer.status == 400
    assert "empty" in text


@pytest.mark.parametrize("token", [None, "", "x", "é", "A" * 43])
def test_without_the_token_nothing_is_said(server, signed, token):
    given = None if token is None else token.encode()
    body = (signed / "signed.png").read_bytes()
    for method, path in (("POST", "/verify"), ("GET", "/"), ("GET", "/anything")):
        answer, text = server.ask(method, path, body if method == "POST" else b"",
                                  X_Vivant_Token=given)  # fmt: skip
        assert answer.status == 403
        assert "signed" not in text.lower()


def test_two_tokens_are_none(server):
    answer, _ = server.ask("GET", f"/?token={server.token}")
    assert answer.status == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", None],
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(server, host):
    given = None if host is None else host.format(port=server.port)
    answer, _ = server.ask("GET", "/", Host=given)
    assert answer.status in (400, 421)


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1"]
)
def test_what_comes_from_another_page_is_refused(server, origin):
    given = None if origin is None else origin.format(port=server.port)
    answer, _ = server.ask(body=b"x", Origin=given)
    assert answer.status == 403


def test_localhost_is_this_machine_too(server, signed):
    host = f"localhost:{server.port}"
    body = (signed / "plain.png").read_bytes()
    assert server.ask(body=body, Host=host, Origin=f"http://{host}")[0].status == 200
    assert server.ask(body=body, Host=host)[0].status == 403  # the origin is the other name


def test_an_upload_that_is_announced_too_large_is_refused_before_it_comes(server, limit):
    answer, text = server.ask(Content_Length=str(limit + 1))
    assert answer.status == 413
    assert "vivant verify FILE" in text


def test_an_upload_that_turns_out_too_large_is_refused_and_not_kept(server, limit):
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=300) as line:
        head = (
            f"POST /verify HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Origin: http://127.0.0.1:{server.port}\r\nX-Vivant-Token: {server.token}\r\n"
            f"Transfer-Encoding: chunked\r\n\r\n"
        )
        line.sendall(head.encode())
        for _ in range(limit // 0x10000 + 1):
            line.sendall(piece)
        assert b" 413 " in line.recv(4096).splitlines()[0]
    assert soon(lambda: not kept(server))


def test_an_upload_that_breaks_off_is_not_kept(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=300) as line:
        head = (
            f"POST /verify HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            f"Origin: http://127.0.0.1:{server.port}\r\nX-Vivant-Token: {server.token}\r\n"
            f"Content-Length: 1000\r\n\r\nhalf"
        )
        line.sendall(head.encode())
        assert soon(lambda: kept(server))
        (folder,) = kept(server)
        if sys.platform != "win32":
            assert folder.stat().st_mode & 0o077 == 0
    assert soon(lambda: not kept(server))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_that_comes_along_counts(server, signed, name):
    body = (signed / "signed.png").read_bytes()
    plain = name.replace("\\", "%5C")
    answer, text = server.ask(
        "POST", f"/verify?name={plain}&path={plain}", body,
        Content_Disposition=f'attachment; filename="{name}"', X_File_Name=name,
    )  # fmt: skip
    assert answer.status == 200
    assert json.loads(text)["state"] == "valid"
    assert not kept(server)


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/verify/../x", "/static/x", "//etc/passwd"])
def test_no_path_leads_to_a_file(server, path):
    assert server.ask("GET", path)[0].status == 404


def test_twenty_at_once_all_get_their_own_answer(server, signed):
    names = ("signed.png", "changed.png", "plain.png")
    wanted = {"signed.png": "valid", "changed.png": "broken", "plain.png": "none"}
    with ThreadPoolExecutor(20) as pool:
        asked = [
            (names[n % 3], pool.submit(told, server, signed / names[n % 3])) for n in range(20)
        ]
        for name, answer in asked:
            assert answer.result()["state"] == wanted[name]
    assert not kept(server)


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C reaches all of a console")
def test_ctrl_c_ends_it_and_frees_the_port(start):
    running = start()
    assert running.ask("GET", "/", Origin=None)[0].status == 200
    os.kill(running.process.pid, signal.SIGINT)
    assert running.process.wait(120) == 0
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", running.port))
    assert start("--port", str(running.port)).port == running.port


def test_only_this_machine_is_listened_to(start):
    running = start()
    with socket.socket(socket.AF_INET6) as other:
        other.settimeout(2)
        with pytest.raises(OSError):  # noqa: PT011 - each system has its own
            other.connect(("::1", running.port))
    assert "127.0.0.1" in running.address


def test_a_taken_port_is_told(server, capsys):
    from vivant.cli import main

    assert main(["verify", "--web", "--port", str(server.port)]) == 2
    assert "cannot be used" in capsys.readouterr().err


def test_the_page_and_a_file_exclude_each_other(capsys):
    from vivant.cli import main

    assert main(["verify", "x.png", "--web"]) == 2
    assert main(["verify"]) == 2
    assert "--web" in capsys.readouterr().err
