"""A declared secret reaches the step that declared it, and nothing else: searched for in every byte that is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from qudag_tui.cli.main import main as qudag_tui
from qudag_tui.core import event as ev
from qudag_tui.core.intent import Abort
from tests.supervisor.supervised import Supervised, step
from tests.waiting import until

Build = Callable[..., Supervised]
SECRET = 'hunter2 "x/y\\ü'
WRITTEN = {
    SECRET.encode(),
    json.dumps(SECRET)[1:-1].encode(),
    json.dumps(SECRET, ensure_ascii=False)[1:-1].encode(),
    quote(SECRET).encode(),
    quote(SECRET, safe="").encode(),
    quote_plus(SECRET).encode(),
}
# Rare enough to be nothing but a piece of the secret.
PIECE = b"hunter2"


def shell(script: str) -> str:
    return f"""["sh", "-c", {json.dumps(script)}]"""


def steps() -> list[str]:
    """Every way in which a step may give its secret away, and one that was not given it."""
    half = len(SECRET) // 2
    return [
        step("shows", run=shell('echo "<$TOKEN>"; echo "<$TOKEN>" >&2'), secrets='["TOKEN"]'),
        step(
            "splits",
            run=shell(f"printf '%.{half + 1}s' \"$TOKEN\"; sleep 0.2; printf '%s' \"${{TOKEN#????????}}\""),
            secrets='["TOKEN"]',
        ),
        step("encodes", run=shell('cat "$FILE"'), secrets='["TOKEN"]', env='{ FILE = "encodings" }'),
        step("fails", run=shell('exec "./$TOKEN"'), secrets='["TOKEN"]', on_failure='"continue"'),
        step("no-folder", run='["true"]', secrets='["TOKEN"]', on_failure='"continue"', cwd='"nowhere"'),
        step("others", run=shell("env; cat /proc/$PPID/cmdline; cat /proc/$PPID/environ")),
        step("waits", run=shell("echo began >> began; exec sleep 1000"), secrets='["TOKEN"]', grace='"100ms"'),
    ]


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_secret_is_nowhere_but_in_the_environment_of_its_step(
    supervised: Build, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run = supervised(*steps())
    (run.folder / "encodings").write_bytes(b"\n".join(sorted(WRITTEN)))
    run.start(TOKEN=SECRET)
    run.rollback()
    until(lambda: run.lines("began"))

    started = run.facts(ev.StepStarted)[-1]
    assert isinstance(started, ev.StepStarted)
    assert run.supervisor is not None
    assert PIECE in Path(f"/proc/{started.pid}/environ").read_bytes()
    for pid in (started.shim_pid, run.supervisor.pid, started.pid):
        assert PIECE not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert PIECE not in Path(f"/proc/{started.shim_pid}/environ").read_bytes()
    run.ask(Abort())
    run.until_over()
    run.kill()

    assert run.output("shows") == b"<*****>\n<*****>\n"
    assert run.output("encodes") == b"\n".join([b"*****"] * len(WRITTEN))
    assert PIECE not in run.output("splits")
    assert b"QUDAG_TUI_STEP=others" in run.output("others")
    (run.folder / "encodings").unlink()
    found = everything_below(tmp_path)
    assert f"{run.folder.name}/runs/{run.run.folder.id}/samples.db" in found
    assert [name for name, data in found.items() if PIECE in data] == []

    at = ["--run", str(run.run.folder.path)]
    names = ("shows", "splits", "encodes", "fails", "no-folder", "others", "waits")
    for words in (
        ["status"],
        ["status", "--json"],
        ["log"],
        ["log", "--json"],
        ["rollback", "--dry-run"],
        *(["output", name] for name in names),
    ):
        assert qudag_tui([*words, *at]) == 0
    shown = capfdbinary.readouterr()
    assert b"QUDAG_TUI_STEP" in shown.out
    assert PIECE not in shown.out + shown.err
