import io

import pytest

from planaria.cli.terminal import RED, Terminal, paint


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_colours_are_shown_on_a_terminal_alone(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert paint("no", RED, Screen()) == "\x1b[31mno\x1b[0m"
    assert paint("no", RED, io.StringIO()) == "no"


@pytest.mark.parametrize("name, value", [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_are_left_out_where_they_are_not_wanted(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert paint("no", RED, Screen()) == "no"


def test_a_table_is_as_wide_as_it_needs_to_be():
    out = io.StringIO()
    Terminal(out, io.StringIO(), as_json=False).table(("A", "B"), [("long", 1), ("b", "x")])
    assert out.getvalue() == "A     B\nlong  1\nb     x\n"


def test_machines_get_one_line_and_no_text():
    out = io.StringIO()
    terminal = Terminal(out, io.StringIO(), as_json=True)
    terminal.say("text")
    terminal.give({"a": "é"})
    assert out.getvalue() == '{"a": "é"}\n'


def test_people_get_text_and_no_data():
    out = io.StringIO()
    terminal = Terminal(out, io.StringIO(), as_json=False)
    terminal.give({"a": 1})
    terminal.say("text")
    assert out.getvalue() == "text\n"
