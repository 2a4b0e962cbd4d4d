"""Gates: each turns one kind of evidence about a candidate into a verdict.

Why: one gate, one file, and every gate says the same thing in the same words, so that a refusal reads alike whoever gave it.
Reading order: `intent`, `verdict` (with the `Case` that a gate is given), then the gates from the cheapest: `policy`, `interface`,
`examples`, `suite`, `coverage`, `behaviour`, `properties`, `mutation`; `completeness` (what a suite must reach before all of it).
Against a candidate that knows the examples and the tests: `properties` and `behaviour` ask what grows out of the examples, which
nobody wrote down; `suite` runs where the candidate cannot see it; `mutation` refuses what the suite does not pin down.
Not here: the loop that asks them (`regen`), what they measure with (`diff`, `prove`).
"""
