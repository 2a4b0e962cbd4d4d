import doctest

from planaria.prove.example import Mismatch, run_examples, show_examples


async def told(text: str, **namespace) -> list[Mismatch]:
    return await run_examples(doctest.DocTestParser().get_examples(text), namespace)


async def test_await_stands_at_the_top_level_of_statements_and_of_expressions() -> None:
    async def twice(number: int) -> int:
        return 2 * number

    assert await told(">>> x = await twice(2)\n>>> await twice(x), x\n(8, 4)\n>>> await twice(3)\n6\n", twice=twice) == []


async def test_names_stay_from_one_example_to_the_next() -> None:
    assert await told(">>> x = 1\n>>> x += 1; x\n2\n>>> None\n>>> def f(): return x\n>>> f()\n2\n") == []


async def test_an_error_must_be_promised_and_a_promised_error_must_come() -> None:
    assert await told(">>> 1 / 0\nTraceback (most recent call last):\nZeroDivisionError: division by zero\n") == []
    assert await told(">>> 1 / 0\n") == [Mismatch(source="1 / 0", want="", got="ZeroDivisionError: division by zero")]
    (missing,) = await told(">>> 1\nTraceback (most recent call last):\nZeroDivisionError: division by zero\n")
    assert missing.got == "1"


async def test_what_follows_an_error_is_still_shown() -> None:
    assert [(one.text, one.raised) for one in await show_examples(["1 / 0", "2"], {})] == [
        ("ZeroDivisionError: division by zero\n", True),
        ("2\n", False),
    ]
