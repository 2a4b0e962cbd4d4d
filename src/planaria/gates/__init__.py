"""Gates: each turns one kind of evidence about a candidate into a verdict.

Why: one gate, one file, and every gate says the same thing in the same words, so that a refusal reads alike whoever gave it.
Reading order: `intent`, `verdict` (with the `Case` that a gate is given), then the gates from the cheapest: `policy`,
`interface`, `examples`, `suite`, `coverage`, `behaviour`.
Not here: the loop that asks them (`regen`), what they measure with (`diff`, `prove`).
"""
