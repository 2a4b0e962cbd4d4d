"""Disguise: the same attacks, written so that a look at the source does not find what they call.

Why: `wasm` refuses source that calls what no guest has, to tell an author early; an attacker writes it differently, and what
holds then is the guest. So the attacks are tried as he would write them.
Not here: the check that they pass by (`placement.wasm.fitness`).
"""

import ast


class _Indirect(ast.NodeTransformer):
    """Call by way of a list: `[os.fork][0]()` for `os.fork()`."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name | ast.Attribute):
            node.func = ast.Subscript(value=ast.List(elts=[node.func], ctx=ast.Load()), slice=ast.Constant(0), ctx=ast.Load())
        return node


def disguised(source: str) -> str:
    """Return source that does the same, in which no call names what it calls.

    >>> disguised("open('a').read()")
    "[[open][0]('a').read][0]()"
    """
    return ast.unparse(ast.fix_missing_locations(_Indirect().visit(ast.parse(source))))
