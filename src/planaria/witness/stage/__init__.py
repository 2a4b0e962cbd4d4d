"""The stage: processes in which two versions of any Python code are run, and what they tell.

Why: whoever judges code never loads it. A warm process forks one actor for each version; an actor is confined, imports its
version, plays scripts that are sent as text, and answers with plain data, which the judge compares.
Decision D-133: what is played is the text that a reviewer reads. Because a witness that is printed must be what was run,
to the letter. Revisit when compiling the text is what the search spends its time on.
Reading order: `told` (a value as data), `tracing`, `guard`, `loading`, `player` (one actor's work), `program` (the process), `actor`
(the judge's end), `answer` (what it takes for one).
Not here: which scripts are played (`witness.script`).
"""
