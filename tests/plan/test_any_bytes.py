"""Whatever the bytes: a plan or its errors, each at a place in the file; never another exception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qudag_tui.plan import PlanErrors, parse_plan
from qudag_tui.plan.keys import KEYS
from qudag_tui.plan.warning import warnings

SHIPPED = (Path(__file__).parents[2] / "checklists.toml").read_bytes()
PIECES = [piece for line in SHIPPED.decode().splitlines(keepends=True) for piece in line.partition("=")]


def read(data: bytes) -> None:
    """Parse, and check what every outcome promises."""
    try:
        plan = parse_plan(data, "f.toml")
    except PlanErrors as caught:
        rows = data.removeprefix(b"\xef\xbb\xbf").decode(errors="replace").split("\n")
        assert caught.errors  # noqa: PT017 - a plan is as good an outcome
        for error in caught.errors:
            assert 1 <= error.line <= len(rows), str(error)
            assert 1 <= error.column <= len(rows[error.line - 1]) + 1 or error.message.startswith("--var"), str(error)
            assert error.message
            assert str(error).isprintable()
    else:
        assert len(plan.boxes) == len(set(plan.boxes))
        for warning in warnings(plan, data, "f.toml"):
            assert str(warning).isprintable()


@given(st.binary(max_size=300))
@example(b"a=[[[[")
@example(b"a={b={c=\n")
@example(b"'''")
@example(b'"\\')
@example(b"[[a]]\n[a]")
@example(b"[a]\r[b]")
@example(
    b"[metrics.cpu]\ngauge = 'host:cpu_percent'\n[procedures.r]\nsteps = [{ text = 'a', id = '\xf4\x8f\xbf\xbf', until = 'cpu < 1', within = '1m' }, "
    b"{ text = 'b', unless = 'c', steps = [{ text = 'd' }] }]"
)
def test_any_bytes(data: bytes) -> None:
    read(data)


@given(st.text(alphabet="ab=[]{}.\"'#,\n\r\t \\1-+:TZ_ux", max_size=80))
def test_any_text_of_the_signs_of_toml(text: str) -> None:
    read(text.encode())


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(st.data())
def test_the_shipped_file_with_bytes_changed_removed_and_doubled(data: st.DataObject) -> None:
    broken = bytearray(SHIPPED)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(broken) - 1))
        length = data.draw(st.integers(0, 30))
        broken[start : start + length] = data.draw(st.binary(max_size=6) | st.just(bytes(broken[start : start + 200])))
    read(bytes(broken))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_pieces_of_the_shipped_file_in_any_order(pieces: list[str]) -> None:
    read("".join(pieces).encode())


def tables(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Tables with the keys that mean something, and some that do not."""
    known = sorted(set().union(*KEYS.values()))
    return st.dictionaries(st.sampled_from([*known, "cpu", "rollback", "s", "v", "a b", ""]), values, max_size=6)


TEXTS = st.sampled_from(["x", "", "host:cpu_percent", "5m", "cpu < 80%", "10%", "{v}", "T-2h", "a\x1b", "✔", "s:x"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | TEXTS | st.booleans() | st.integers(-3, 10**20) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | tables(inner),
    max_leaves=12,
)


def written(value: Any) -> str:
    """A value as TOML, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)} = {written(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, bool) or value is None:
        return str(bool(value)).lower()
    if isinstance(value, str):
        signs = (f"\\U{ord(sign):08x}" if not 0xD800 <= ord(sign) < 0xE000 else "?" for sign in value)
        return '"' + "".join(signs) + '"'
    return str(value)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
@given(tables(VALUES))
def test_any_values_under_the_keys_that_are_known(values: dict[str, Any]) -> None:
    read("".join(f"{written(key)} = {written(value)}\n" for key, value in values.items()).encode())


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
@given(st.sampled_from(["section", "item", "step", "trigger", "metric", "source"]), st.data())
def test_any_values_in_any_table(name: str, data: st.DataObject) -> None:
    known = st.sampled_from(sorted(KEYS[name]))
    table = data.draw(st.dictionaries(known, VALUES, max_size=5))
    heads = {
        "section": "[[checklists]]\ntitle = 'c'\n[[checklists.sections]]\n",
        "item": "[[checklists]]\ntitle = 'c'\n[[checklists.sections]]\ntitle = 's'\n[[checklists.sections.items]]\n",
        "step": "[[procedures.rollback.steps]]\n",
        "trigger": "[[triggers]]\n",
        "metric": "[metrics.cpu]\n",
        "source": "[sources.s]\n",
    }
    text = heads[name] + "".join(f"{key} = {written(value)}\n" for key, value in table.items())

    read(("title = 't'\nvars = { v = '1' }\n" + text).encode())


@pytest.mark.parametrize("cut", range(0, len(SHIPPED), 997))
def test_the_shipped_file_cut_anywhere(cut: int) -> None:
    read(SHIPPED[:cut])


def test_the_shipped_file_with_any_line_left_out() -> None:
    lines = SHIPPED.splitlines(keepends=True)

    for number in range(0, len(lines), 7):
        read(b"".join(lines[:number] + lines[number + 1 :]))
