"""Messages: what code says to people only; no test looks at the wording, so a mutant of it is noise."""

import ast
import re

from planaria.prove.operator.shape import Place

LOGGING = re.compile(r"(?i)(^|[._])(log|logger|logging|warnings)\.(critical|debug|error|exception|info|log|warn|warning)$")


def is_message(node: ast.AST, place: Place) -> bool:
    """Say whether the node is, or is part of, what is raised, asserted, logged or warned."""
    calls = (one.func for one in (node, *place.parents) if isinstance(one, ast.Call))
    return place.is_within(ast.Raise, ast.Assert) or any(LOGGING.search(ast.unparse(one)) for one in calls)
