"""The schema diff: values that cross borders as JSON Schema, and what one version writes that the other cannot read.

Why: stored and sent values outlive the code that wrote them, so both directions are asked, and each refusal is shown by a value.
Reading order: `annotation`, `record` (schemas of Python, contracts included); `document`, `inclusion`, `containment` (one schema
within another); `comparison` (findings).
Not here: signatures and fields as Python sees them (`diff.interface`).
"""
