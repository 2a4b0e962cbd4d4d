"""What is known to get through, where, and why nothing stops it there.

Why: a limit that is known is written down, with what it allows; one that is not known fails the run that finds it.
Not here: finding it (`suite`), the page that tells of it (`document`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One attack that gets through a placement: always, or only on a machine that gives planaria no namespaces."""

    attack: str
    placement: str
    why: str
    only_without_namespaces: bool = False


_CLOCK = "The kernel gives every process the time in its own memory, without a system call that could be refused."
_TREE = (
    "Landlock keeps files from being opened, and not from being looked at; only a file tree of its own hides them, which needs a namespace."
)

KNOWN = (
    Known(attack="knows_the_time_of_day", placement="process", why=_CLOCK),
    Known(attack="measures_sharply", placement="process", why=_CLOCK),
    Known(attack="counts_in_a_second_thread", placement="process", why="A cell may have threads, and two of them make a clock."),
    Known(attack="learns_the_size_of_a_secret", placement="process", why=_TREE, only_without_namespaces=True),
    Known(attack="learns_that_a_file_is_there", placement="process", why=_TREE, only_without_namespaces=True),
    Known(
        attack="learns_the_name_of_the_machine",
        placement="process",
        why="Python itself asks the kernel what it runs on, in the call that also gives the name.",
        only_without_namespaces=True,
    ),
)


def known_in(placement: str, *, namespaces: bool) -> frozenset[str]:
    """Return the names of the attacks that are known to get through.

    >>> known_in("wasm", namespaces=False)
    frozenset()
    """
    return frozenset(one.attack for one in KNOWN if one.placement == placement and not (namespaces and one.only_without_namespaces))
