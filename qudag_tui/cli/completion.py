"""``completion bash|zsh|fish``: the completion script of a shell: verbs and their options."""

from __future__ import annotations

import argparse

from qudag_tui.cli.exit_code import ExitCode
from qudag_tui.cli.sinks import put
from qudag_tui.cli.verbs import VERBS

SHELLS = ("bash", "zsh", "fish")


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    script = {"bash": _bash, "zsh": _zsh, "fish": _fish}[arguments.shell]()
    for line in script.splitlines():
        put(line)
    return ExitCode.DONE


def _options() -> dict[str, list[str]]:
    from qudag_tui.cli.parser import parser_of  # loads every verb, which only this one needs

    return {
        verb: [
            option
            for action in parser_of(verb)._actions  # noqa: SLF001  # argparse has no other way to list them
            for option in action.option_strings
            if option.startswith("--")
        ]
        for verb in VERBS
    }


def _bash() -> str:
    cases = "\n".join(f"    {verb}) words='{' '.join(options)}' ;;" for verb, options in _options().items())
    return f"""_qudag_tui() {{
  local words
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='{" ".join(VERBS)}'
  else
    case ${{COMP_WORDS[1]}} in
{cases}
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}")
}}
complete -o default -F _qudag_tui qudag-tui"""


def _zsh() -> str:
    cases = "\n".join(f"    {verb}) compadd -- {' '.join(options)}; _files ;;" for verb, options in _options().items())
    return f"""#compdef qudag-tui
_qudag_tui() {{
  if (( CURRENT == 2 )); then
    compadd -- {" ".join(VERBS)}
    _files
    return
  fi
  case $words[2] in
{cases}
    *) _files ;;
  esac
}}
compdef _qudag_tui qudag-tui"""


def _fish() -> str:
    lines = [
        f"complete -c qudag-tui -n __fish_use_subcommand -a {verb} -d '{words.replace(chr(39), '')}'"
        for verb, words in VERBS.items()
    ]
    lines += [
        f"complete -c qudag-tui -n '__fish_seen_subcommand_from {verb}' -l {option.removeprefix('--')}"
        for verb, options in _options().items()
        for option in options
    ]
    return "\n".join(lines)
