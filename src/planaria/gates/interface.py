"""The interface gate: whether an implementation has the contract's operations, with their parameters.

Why: it answers in milliseconds, with the line, what loading would answer later without one; and it never imports the candidate.
Not here: how they are compared (`diff.contract`).
"""

from planaria.diff.contract import implementation_flaws
from planaria.diff.source import Source, read
from planaria.gates.verdict import Case, Finding, Verdict, decide
from planaria.kernel.contract import describe
from planaria.kernel.loader import files_of

GATE = "interface"


async def interface(case: Case) -> Verdict:
    """Refuse an implementation that lacks an operation, or takes other parameters than its contract says."""
    sources: list[Source] = []
    findings = []
    for name, content in files_of(case.candidate.directory).items():
        if name.endswith(".py"):
            try:
                sources.append(read(f"impl/{name}", content.decode("utf-8")))
            except (SyntaxError, ValueError, RecursionError) as error:
                what = f"it cannot be read: {error}"
                findings.append(Finding(gate=GATE, level="refuse", what=what, cure="mend the syntax", file=f"impl/{name}"))
    flaws, compared = implementation_flaws(case.contract, sources)
    if not findings:
        findings = [Finding(gate=GATE, level="refuse", what=one.what, cure=one.cure, file=one.file, line=one.line) for one in flaws]
    return decide(GATE, findings, checked=compared, evidence={"contract": describe(case.contract).digest, "operations": compared})
