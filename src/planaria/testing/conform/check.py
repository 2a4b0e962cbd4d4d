"""How a promise says that it was broken.

Why: the suites run outside of pytest too, so they raise an error of their own with the promise in it.
Not here: the promises (`store`, `placement`).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from planaria.kernel.error import PlanariaError


class PromiseBroken(PlanariaError, AssertionError):
    """An adapter does not do what its port says."""

    code = "PLN-T101"
    what = "the promise '{promise}' is broken: got {got}, wanted {wanted}"
    why = "the kernel, and every cell, counts on it"
    fix = "mend the adapter; the promise is a function of this name in planaria.testing.conform"


def name_of(promise: Callable[..., Any]) -> str:
    """Return a promise's name, as the id of a test.

    >>> name_of(print)
    'print'
    """
    return promise.__name__


def same(promise: str, got: Any, wanted: Any) -> None:
    """Raise where two things differ.

    >>> same("sums are sums", 2, 2)
    """
    if got != wanted:
        raise PromiseBroken(promise=promise, got=repr(got), wanted=repr(wanted))


async def raises(promise: str, work: Awaitable[Any], wanted: type[BaseException] | str) -> Any:
    """Await work that must raise: an error of this class, or of planaria with this code; return the error.

    >>> async def fail(): raise ValueError("no")
    >>> await raises("it fails", fail(), ValueError)
    ValueError('no')
    """
    try:
        result = await work
    except Exception as error:
        found = error.code == wanted if isinstance(wanted, str) and isinstance(error, PlanariaError) else False
        if found or (not isinstance(wanted, str) and isinstance(error, wanted)):
            return error
        raise PromiseBroken(promise=promise, got=f"{type(error).__name__}: {error}", wanted=str(wanted)) from error
    raise PromiseBroken(promise=promise, got=repr(result), wanted=str(wanted))
