import io

from planaria.cli.progress import Progress
from planaria.cli.terminal import Terminal


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_is_drawn_on_a_terminal():
    screen = Screen()
    with Progress(Terminal(io.StringIO(), screen, as_json=False), "checking") as progress:
        progress.tell("[stock]")
    assert "checking" in screen.getvalue()


def test_is_not_drawn_for_machines_and_files():
    for stream, as_json in ((io.StringIO(), False), (Screen(), True)):
        with Progress(Terminal(io.StringIO(), stream, as_json=as_json), "checking") as progress:
            progress.tell("stock")
        assert stream.getvalue() == ""
