from __future__ import annotations

from collections.abc import Sequence
from json import dumps
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qudag_tui.supervisor.masking import MASK, Masker, mask, patterns

SECRETS = ["hunter2hunter2", 'qu"ote\\ and/space', "ümläut-päss", "aaaaaaaa", "aaaabbbb", "hunter2hunter2longer"]


def fed(parts: Sequence[bytes], wanted: list[bytes]) -> bytes:
    masker = Masker(wanted)
    return b"".join(masker.feed(part) for part in parts) + masker.finish()


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "written",
    [
        str,
        lambda s: dumps(s)[1:-1],
        lambda s: dumps(s, ensure_ascii=False)[1:-1],
        quote,
        quote_plus,
        lambda s: quote(s, safe=""),
        lambda s: quote(s, safe="").lower(),
    ],
)
def test_a_secret_is_masked_however_it_is_written(secret: str, written: object) -> None:
    assert callable(written)

    assert mask(f"<{written(secret)}>", patterns([secret])) == "<*****>"


def test_short_ones_are_left_alone() -> None:
    assert patterns(["short77", ""]) == []


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*SECRETS, "hunter2", "aaaa", "bbbb", "\n", "x", "longer", "a"]), max_size=12),
    st.data(),
)
def test_no_way_of_cutting_a_stream_changes_what_is_masked(words: list[str], data: st.DataObject) -> None:
    wanted = patterns(SECRETS)
    whole = "".join(words).encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)))))
    parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    expected = fed([whole], wanted)

    assert fed(parts, wanted) == expected
    assert fed([whole[n : n + 1] for n in range(len(whole))], wanted) == expected
    assert not any(pattern in expected for pattern in wanted)


def test_overlapping_secrets_leave_nothing_of_either() -> None:
    assert fed([b"aaaabbbbcccc"], [b"aaaabbbb", b"bbbbcccc"]) == MASK


def test_what_cannot_be_the_beginning_of_a_secret_shows_at_once() -> None:
    masker = Masker([b"hunter2hunter2"])

    assert (masker.feed(b"continue? [y/n] "), masker.feed(b"hunt"), masker.feed(b"ing"), masker.finish()) == (
        b"continue? [y/n] ",
        b"",
        b"hunting",
        b"",
    )


def test_a_long_run_of_a_secret_is_not_kept_in_memory() -> None:
    masker = Masker([b"aaaaaaaa"])
    for _ in range(1000):
        masker.feed(b"a" * 100)

    assert len(masker._buffer) < 200
    assert masker.finish() == b""
