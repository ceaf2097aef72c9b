"""Two people and one rollback: asked for by keyboard in a real tmux, signed elsewhere, handed in by a paste."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.test_whole_path import PLAN, status, wait_until_step
from tests.e2e.tmux import Tmux, isolated_environment, qudag_tui
from tests.run.people import People

TWO = PLAN.replace(
    "[[procedures.rollback.steps]]", "[procedures.rollback]\napprovals = 2\n\n[[procedures.rollback.steps]]", 1
)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 36)])
def test_a_rollback_starts_once_a_colleague_has_signed_what_the_screen_shows(
    tmp_path: Path, columns: int, rows: int
) -> None:
    tmp_path.chmod(0o700)
    env = isolated_environment(tmp_path)
    people = People(Path(env["XDG_CONFIG_HOME"]))
    people.me("ana")
    people.allow("ana", "bo")
    (tmp_path / "plan.toml").write_text(TWO)
    (tmp_path / "finish").touch()
    created = qudag_tui("new", "plan.toml", "--release", "v2", "--previous", "v1", "--id", "r1", env=env, cwd=tmp_path)
    assert created.returncode == 0, created.stderr
    assert qudag_tui("trust", "plan.toml", "--yes", env=env, cwd=tmp_path).returncode == 0

    with Tmux(tmp_path, env, ["plan.toml"], columns=columns, rows=rows) as robot:
        robot.wait_for("supervised")
        robot.press("R")
        robot.wait_for(r"Two people are needed: bo has not signed\.")
        robot.type(robot.wait_for(r"Type  (\w{4})  to start")[1])
        robot.wait_for(r"waits for a second signature, 09:\d\d left")
        token = qudag_tui("approve", "--show", env=env, cwd=tmp_path).stdout.strip()

        # bo, at a login that knows nothing of the run.
        elsewhere = env | {"XDG_CONFIG_HOME": str(tmp_path / "elsewhere"), "QUDAG_TUI_AS": "bo"}
        signed = qudag_tui("approve", token, "--key", str(people.key("bo")), env=elsewhere, cwd=people.keys)
        assert signed.returncode == 0, signed.stderr
        assert "asked for by ana" in signed.stderr

        robot.press("P")
        robot.wait_for("A second person's signature")
        robot.paste(people.sign("ana", "something else").replace("\n", "")[29:-27], bracketed=True)
        robot.press("Enter")
        robot.wait_for("it is by the key of ana")
        robot.paste(signed.stdout.strip(), bracketed=True)
        robot.press("Enter")
        robot.wait_for(r"approved by bo@example\.org")
        robot.wait_for("waits for a person")
        robot.press("m")
        robot.wait_for(r"p passed")
        robot.press("p")
        wait_until_step(env, tmp_path, "flags-off", "passed")

    (procedure,) = status(env, tmp_path)["procedures"]
    assert [given["principal"] for given in procedure["approvals"]["given"]] == ["bo@example.org"]
    verified = qudag_tui("verify", env=env, cwd=tmp_path)
    assert (verified.returncode, "the signature of bo@example.org" in verified.stdout) == (0, True)
    assert qudag_tui("abort", env=env, cwd=tmp_path).returncode == 0
    assert qudag_tui("supervise", "--stop", env=env, cwd=tmp_path).returncode == 0
