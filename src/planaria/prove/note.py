"""Notes: what is woven into code to tell which lines it comes to, and where it goes on when a condition fails.

Why: a line is reached when a switch in it is asked, so that most lines need nothing more than the mutants they hold; what none is asked in,
or is only skipped (an `if` without an `else`, a loop that ends), gets a number of its own, below zero, to which no mutant answers.
Decision D-145: the woven program notes lines and branches, and coverage.py says which there are (`reach`), where D-136 had it trace.
Because its tracer took a fifth of a proof of cachetools, and slipcover (1.3 s beside 3.2 of coverage.py and 1.0 of the bare suite; for
toolz 2.1, 1.8 and 0.9) does not tell which test reaches a line. Revisit when Python 3.12 is the least and sys.monitoring tells tests apart.
Not here: what is made of them (`reach`).
"""

import ast
from dataclasses import dataclass, field

from planaria.prove.asking import is_on, placed

BRANCHING = (ast.If, ast.While, ast.For, ast.AsyncFor)


@dataclass(frozen=False, slots=True)
class Notes:
    """The notes of one file: the line that each number tells of, and where code goes on past a branching line.

    `ways` has for a line the last line of what belongs to it, and the number that is asked when none of that is next.
    """

    next: int = -1
    lines: list[tuple[int, int]] = field(default_factory=list)
    ways: dict[int, tuple[int, int]] = field(default_factory=dict)

    def number(self, *lines: int) -> int:
        """Return a number of its own for lines."""
        self.lines += ((self.next, line) for line in lines)
        self.next -= 1
        return self.next + 1

    def told(self, node: ast.stmt, known: int = 0) -> list[ast.stmt]:
        """Note the lines of a statement, by a switch that it asks first, if one is known; return what is to stand before it.

        >>> notes = Notes()
        >>> [ast.unparse(one) for one in notes.told(ast.parse("f()").body[0])], notes.told(ast.parse("f()").body[0], 7), notes.lines
        (['_planaria_mutant == -1'], [], [(-1, 1), (7, 1)])
        """
        lines = [node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))]
        if isinstance(node, ast.Match):
            lines.append(node.cases[0].pattern.lineno)
        if known:
            self.lines += ((known, line) for line in lines)
            return []
        return [_note(self.number(*lines), node)]

    def branched(self, node: ast.stmt) -> None:
        """Note where a statement goes on when none of its own is next."""
        if isinstance(node, BRANCHING) and not node.orelse:
            number = self.number()
            self.ways[node.lineno] = (node.end_lineno or 0, number)
            node.orelse = [_note(number, node)]
        elif isinstance(node, ast.Match):
            self._cases(node)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            self._handlers(node)

    def _cases(self, node: ast.Match) -> None:
        """Put a case that notes and never fits behind each that may not fit."""
        cases: list[ast.match_case] = []
        for one, following in zip(node.cases, [*node.cases[1:], None], strict=True):
            cases.append(one)
            if following is not None or not (one.guard is None and _fits_all(one.pattern)):
                number = self.number(*([following.pattern.lineno] if following is not None else []))
                self.ways[one.pattern.lineno] = (one.body[-1].end_lineno or 0, number)
                cases.append(ast.match_case(pattern=placed(ast.MatchAs(), node), guard=is_on(number), body=[ast.Pass()]))
        node.cases = cases

    def _handlers(self, node: ast.Try | ast.TryStar) -> None:
        """Let each handler note that it is asked, and one that never fits that none did."""
        earlier: ast.ExceptHandler | None = None
        for one in node.handlers:
            number = self.number(one.lineno)
            if earlier is not None:
                self.ways[earlier.lineno] = (earlier.body[-1].end_lineno or 0, number)
            if one.type is None:
                one.body = [_note(number, one.body[0]), *one.body]
            else:
                one.type = placed(ast.BoolOp(op=ast.Or(), values=[is_on(number), one.type]), one)
            earlier = one
        if earlier is not None and earlier.type is not None and isinstance(node, ast.Try):
            number = self.number()
            self.ways[earlier.lineno] = (earlier.body[-1].end_lineno or 0, number)
            never = ast.BoolOp(op=ast.Or(), values=[is_on(number), ast.Tuple(elts=[], ctx=ast.Load())])
            node.handlers.append(placed(ast.ExceptHandler(type=never, body=[ast.Pass()]), earlier))


def _note(number: int, where: ast.AST) -> ast.stmt:
    return placed(ast.Expr(is_on(number)), where)


def _fits_all(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchOr):
        return any(map(_fits_all, pattern.patterns))
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or _fits_all(pattern.pattern))
