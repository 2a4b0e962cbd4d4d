"""Scripts as an actor takes them, and what came of them."""

CALL_S = 0.2


def call(callee, given="()", *, named="", target="", symbol=""):
    return ["call", symbol or callee, target, callee, given, named]


def see(text):
    return ["see", "", "", text, "", ""]


def do(text):
    return ["do", "", "", text, "", ""]


def script(*steps, fresh=False):
    return {"steps": list(steps), "fresh": fresh}


def outcomes(actor, *scripts, traced=False):
    actor.send(scripts, call_s=CALL_S, traced=traced)
    return [list(one.outcomes) for one in actor.collect()]


def outcome(actor, *steps, fresh=False):
    return outcomes(actor, script(*steps, fresh=fresh))[0][-1]
