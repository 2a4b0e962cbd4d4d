"""The gateway: the only way into a system from outside, as HTTP on one port.

Read in this order: `error` (what can be refused), `problem` (how a refusal looks), `keys` (who may come in),
`admission` (the checks before any cell code), `route` (one operation, ready to be called), `application` (a request
from start to end), `page` (everything that is no operation), `metrics`, `connection` (limits of one connection) and
`server` (the port itself).

Why: one door can be held; it is written for speed, because every user of a system waits at it.
Decision D-020: the operations are a plain ASGI application without middleware. Because a stack of layers costs
more than the call it protects; measured by `benchmarks/gateway.py`. Revisit when the server can take routes by itself.
Decision D-021: plain asyncio under uvicorn. Because uvloop served some connections a hundred times later than others
when it was saturated. Revisit when its fairness is measured again.
Not here: the OpenAPI document (`derive.openapi`, given in by `assemble`), quotas, rights per operation, MCP.
"""
