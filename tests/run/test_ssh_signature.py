"""SSH signatures, made and verified by the real ssh-keygen."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.approval import NAMESPACE
from qudag_tui.run.signers import SigningError, load_signing
from qudag_tui.run.ssh_signature import read_signature, sign, verify
from tests.run.people import People

TEXT = '{"a":"text"}'


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    made = People(tmp_path)
    made.allow("ana", "bo")
    return made


def verified(signature: str, text: str = TEXT, principal: str = "bo@example.org", at: datetime | None = None) -> str:
    signing = load_signing()
    return verify(signing, text, read_signature(signature), namespace=NAMESPACE, principal=principal, at=at)


def test_what_is_signed_is_verified_from_one_line_or_from_ssh_keygens_own_form(people: People) -> None:
    ours = sign(TEXT, NAMESPACE, people.key("bo"))
    theirs = people.sign("bo", TEXT)

    assert (ours.key, ours.namespace) == (people.fingerprint("bo"), NAMESPACE)
    assert read_signature(theirs) == ours
    assert (verified(ours.text), verified(theirs)) == ("", "")


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_every_kind_of_key_that_openssh_signs_with_is_verified(people: People, kind: str) -> None:
    people._run("-q", "-t", kind, "-N", "", "-f", str(people.keys / kind))
    people.allow(kind)

    assert verified(people.sign(kind, TEXT), principal=f"{kind}@example.org") == ""


def test_another_text_namespace_or_person_is_refused(people: People) -> None:
    of_another = "the signature is not good: it signs another text: an earlier request, or"
    assert verified(people.sign("bo", TEXT), text=TEXT + " ").startswith(of_another)
    assert "the signature is not good" in verified(people.sign("bo", TEXT, "signoff@qudag-tui"))
    assert "is no allowed signer with the key" in verified(people.sign("ana", TEXT))
    assert "is no allowed signer with the key" in verified(people.sign("mallory", TEXT))
    assert "is no allowed signer with the key" in verified(people.sign("bo", TEXT), principal="-h")


def test_a_signature_that_claims_the_key_of_another_is_refused(people: People) -> None:
    mine, theirs = (base64.b64decode(read_signature(people.sign(name, TEXT)).text) for name in ("ana", "bo"))
    at = 10 + 4 + 51
    forged = base64.b64encode(theirs[:at] + mine[at:]).decode()

    assert read_signature(forged).key == people.fingerprint("bo")
    assert "the signature is not good" in verified(forged)


def test_a_revoked_key_is_refused(people: People) -> None:
    signature = people.sign("bo", TEXT)
    assert verified(signature) == ""
    people.revoke("bo")

    assert "revoked" in verified(signature)


def test_validity_is_judged_now_or_at_a_time_that_is_given(people: People) -> None:
    people.allow("cem", options='valid-before="20200101"')
    signature = people.sign("cem", TEXT)

    assert "expired" in verified(signature, principal="cem@example.org")
    assert verified(signature, principal="cem@example.org", at=datetime(2019, 5, 1, tzinfo=UTC)) == ""


@pytest.mark.parametrize("text", ["", "x", "U1NIU0lH", "%", "é", "A" * 30_000, "U1NIU0lHAAAAAQAAAAA="])
def test_what_is_no_signature_is_said_to_be_none(text: str) -> None:
    with pytest.raises(SigningError, match=r"no (SSH )?signature"):
        read_signature(text)


@given(st.binary(max_size=80))
def test_whatever_follows_the_beginning_of_a_signature_it_is_read_or_refused(data: bytes) -> None:
    try:
        signature = read_signature(base64.b64encode(b"SSHSIG\0\0\0\1" + data).decode())
    except SigningError:
        return
    assert signature.key.startswith("SHA256:")


def test_without_ssh_keygen_it_says_what_to_install(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    signature = people.sign("bo", TEXT)
    monkeypatch.setenv("PATH", str(people.keys))

    with pytest.raises(SigningError, match="install openssh-client"):
        verified(signature)
    with pytest.raises(SigningError, match="install openssh-client"):
        sign(TEXT, NAMESPACE, people.key("bo"))


def test_a_program_of_that_name_in_the_folder_is_never_run(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    signature = people.sign("bo", TEXT)
    (people.keys / "ssh-keygen").write_text("#!/bin/sh\nexit 0\n")
    (people.keys / "ssh-keygen").chmod(0o755)
    monkeypatch.chdir(people.keys)
    monkeypatch.setenv("PATH", ".::keys")

    with pytest.raises(SigningError, match="there is no ssh-keygen"):
        verified(signature, text="another")


def test_a_key_that_cannot_sign_is_said_with_its_name(people: People) -> None:
    with pytest.raises(SigningError, match=r"nowhere: ssh-keygen did not sign"):
        sign(TEXT, NAMESPACE, people.keys / "nowhere")


def test_an_ssh_keygen_that_never_answers_is_given_up(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    signature = people.sign("bo", TEXT)
    slow = people.keys / "bin"
    slow.mkdir()
    (slow / "ssh-keygen").write_text("#!/bin/sh\nexec sleep 60\n")
    (slow / "ssh-keygen").chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow}:/usr/bin:/bin")
    monkeypatch.setattr("qudag_tui.run.ssh_signature._VERIFY_SECONDS", 0.2)

    with pytest.raises(SigningError, match="no answer within"):
        verified(signature)
