"""Whose signatures count: what of the user's configuration is read, and what is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qudag_tui.core.checklist import Plan
from qudag_tui.core.procedure import Procedure
from qudag_tui.run.signers import SigningError, _signers, load_signing, require_approvers
from tests.run.people import People


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> People:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return People(tmp_path)


def refusal() -> str:
    with pytest.raises(SigningError) as caught:
        load_signing()
    return str(caught.value)


def missing(people_wanted: int, by: str = "ana") -> str:
    plan = Plan(
        "A deployment",
        "0" * 64,
        procedures={"rollback": Procedure("rollback", "Rollback", (), approvals=people_wanted)},
    )
    try:
        require_approvers(plan, by)
    except SigningError as error:
        return str(error)
    return ""


def test_the_configuration_that_the_documentation_shows_is_read(
    people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[2] / "docs" / "approvals.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- configuration -->")[2].partition("```toml\n")[2].partition("```")[0]
    monkeypatch.setenv("HOME", str(tmp_path))
    people.allow("ana", "bo", "cem")
    people.revoke("cem")
    for name, folder in (("allowed_signers", "team"), ("revoked_keys", "team"), ("id_ed25519.pub", ".ssh")):
        (tmp_path / folder).mkdir(exist_ok=True)
        source = people.config / name if folder == "team" else people.key("ana").with_suffix(".pub")
        (tmp_path / folder / name).write_text(source.read_text())
    (people.config / "config.toml").write_text("\n".join(line.strip() for line in shown.splitlines()))
    signing = load_signing()

    assert signing.allowed_signers == tmp_path / "team" / "allowed_signers"
    assert (signing.revoked, signing.own) == (tmp_path / "team" / "revoked_keys", people.fingerprint("ana"))
    assert signing.others("ana", "rollback") == {people.fingerprint("bo"): "bo@example.org"}


def test_without_a_configuration_nobody_can_approve(people: People) -> None:
    signing = load_signing()

    assert (signing.signers, signing.own, signing.revoked) == ((), "", None)
    assert "“rollback” asks for 2 people, and no other person's key is configured" in missing(2)
    assert str(people.allowed) in missing(2)
    assert missing(1) == ""


def test_reads_keys_principals_options_and_ones_own_key(people: People) -> None:
    people.me("ana")
    people.allow("ana", "bo")
    people.allow(
        "cem", principal='"cem@example.org,c.z@example.org"', options='namespaces="approval@*",valid-after="20200101"'
    )
    people.allow("git", options='namespaces="git"')
    people.allowed.write_text(people.allowed.read_text() + "\n# a comment\n\n")
    signing = load_signing()

    assert signing.own == people.fingerprint("ana")
    assert {key: names for key, names in signing.principals.items() if key != people.fingerprint("git")} == {
        people.fingerprint("ana"): ("ana@example.org",),
        people.fingerprint("bo"): ("bo@example.org",),
        people.fingerprint("cem"): ("cem@example.org", "c.z@example.org"),
    }
    assert signing.others("ana", "rollback") == {
        people.fingerprint("bo"): "bo@example.org",
        people.fingerprint("cem"): "cem@example.org",
    }
    assert (missing(3), "keys of only 2 others are configured" in missing(4)) == ("", True)


def test_ones_own_key_is_told_by_the_name_as_well_as_by_the_configuration(people: People) -> None:
    people.allow("ana", "bo")
    assert load_signing().own_keys("ana") == (people.fingerprint("ana"),)
    assert load_signing().own_keys("BO") == (people.fingerprint("bo"),)
    assert "nobody can tell somebody's key" in missing(2, "somebody")
    people.me("cem")
    assert load_signing().own_keys("somebody") == (people.fingerprint("cem"),)
    assert load_signing().own_keys("ana") == tuple(sorted(map(people.fingerprint, ("ana", "cem"))))


def test_two_lines_of_one_key_are_one_person(people: People) -> None:
    people.me("ana")
    people.allow("bo")
    people.allow("bo", principal="bo-again@example.org")

    assert (missing(2), "keys of only 1 others" in missing(3)) == ("", True)


def test_a_role_called_like_the_procedure_says_who_may_approve_it(people: People) -> None:
    people.allow("bo", "cem")
    people.me("ana", '[signing.roles]\nrollback = ["cem@example.org"]\n')

    assert load_signing().others("ana", "rollback") == {people.fingerprint("cem"): "cem@example.org"}
    assert len(load_signing().others("ana", "drain")) == 2


@pytest.mark.parametrize("pattern", ["*", "*@example.org", "b?", "!bo@example.org", "bo@example.org,*"])
def test_a_pattern_for_a_principal_is_refused_with_its_line(people: People, pattern: str) -> None:
    people.allow("ana")
    people.allow("bo", principal=pattern)

    assert f"{people.allowed}:2: " in refusal()
    assert "is a pattern, and a signature is one person's" in refusal()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("bo@example.org", "this is no line of allowed signers"),
        ("bo@example.org ssh-ed25519", "this is no line of allowed signers"),
        ("ssh-ed25519 AAAA", "this is no line of allowed signers"),
        ("bo@example.org ssh-ed25519 %%%%", "the key is damaged"),
        ("bo@example.org cert-authority ssh-ed25519 AAAA", "certificate authorities are not supported"),
        ("bo@example.org " + "x" * 20_000 + " ssh-ed25519 AAAA", "this is no line of allowed signers"),
    ],
)
def test_a_line_that_is_none_is_refused_with_its_place(people: People, line: str, why: str) -> None:
    people.allowed.write_text(f"# who\n{line}\n")

    assert f"{people.allowed}:2: {why}" in refusal()


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("signing = 3", "signing is no table"),
        ("[signing]\nkey = 3", "signing.key is the path of a file"),
        ("[signing]\nkeys = 'x'", "“keys” is not a key of [signing]"),
        ("[signing]\nallowed_signers = 'nowhere'", "there is no such file"),
        ("[signing]\nrevoked = 'nowhere'", "there is no such file"),
        ("[signing]\nkey = 'config.toml'", "this is no public key"),
        ("[signing]\nkey = '~nobody-at-all/id.pub'", "there is no such file"),
        ("[signing]\nkey = '/'", "is no regular file"),
        ("[signing]\nallowed_signers = '.'", "is no regular file"),
        ('[signing]\nkey = "id\\u0000.pub"', "a path under [signing] has a NUL in it"),
        ("[signing]\nallowed_signers = '/dev/null'", "is no regular file"),
        ("[signing.roles]\nrollback = 'bo'", "signing.roles.rollback is a list of principals"),
        ("[signing.roles]\nrollback = ['*']", "is a pattern"),
        ("[signing.roles]\nrollback = ['nobody@example.org']", "who is not among the allowed signers"),
        ("[signing", "cannot be read"),
    ],
)
def test_a_configuration_that_is_wrong_is_refused(people: People, written: str, why: str) -> None:
    (people.config / "config.toml").write_text(written)

    assert why in refusal()


@pytest.mark.parametrize("name", ["allowed_signers", "config.toml", "revoked_keys"])
def test_a_file_that_others_can_write_says_nothing(people: People, name: str) -> None:
    people.me("ana")
    people.allow("bo")
    people.revoke("cem")
    (people.config / name).chmod(0o666)

    assert f"anybody can write {people.config / name}" in refusal()


def test_a_file_that_is_too_large_is_not_read_in_part(people: People) -> None:
    people.allowed.write_text("# a comment\n" * 100_000)

    assert "is larger than 1 MiB" in refusal()


@given(st.text(alphabet=st.sampled_from(list(' ,"=*@-\tboAssh-ed25519\u2028é'))) | st.text())
def test_whatever_a_file_of_signers_says_it_is_read_or_refused_with_its_line(text: str) -> None:
    said, signers = "allowed_signers:", []
    try:
        signers = _signers(text, Path("allowed_signers"))
    except SigningError as error:
        said = str(error)

    assert said.startswith("allowed_signers:")
    assert all(signer.principals and signer.key.startswith("SHA256:") for signer in signers)


def test_a_file_in_a_folder_that_others_can_write_says_nothing(people: People) -> None:
    people.allow("bo")
    people.config.chmod(0o777)

    assert f"anybody can write {people.config}" in refusal()


def test_a_link_that_others_can_bend_says_nothing(people: People, tmp_path: Path) -> None:
    people.allow("bo")
    bent = tmp_path / "shared"
    bent.mkdir()
    (bent / "link").symlink_to(people.allowed)
    (people.config / "config.toml").write_text(f'[signing]\nallowed_signers = "{bent}/link"\n')
    assert load_signing().signers
    bent.chmod(0o777)

    assert f"anybody can write {bent}" in refusal()
