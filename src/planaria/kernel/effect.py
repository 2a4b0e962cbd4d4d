"""Effects: declared touches of the outside.

Why: what an operation may touch is part of its contract, so that a reviewer, a policy gate and a sandbox read the same words.
Not here: enforcement (placements) and detection in code (the policy gate).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effect:
    """Name one touch of the outside; `what` is `*` where it is not narrowed.

    >>> str(Connects("docs.example:443"))
    'connects docs.example:443'
    """

    kind: str
    what: str = "*"

    def __str__(self) -> str:
        return f"{self.kind} {self.what}"


def Connects(address: str = "*") -> Effect:
    """Declare connections to `host:port`.

    >>> str(Connects("docs.example:443"))
    'connects docs.example:443'
    """
    return Effect("connects", address)


def Reads(path: str = "*") -> Effect:
    """Declare reading of files below `path`.

    >>> str(Reads("pages/"))
    'reads pages/'
    """
    return Effect("reads", path)


def Writes(path: str = "*") -> Effect:
    """Declare writing of files below `path`.

    >>> str(Writes("pages/"))
    'writes pages/'
    """
    return Effect("writes", path)


def Spawns(program: str = "*") -> Effect:
    """Declare starting of processes.

    >>> str(Spawns("git"))
    'spawns git'
    """
    return Effect("spawns", program)


def Secret(name: str) -> Effect:
    """Declare use of a named secret.

    >>> str(Secret("token"))
    'secret token'
    """
    return Effect("secret", name)


def Clock() -> Effect:
    """Declare that outcomes depend on the time.

    >>> str(Clock())
    'clock *'
    """
    return Effect("clock")


def Chance() -> Effect:
    """Declare that outcomes depend on random numbers.

    >>> str(Chance())
    'chance *'
    """
    return Effect("chance")
