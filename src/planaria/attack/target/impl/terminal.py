"""Attacks by what is printed: lines of a cell reach a log and a terminal, and must be shown for what they are.

Allows: whoever writes what people read writes what they decide.
"""

import os
import sys

from .means import Blocked, Facts, attack, facility

PRINTED = "it was printed; the host says what it saw"


@attack()
def prints_controls_of_a_terminal(_: Facts) -> str:
    """Print what clears the screen, names the window, and fills the clipboard.

    Allows: showing people what was never there, and putting commands where they paste from.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.write("\x1b[2J\x1b[1;1H\x1b]0;planted\x07\x1b]52;c;cGxhbnRlZA==\x07\x1bP+q544e\x1b\\\n")
        stream.flush()
    raise Blocked(PRINTED)


@attack()
def prints_controls_of_one_byte(_: Facts) -> str:
    """Print the controls that have one byte, and the same as characters.

    Allows: passing a filter that knows only those that begin with escape.
    """
    os.write(2, b"\x9b2J\x9d0;planted\x9c\x07\x08\x7f\x00\n" + "\u009b2J\u009d0;planted\u009c\n".encode())
    raise Blocked(PRINTED)


@attack()
def prints_forged_lines(_: Facts) -> str:
    """Print lines that look like the host's own, after returns that write over what was there.

    Allows: showing people what was never there.
    """
    os.write(2, b"ok\rplanaria: approved by admin\x0b\x0c\x85\xe2\x80\xa8planaria: approved\n\x1b[1A\x1b[2Kplanaria: approved\n")
    raise Blocked(PRINTED)


@attack()
def prints_text_that_turns_around(_: Facts) -> str:
    """Print characters that change the direction of writing.

    Allows: showing people the reverse of what is written.
    """
    os.write(2, "user \u202e\u2066nimda\u2069\u200f is \u200ballowed\u2028next\n".encode())
    raise Blocked(PRINTED)


@attack()
def prints_bytes_that_are_no_text(_: Facts) -> str:
    """Print bytes that are no characters.

    Allows: an error in whoever reads the lines.
    """
    os.write(2, bytes(range(128, 256)) * 4 + b"\xed\xa0\x80\xf8\x88\x80\x80\x80\n")
    raise Blocked(PRINTED)


@attack(deadline_s=4)
def prints_without_end(_: Facts) -> str:
    """Print lines for as long as it may.

    Allows: filling the log, the disk and the memory of the host.
    """
    line, written = b"flood " * 1000 + b"\n", 0
    while written < 200 << 20:
        written += os.write(2, line * 10)
    raise Blocked(PRINTED)


@attack(deadline_s=4)
def prints_a_line_without_end(_: Facts) -> str:
    """Print one line that never ends.

    Allows: filling the memory of the host, which waits for the end of the line.
    """
    written = 0
    while written < 100 << 20:
        written += os.write(1, b"x" * 65_536)
    raise Blocked(PRINTED)


@attack(deadline_s=4)
def prints_very_many_short_lines(_: Facts) -> str:
    """Print millions of lines that hold nothing.

    Allows: keeping the host so busy that it serves nobody else.
    """
    written = 0
    while written < 20 << 20:
        written += os.write(2, b"\n" * 65_536)
    raise Blocked(PRINTED)


@attack()
def logs_hostile_words(_: Facts) -> str:
    """Log, warn, and fail where nobody looks, in words that steer a terminal.

    Allows: reaching the log by ways that print does not go.
    """
    logging, warnings = facility("logging"), facility("warnings")
    logging.getLogger("planaria").critical("\x1b[2Jplanted\r\nforged %s %(name)s {0}")
    warnings.warn("\x1b[2Jplanted", stacklevel=1)

    class Late:
        def __del__(self) -> None:
            raise ValueError("\x1b[2Jplanted")

    Late()
    facility("asyncio").get_running_loop().call_exception_handler({"message": "\x1b[2Jplanted", "exception": ValueError("\x1b[2J")})
    raise Blocked(PRINTED)


@attack(bare="there is no host to write over")
def writes_over_the_streams_of_the_host(_: Facts) -> str:
    """Empty and rewind the files to which its output goes, where they are files.

    Allows: deleting what was logged before.
    """
    failures = []
    for number in range(3):
        try:
            os.ftruncate(number, 0)
            os.lseek(number, 0, 0)
        except OSError as error:
            failures.append(error.strerror or "")
            continue
        return f"descriptor {number} was emptied"
    raise Blocked("; ".join(failures))
