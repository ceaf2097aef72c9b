"""An approval that was recorded once is verified for ever, by what was signed then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qudag_tui.run.signers import SigningError
from qudag_tui.run.verify_approvals import check_approvals
from tests.e2e.tmux import need

STORED = Path(__file__).parents[1] / "data" / "journals" / "with-approval.toml"
BO = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2RRK7timCNMqP8n48FG8tQ27NBMopcqzOrDkgExoqq"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder with the journal that an earlier version wrote."""
    need("ssh-keygen")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "r1"
    folder.mkdir(mode=0o700)
    shutil.copyfile(STORED, folder / "progress.toml")
    (folder / "progress.toml").chmod(0o600)
    return folder


def allowed(run: Path, line: str) -> Path:
    path = run.parent / "allowed_signers"
    path.write_text(f"{line}\n")
    return path


def test_an_approval_of_the_first_version_vouches_up_to_the_request(run: Path) -> None:
    (one,) = check_approvals(run, allowed(run, f"bo@example.org {BO}"))

    assert (one.seq, one.principal, one.checked, one.why) == (4, "bo@example.org", True, "")
    assert one.witness is not None
    assert one.witness.seq == 3
    assert f'hash = "{one.witness.digest}"' in STORED.read_text()


def test_validity_is_judged_at_the_time_of_the_approval(run: Path) -> None:
    good, late = 'valid-before="20261201"', 'valid-before="20261101"'

    assert [one.why for one in check_approvals(run, allowed(run, f"bo@example.org {good} {BO}"))] == [""]
    (one,) = check_approvals(run, allowed(run, f"bo@example.org {late} {BO}"))
    assert "expired" in one.why
    assert (one.finding is not None, one.witness) == (True, None)


def test_where_nobody_is_known_nothing_is_checked(run: Path) -> None:
    (one,) = check_approvals(run)

    assert (one.checked, one.why, one.witness, one.finding) == (False, "", None, None)


def test_what_contradicts_itself_is_wrong_even_where_nobody_is_known(run: Path) -> None:
    journal = run / "progress.toml"
    journal.write_text(journal.read_text().replace("request = 3\nprincipal", "request = 8\nprincipal"))
    (one,) = check_approvals(run)

    assert "is not event 8 as it stands here" in one.why


def test_a_journal_without_approvals_needs_no_configuration(run: Path) -> None:
    with pytest.raises(SigningError, match="there is no such file"):
        check_approvals(run, run / "nowhere")
    journal = run / "progress.toml"
    journal.write_text(journal.read_text().partition("[[event]]\nseq = 4")[0])

    assert check_approvals(run, run / "nowhere") == []
