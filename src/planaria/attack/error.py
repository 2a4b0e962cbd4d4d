"""The errors of a run of attacks.

Why: a run that could not be carried out must not look like a run that was won.
Not here: what got through, which is a report (`report`).
"""

from planaria.kernel.error import PlanariaError


class AttackNotRun(PlanariaError):
    """An attack could not be run, so that nothing can be said of it."""

    code = "PLN-A110"
    what = "attack '{attack}' could not be run in the placement '{placement}': {text}"
    why = "an attack that did not run was not stopped"
    fix = "see `planaria doctor` for what this machine can enforce; then run the attacks again"


class NotAttackable(PlanariaError):
    """There is nothing to attack in this placement."""

    code = "PLN-A111"
    what = "the placement '{placement}' cannot be attacked"
    why = "a cell inside this process has every right of it, so that every attack would get through, and harm this machine"
    fix = "use one of: {known}"
