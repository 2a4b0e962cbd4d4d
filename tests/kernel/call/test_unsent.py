import pytest

from planaria.kernel.call import outcome_of
from planaria.kernel.error import Failed, Refused, Unknown
from tests.kernel.house import Desk, Errand, acting, going, measured, running


class Far(Refused):
    """A seat's refusal: the call never reached the implementation."""

    code = "TEST-2"
    unsent = True


class Near(Refused):
    """A refusal that the implementation met."""

    code = "TEST-3"


def raising(error):
    async def work(self, what):
        raise error(text="away")

    return acting(Desk, work=work)


@pytest.mark.parametrize("error, outcome", [(Far, "refused"), (Near, "failed"), (Unknown, "unknown")])
async def test_a_call_that_did_not_reach_the_implementation_is_refused(error, outcome):
    async with running(desk=raising(error)) as cells:
        with pytest.raises((Refused, Failed, Unknown)) as told:
            await cells.handle(Desk).work()
        assert outcome_of(told.value) == outcome
        assert measured(cells, "work")[outcome] == 1
        assert "away" in told.value.facts["text"] or error is Unknown


async def test_a_refusal_of_a_seat_further_in_is_a_failure_of_the_caller():
    async with running(desk=raising(Far), errand=going()) as cells:
        with pytest.raises(Failed) as failed:
            await cells.handle(Errand).go()
        assert failed.value.facts["error"] == "Refused"
        assert measured(cells, "go", "errand")["failed"] == 1
