from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from vivant.errors import MarkError, SettingsError
from vivant.marks import Signing, identity, journal, sign, verify
from vivant.marks.signing import configured

MARK = "-----BEGIN CERTIFICATE"


@pytest.fixture
def own() -> identity.Identity:
    """A key and chain that are not the installation's."""
    key, _, chain = identity._issue().partition(MARK)
    return identity.Identity(key, MARK + chain)


@pytest.fixture
def remote(own):
    """A function that signs as a service would."""

    def ask(data: bytes) -> bytes:
        key = load_pem_private_key(own.key.encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key.sign(data, ec.ECDSA(hashes.SHA256()))

    return ask


@pytest.fixture
def set_up(home, own):
    """Write `signing.toml` with further lines, and the files that it names."""

    def write(*lines: str) -> Path:
        home.mkdir(exist_ok=True)
        (home / "chain.pem").write_text(own.chain)
        (home / "key.pem").write_text(own.key)
        (home / "key.pem").chmod(0o600)
        path = home / "signing.toml"
        path.write_text("\n".join(('certificates = "chain.pem"', *lines)))
        return path

    return write


def test_without_settings_the_installation_signs():
    assert configured() == Signing(
        chain=identity.installation().chain, key=identity.installation().key
    )


def test_ones_own_certificate_signs_every_kind_of_file(name, media, claim, own, tmp_path):
    sign(media / name, tmp_path / name, claim, signing=Signing(chain=own.chain, key=own.key))
    (tmp_path / "root.pem").write_text(MARK + own.chain.rsplit(MARK, 1)[1])
    found = verify(tmp_path / name, trust_anchors=tmp_path / "root.pem")
    assert (found.intact, found.trusted, found.problems) == (True, True, ())


def test_a_remote_signer_signs_every_kind_of_file(name, media, claim, own, remote, tmp_path):
    sign(media / name, tmp_path / name, claim, signing=Signing(chain=own.chain, sign=remote))
    assert verify(tmp_path / name).intact


def test_a_remote_signer_may_give_both_numbers_of_a_signature(media, claim, own, remote, tmp_path):
    def both(data: bytes) -> bytes:
        return b"".join(n.to_bytes(32, "big") for n in decode_dss_signature(remote(data)))

    sign(
        media / "still.png", tmp_path / "a.png", claim, signing=Signing(chain=own.chain, sign=both)
    )
    assert verify(tmp_path / "a.png").intact


def unreachable(_: bytes) -> bytes:
    raise ConnectionError("the service does not answer")


@pytest.mark.parametrize(
    ("service", "told"),
    [
        (unreachable, "the service does not answer"),
        (lambda _: b"no signature", "do not serve"),
        (lambda _: b"", "do not serve"),
        (lambda _: "text", "do not serve"),
    ],
)
def test_where_a_remote_signer_fails_nothing_is_left(
    name, media, claim, own, tmp_path, service, told
):
    target = tmp_path / name
    target.write_bytes(b"older")
    with pytest.raises(MarkError, match=told):
        sign(media / name, target, claim, signing=Signing(chain=own.chain, sign=service))
    assert target.read_bytes() == b"older"
    assert {path.name for path in tmp_path.iterdir()} <= {"home", name}
    assert journal.read().entries == ()


def test_a_remote_signer_with_anothers_certificate_is_refused(media, claim, remote, tmp_path):
    signing = Signing(chain=identity.installation().chain, sign=remote)
    with pytest.raises(MarkError, match="do not serve"):
        sign(media / "still.png", tmp_path / "out.png", claim, signing=signing)
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("chain", ["", "no certificate", MARK + "-----\nAAAA\n"])
def test_a_chain_that_is_none_is_told(media, claim, own, tmp_path, chain):
    with pytest.raises(MarkError, match="certificate"):
        sign(
            media / "still.png",
            tmp_path / "a.png",
            claim,
            signing=Signing(chain=chain, key=own.key),
        )


def test_a_signing_is_by_key_or_by_function_and_shows_neither(own, remote):
    with pytest.raises(SettingsError):
        Signing(chain=own.chain)
    with pytest.raises(SettingsError):
        Signing(chain=own.chain, key=own.key, sign=remote)
    assert "PRIVATE" not in repr(Signing(chain=own.chain, key=own.key))


def test_the_settings_choose_a_certificate_and_a_key(set_up, own, media, claim, tmp_path):
    set_up('key = "key.pem"')
    sign(media / "still.png", tmp_path / "out.png", claim)
    (entry,) = journal.read().entries
    assert entry.facts is not None
    assert entry.facts["signer"] == Signing(chain=own.chain, key=own.key).fingerprint
    assert verify(tmp_path / "out.png").intact


SERVICE = """
import sys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
key = load_pem_private_key(open(sys.argv[1], "rb").read(), None)
sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read(), ec.ECDSA(hashes.SHA256())))
"""


def words(*command: str) -> str:
    return f"command = [{', '.join(repr(word) for word in command)}]"


def test_the_settings_choose_a_program_that_signs(set_up, home, media, claim, tmp_path):
    (tmp_path / "service.py").write_text(SERVICE)
    set_up(words(sys.executable, str(tmp_path / "service.py"), str(home / "key.pem")))
    sign(media / "still.png", tmp_path / "out.png", claim)
    assert verify(tmp_path / "out.png").intact


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            (sys.executable, "-c", "import sys; sys.exit('the card is not there')"),
            "the card is not",
        ),
        ((sys.executable, "-c", ""), "gave no signature"),
        (("no-such-program-at-all",), "did not sign"),
        (("$(touch made-by-a-shell)",), "did not sign"),
    ],
)
def test_where_the_program_fails_nothing_is_left(set_up, media, claim, tmp_path, command, told):
    set_up(words(*command))
    with pytest.raises(MarkError, match=told):
        sign(media / "still.png", tmp_path / "out.png", claim)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ('key = "key.pem"', 'command = ["sign"]'),
        ('key = "gone.pem"',),
        ('key = "key.pem"', 'algorithm = "md5"'),
        ('key = "key.pem"', 'timestamp = "ftp://clock"'),
        ('command = "sign --now"',),
        ('key = "key.pem"', "certificate = 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(set_up, lines):
    set_up(*lines)
    with pytest.raises(SettingsError):
        configured()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_a_key_of_ones_own_that_others_can_read_is_refused(set_up, home):
    set_up('key = "key.pem"')
    (home / "key.pem").chmod(0o640)
    with pytest.raises(SettingsError, match="others can read"):
        configured()


@pytest.fixture
def authority():
    """A time-stamp authority that refuses, and what was asked of it."""
    asked: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                asked.append(connection.recv(4000))
                connection.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")

    threading.Thread(target=answer, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/tsa", asked
    listening.close()


def test_a_time_stamp_authority_is_asked_only_where_it_is_set(
    set_up, authority, media, claim, tmp_path
):
    address, asked = authority
    set_up('key = "key.pem"')
    sign(media / "still.png", tmp_path / "plain.png", claim)
    assert asked == []
    set_up('key = "key.pem"', f'timestamp = "{address}"')
    with pytest.raises(MarkError, match="time stamp"):  # it was set, so doing without is no choice
        sign(media / "still.png", tmp_path / "stamped.png", claim)
    assert asked[0].startswith(b"POST /tsa")
    assert not (tmp_path / "stamped.png").exists()


@pytest.mark.parametrize(
    ("algorithm", "make"),
    [
        ("es384", lambda: ec.generate_private_key(ec.SECP384R1())),
        ("es512", lambda: ec.generate_private_key(ec.SECP521R1())),
        ("ps256", lambda: rsa.generate_private_key(65537, 2048)),
        ("ed25519", ed25519.Ed25519PrivateKey.generate),
    ],
)
def test_the_standards_other_algorithms_serve_too(media, claim, tmp_path, algorithm, make):
    root, key = ec.generate_private_key(ec.SECP256R1()), make()
    names = identity._subject("some authority"), identity._subject("somebody")
    leaf = identity._certificate(names[1], names[0], key, root, identity._leaf_extensions)
    above = identity._certificate(names[0], names[0], root, root, identity._root_extensions)
    chain = "".join(one.public_bytes(Encoding.PEM).decode() for one in (leaf, above))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    signing = Signing(chain=chain, key=pem, algorithm=algorithm)
    sign(media / "still.png", tmp_path / "out.png", claim, signing=signing)
    found = verify(tmp_path / "out.png")
    assert (found.state, found.signer) == ("valid", "somebody")
