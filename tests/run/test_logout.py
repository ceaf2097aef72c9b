"""Whether a logout ends what runs in the background."""

from __future__ import annotations

from pathlib import Path

import pytest

from qudag_tui.run.logout import LogoutPlaces, logout_kills

SESSION = "0::/user.slice/user-1000.slice/session-4.scope\n"
KILLED = (
    "KillUserProcesses is on ({where}), and ana does not linger: the supervisor ends at logout "
    "(loginctl enable-linger ana keeps it)"
)


class Machine:
    """A systemd machine on which ana is logged in."""

    def __init__(self, root: Path) -> None:
        self.etc, self.usr = root / "etc", root / "usr"
        self.places = LogoutPlaces(
            (self.etc, self.usr), linger=root / "linger", booted=root / "booted", cgroup=root / "cgroup"
        )
        self.places.booted.mkdir()
        self.places.linger.mkdir()
        self.places.cgroup.write_text(SESSION)

    def says(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def kills(self, login: str = "ana") -> str:
        return logout_kills(login, self.places)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_where_nothing_is_said_nothing_is_killed(machine: Machine) -> None:
    assert machine.kills() == ""


@pytest.mark.parametrize("yes", ["yes", "true", "1", "on", "Yes"])
def test_where_the_main_file_says_so_it_is_killed(machine: Machine, yes: str) -> None:
    main = machine.says(machine.etc / "logind.conf", f"[Login]\n#IdleAction=ignore\nKillUserProcesses={yes}\n")

    assert machine.kills() == KILLED.format(where=main)


def test_the_comment_in_the_main_file_is_the_default(machine: Machine) -> None:
    main = machine.says(machine.usr / "logind.conf", "[Login]\n#KillUserProcesses=yes\n#KillExcludeUsers=root\n")

    assert machine.kills() == KILLED.format(where=main)
    assert machine.kills("root") == ""


def test_a_drop_in_has_the_last_word_and_that_of_the_administrator_hides_its_namesake(machine: Machine) -> None:
    machine.says(machine.etc / "logind.conf", "[Login]\nKillUserProcesses=no\n")
    late = machine.says(machine.usr / "logind.conf.d" / "90-late.conf", "[Login]\nKillUserProcesses = yes\n")
    machine.says(machine.etc / "logind.conf.d" / "10-early.conf", "[Login]\nKillUserProcesses=no\n")
    assert machine.kills() == KILLED.format(where=late)

    machine.says(machine.etc / "logind.conf.d" / "90-late.conf", "[Login]\n#KillUserProcesses=yes\n")
    assert machine.kills() == ""


@pytest.mark.parametrize(
    ("setting", "killed"),
    [("KillExcludeUsers=bo ana", False), ("KillOnlyUsers=bo", False), ("KillOnlyUsers=bo ana", True)],
)
def test_logins_are_named_in_or_out(machine: Machine, setting: str, killed: bool) -> None:
    machine.says(machine.etc / "logind.conf", f"KillUserProcesses=yes\n{setting}\n")

    assert bool(machine.kills()) is killed


def test_who_lingers_is_spared(machine: Machine) -> None:
    machine.says(machine.etc / "logind.conf", "KillUserProcesses=yes\n")
    (machine.places.linger / "ana").touch()

    assert machine.kills() == ""


def test_a_unit_of_the_system_is_spared(machine: Machine) -> None:
    machine.says(machine.etc / "logind.conf", "KillUserProcesses=yes\n")
    machine.places.cgroup.write_text("0::/system.slice/qudag-run.service\n")

    assert machine.kills() == ""


def test_a_machine_without_systemd_kills_nothing(machine: Machine) -> None:
    machine.says(machine.etc / "logind.conf", "KillUserProcesses=yes\n")
    machine.places.booted.rmdir()

    assert machine.kills() == ""
