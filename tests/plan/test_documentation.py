"""``docs/checklists.md``: every key that the parser knows is in it, and every example parses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qudag_tui.core.host_series import HOST_SERIES, HTTP_SERIES, PROCESS_SERIES
from qudag_tui.core.unit import SUFFIXES
from qudag_tui.plan import keys
from qudag_tui.plan.keys import KEYS
from qudag_tui.plan.metric import CONDITION_WORDS
from tests.plan.checklist_text import plan_of

TEXT = (Path(__file__).parents[2] / "docs" / "checklists.md").read_text()
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
TABLES: dict[str, list[tuple[str, str]]] = {
    name: re.findall(r"^\| `(\w+)` \| (.*?) \| .+ \|$", table, re.MULTILINE)
    for name, table in re.findall(r"<!-- keys: (\w+) -->\n(.*?)\n(?:\n|\Z)", TEXT, re.DOTALL)
}


def test_documents_every_table_of_keys() -> None:
    assert set(TABLES) == {*KEYS, "run"}


@pytest.mark.parametrize("name", KEYS)
def test_documents_every_key_with_what_it_takes(name: str) -> None:
    documented = TABLES[name] + (TABLES["run"] if name in {"item", "step"} else [])

    assert sorted(documented) == sorted(KEYS[name].items())


def test_every_key_that_needs_a_command_is_among_those_of_commands() -> None:
    assert {*keys.RUN_KEYS, "run", "target", "required", "confirm"} == {key for key, _ in TABLES["run"]}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.partition("\n")[0])
def test_every_example_is_a_whole_file_that_parses(example: str) -> None:
    assert plan_of(example).title


def test_the_examples_use_nearly_every_key() -> None:
    used = set(re.findall(r"(?:^|[{,]\s*)([a-z_]+) = ", "\n".join(EXAMPLES), re.MULTILINE))

    # Shown in the text or in checklists.toml.
    assert (
        set().union(*KEYS.values())
        - used
        - {
            "vars",
            "sources",
            "metrics",
            "checklists",
            "triggers",
            "procedures",
            "sections",
            "steps",
            "notes",
            "trusts",
            "pid_file",
            "name",
            "process",
            "unit",
        }
        == set()
    )


def test_names_every_series_unit_and_word_of_a_condition() -> None:
    for word in [*HOST_SERIES, *PROCESS_SERIES, *HTTP_SERIES, *filter(None, SUFFIXES), *CONDITION_WORDS]:
        assert f"`{word}`" in TEXT


def test_every_link_within_the_document_leads_somewhere() -> None:
    anchors = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", TEXT, re.MULTILINE)}

    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= anchors
