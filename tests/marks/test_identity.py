from __future__ import annotations

import getpass
import logging
import os
import platform
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from vivant.errors import MarkError
from vivant.marks import identity
from vivant.marks.identity import installation


def chain(made: identity.Identity) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(made.chain.encode())


def test_the_key_is_made_once_and_kept():
    assert installation() == installation()


def test_two_users_have_two_keys(home, monkeypatch):
    mine = installation()
    monkeypatch.setenv("VIVANT_HOME", str(home) + "-other")
    assert installation() != mine


def test_the_leaf_is_signed_by_the_root_and_may_sign_nothing_but_content():
    leaf, root = chain(installation())
    leaf.verify_directly_issued_by(root)
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is True


def test_the_roots_key_is_nowhere_on_disk(home):
    installation()
    files = [path for path in home.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert files[0].read_text().count("PRIVATE KEY-----") == 2  # begin and end of one key


def test_no_certificate_names_the_user_or_the_machine():
    for certificate in chain(installation()):
        (common,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert str(common.value).startswith("vivant installation ")
        for private in (getpass.getuser(), platform.node()):
            assert private not in certificate.subject.rfc4514_string()


def test_files_stay_verifiable_for_nineteen_years():
    leaf, root = chain(installation())
    for certificate in (leaf, root):
        assert certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=19 * 365)


def test_the_key_does_not_show_in_a_log():
    assert "PRIVATE" not in repr(installation())


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_the_key_is_for_this_user_only(home):
    installation()
    path = home / "identity" / "signing.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_a_key_that_others_could_read_is_replaced_with_a_warning(home, caplog):
    before = installation()
    (home / "identity" / "signing.pem").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        after = installation()
    assert after != before
    assert "other users could read it" in caplog.text
    assert installation() == after


@pytest.mark.parametrize("damage", ["", "nonsense", "\xff", "half", "foreign key"])
def test_a_damaged_key_file_is_replaced_with_a_warning(home, caplog, damage):
    before = installation()
    path = home / "identity" / "signing.pem"
    whole = path.read_bytes()
    foreign = identity._issue().encode().partition(b"-----BEGIN CERT")[0] + before.chain.encode()
    texts = {"half": whole[: len(whole) // 2], "foreign key": foreign}
    path.write_bytes(texts.get(damage, damage.encode("latin-1")))
    with caplog.at_level(logging.WARNING):
        after = installation()
    assert after != before
    assert "damaged" in caplog.text
    chain(after)


@pytest.mark.parametrize("age", [timedelta(days=366), timedelta(days=-3)])
def test_a_key_is_replaced_after_a_year_or_when_dated_in_the_future(home, monkeypatch, age):
    with monkeypatch.context() as patch:
        patch.setattr(identity, "_CLOCK_ERROR", age + identity._CLOCK_ERROR)
        old = identity._issue()
    path = home / "identity" / "signing.pem"
    path.parent.mkdir(parents=True)
    path.write_text(old)
    path.chmod(0o600)
    assert installation().chain not in old


def test_processes_that_start_at_once_share_one_key(home):
    script = "from vivant.marks.identity import installation; print(installation().chain)"
    started = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in started}) == 1
    assert all(process.returncode == 0 for process in started)
    assert [path.name for path in (home / "identity").iterdir()] == ["signing.pem"]


def test_a_folder_that_cannot_be_written_is_named_with_advice(home):
    home.write_text("a file where the folder should be")
    with pytest.raises(MarkError, match="VIVANT_HOME"):
        installation()
