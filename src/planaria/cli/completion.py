"""`planaria completion SHELL`: a script that completes commands and options in bash, zsh or fish.

Why: it is written from the parser, so it cannot forget a command.
Use: `eval "$(planaria completion bash)"` in ~/.bashrc, the same for zsh, `planaria completion fish | source` for fish.
Not here: completing what is in a system.
"""

import argparse

from planaria.cli.command import OK, Command
from planaria.cli.terminal import Terminal

SHELLS = ("bash", "zsh", "fish")
BASH = """_planaria() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
    case "${{COMP_WORDS[1]}}" in
{cases}
    esac
    if [ "$COMP_CWORD" -eq 1 ]; then words="{commands}"; fi
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    if [ "$COMP_CWORD" -gt 1 ] && [ "${{word#-}}" = "$word" ]; then COMPREPLY+=($(compgen -f -- "$word")); fi
}}
complete -o filenames -F _planaria planaria
"""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def _run(given: argparse.Namespace, terminal: Terminal) -> int:
    script = script_for(given.shell, words_of(given.parser))
    terminal.give({"ok": True, "script": script})
    terminal.say(script.rstrip("\n"))
    return OK


def words_of(parser: argparse.ArgumentParser) -> dict[str, list[str]]:
    """Return the options and choices of each command of a parser.

    >>> words_of(argparse.ArgumentParser())
    {}
    """
    found: dict[str, list[str]] = {}
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list what it was told
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            for name, below in action.choices.items():
                actions = below._actions  # noqa: SLF001 - as above
                choices = [str(one) for each in actions for one in each.choices or () if not each.option_strings]
                found[name] = [*choices, *(one for each in actions for one in each.option_strings if one.startswith("--"))]
    return found


def script_for(shell: str, words: dict[str, list[str]]) -> str:
    """Return the script for one shell.

    >>> print(script_for("fish", {"up": ["--port"]}))
    complete -c planaria -f -n __fish_use_subcommand -a up
    complete -c planaria -n '__fish_seen_subcommand_from up' -a '--port'
    """
    if shell == "fish":
        lines = [f"complete -c planaria -f -n __fish_use_subcommand -a {name}" for name in words]
        lines += [f"complete -c planaria -n '__fish_seen_subcommand_from {name}' -a '{' '.join(one)}'" for name, one in words.items()]
        return "\n".join(lines)
    cases = "\n".join(f'    {name}) words="{" ".join(one)}" ;;' for name, one in words.items())
    script = BASH.format(cases=cases, commands=" ".join(words))
    return "autoload -U +X bashcompinit && bashcompinit\n" + script if shell == "zsh" else script


COMMAND = Command("completion", "print a completion script for bash, zsh or fish", 'eval "$(planaria completion bash)"', _options, _run)
