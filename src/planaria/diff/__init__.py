"""The semantic diff: what an implementation says and does, compared with its contract or with the one before it.

Why: a reviewer asks what changed in meaning, not in text; each file here answers for one kind of meaning, as data.
Reading order: `source` (files as syntax trees, never imported), `effect`, `interface`, `behaviour`.
Not here: what to refuse because of a difference (`gates`).
"""
