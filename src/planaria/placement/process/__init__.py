"""The placement `process`: a cell in a process of its own, confined before its code is loaded.

Read it in this order: `frame`, `channel`, `message` (what travels); `zygote`, `worker`, `proxy` (the programs inside);
`nursery`, `seat`, `exchange`, `supervision`, `output`, `placement` (the host).

Why: a cell that parses what strangers send, or runs what a model just wrote, must be able to fall over, or to be taken
over, and take nothing with it. The host holds every byte of a worker for hostile: lengths, kinds, numbers and values are
checked, everything is bounded, and a worker that breaks the protocol is ended.
Not here: what confines a worker (`placement.sandbox`), and how it reaches a host (`placement.egress`).
"""
