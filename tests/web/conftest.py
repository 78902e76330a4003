from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

LIMIT = 2**20
SCRIPT = f"""
from vivant.web import form, serving
page = form.application(limit={LIMIT})
serving.serve(page, form.policy(), ready=lambda door: print(door.address, flush=True))
"""


@dataclass
class Server:
    """A server that runs, and how it is asked."""

    process: subprocess.Popen[str]
    address: str
    folder: Path
    """Where it keeps what is uploaded."""

    @property
    def port(self) -> int:
        port = urlsplit(self.address).port
        assert port is not None
        return port

    @property
    def token(self) -> str:
        return parse_qs(urlsplit(self.address).query)["token"][0]

    def ask(self, method="POST", path="/verify", body=b"", **changed):
        """Return status and body; `changed` headers replace the right ones, None drops one."""
        headers = {
            "Host": f"127.0.0.1:{self.port}",
            "X-Vivant-Token": self.token,
            **({} if method == "GET" else {"Origin": f"http://127.0.0.1:{self.port}"}),
            **{name.replace("_", "-"): value for name, value in changed.items()},
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        if method != "GET" and "Content-Length" not in headers:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text


def started(command: list[str], folder: Path) -> Server:
    """Start a program that prints the address it serves."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("http://"):
            return Server(process, line.strip(), folder)
    raise AssertionError(process.communicate()[1])


@pytest.fixture
def start(tmp_path):
    """Start `vivant verify --web` as people do, and end it in the end."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    running = []

    def run(*words: str) -> Server:
        command = [sys.executable, "-m", "vivant", "verify", "--web", *words]
        running.append(started(command, tmp_path))
        return running[-1]

    yield run
    for one in running:
        one.process.kill()
        one.process.communicate()


@pytest.fixture(scope="session")
def limit() -> int:
    """Largest upload that `server` takes, bytes."""
    return LIMIT


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    pytest.importorskip("starlette", reason="needs the extra web")
    pytest.importorskip("uvicorn", reason="needs the extra web")
    running = started([sys.executable, "-c", SCRIPT], tmp_path_factory.mktemp("uploads"))
    yield running
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(120)
    running.process.stdout.close()
    running.process.stderr.close()


def write_clip(path: Path, images: list[np.ndarray]) -> None:
    from vivant.media import VideoWriter
    from vivant.types import Frame

    height, width = images[0].shape[:2]
    with VideoWriter(path, width=width, height=height, rate=Fraction(25)) as writer:
        for number, image in enumerate(images):
            writer.write(Frame(image, number, Fraction(number, 25)))


@pytest.fixture(scope="session")
def signed(tmp_path_factory) -> Path:
    """A folder: a signed picture, the same with a changed pixel, one without credentials."""
    from vivant.marks import Claim, Consent, LabelSettings, sign
    from vivant.media import write_image

    folder = tmp_path_factory.mktemp("signed")
    rows, columns = np.mgrid[:96, :128]
    image = np.dstack([rows * 2, columns, rows + columns]).astype(np.uint8)
    write_image(folder / "plain.png", image)
    claim = Claim(
        engine="mesh",
        engine_version="1",
        consent=Consent(kind="fictional", given="option", when="2026-01-02T03:04:05+00:00"),
        label=LabelSettings(),
        portrait_image=image,
        portrait_sha256="0" * 64,
    )
    sign(folder / "plain.png", folder / "signed.png", claim)
    write_clip(folder / "plain.webm", [image] * 5)
    sign(folder / "plain.webm", folder / "signed.webm", claim)
    data = bytearray((folder / "signed.png").read_bytes())
    data[data.index(b"IDAT") + 30] ^= 1
    (folder / "changed.png").write_bytes(data)
    return folder
