"""The semantic diff: what changed in meaning between two versions of any Python, each change named and, where it can be, shown.

Why: a reviewer asks what changed in meaning, not in text; each file or room here answers for one kind of meaning, as data.
Reading order: `version`, `reading` (both sides), `finding`; on paper `normal` (nothing changed), `interface`, `schema`, `effect`,
`structure`; what is run `observed`, `affected`, `material`, `search`, `symbolic`, `performance`; `intent`; all of it in one report:
`comparison`.
For cells: `source` (an implementation's files), `contract`, `reach`, `behaviour`.
Decision D-135: nothing found on paper imports what is compared, and what is run is run apart (`witness.stage`). Because a candidate is
hostile until proved otherwise. Revisit when: never.
Not here: what to refuse because of a difference (`gates`), how findings are told (`cli.diff`).
"""
