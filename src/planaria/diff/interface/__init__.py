"""The interface diff: what two versions of some Python offer to those who import it, and who breaks.

Why: most breaks can be read; each is named once, at the most public path, with a program that shows it, and nothing is imported.
Reading order: `surface` (one file), `namespace` (one version), `annotation`, `body`, `signature`, `record`, `parameter`, `function`,
`member`, `difference` (the whole).
Not here: an implementation and its contract (`diff.contract`), what code does (`diff.behaviour`).
"""

from planaria.diff.interface.difference import interface_findings

__all__ = ["interface_findings"]
