"""``[vars]``: what the person who starts may change, put into addresses and commands as ``{name}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from qudag_tui.plan.problem import Path, Problems, quoted

_NAME = re.compile(r"[a-z][a-z0-9_]*")
# ``{name}``, but not the shell's ``${name}``; ``{{name}}`` is how a literal ``{name}`` is written.
_PLACEHOLDER = re.compile(r"\{\{([A-Za-z_]\w*)\}\}|(?<![${])\{([A-Za-z_]\w*)\}(?!\})")


class Variables:
    """The resolved variables of one file."""

    def __init__(self, declared: Mapping[str, Any], overrides: Mapping[str, str], problems: Problems) -> None:
        self.problems = problems
        self.values: dict[str, str] = {}
        self._undeclared: set[str] = set()
        for name, value in declared.items():
            if not _NAME.fullmatch(name):
                message = f"the name of a variable has small letters, digits and _, such as node; not {quoted(name)}"
                problems.add(message, ("vars", name), at_key=True)
            elif not isinstance(value, str) or "\0" in value:
                problems.add(f"a variable must be a string, not {quoted(value)}", ("vars", name))
            self.values[name] = value if isinstance(value, str) else ""
        for name, value in overrides.items():
            if name not in self.values:
                end = problems.nearest(name, list(self.values))
                problems.add(f"--var {name}: [vars] has no variable of this name{end}", ("vars",), absence=True)
            elif "\0" in value:
                problems.add(f"--var {name}: the value has a NUL character", ("vars", name))
            else:
                self.values[name] = value

    def fill(self, text: str, path: Path) -> str:
        """``text`` with every ``{name}`` replaced; an unknown one is a problem at its place in the string."""

        def value(match: re.Match[str]) -> str:
            if match[1]:
                return "{" + match[1] + "}"
            if match[2] in self.values:
                return self.values[match[2]]
            end = self.problems.nearest(match[2], list(self.values))
            message = f"no variable has the name {quoted(match[2])}{end}; {{{{{match[2]}}}}} keeps the braces"
            self.problems.add(message, path, offset=match.start(), absence=True)
            return match[0]

        return _PLACEHOLDER.sub(value, text) if "{" in text else text
