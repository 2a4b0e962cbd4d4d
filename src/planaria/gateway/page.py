"""Pages: everything at the port that is no operation, mounted when it is first asked for.

Why: the console and MCP come later and are heavy; the operations must not pay for them, and a system without pages
must not import their framework.
Not here: the gateway's own addresses (`application`).
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An ASGI application below a prefix; it needs a key unless it is public."""

    prefix: str
    build: Callable[[], Asgi]
    public: bool = False

    def holds(self, path: str) -> bool:
        """Say whether a path belongs to it."""
        return path == self.prefix or path.startswith(self.prefix.rstrip("/") + "/")


class Pages:
    """All pages of a gateway.

    >>> Pages([]).find("/console") is None
    True
    """

    def __init__(self, pages: Iterable[Page]) -> None:
        self._pages = sorted(pages, key=lambda page: -len(page.prefix))
        self._application: Asgi | None = None

    def find(self, path: str) -> Page | None:
        """Return the page that a path belongs to, the longest prefix first."""
        return next((page for page in self._pages if page.holds(path)), None)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to a page."""
        if self._application is None:
            self._application = self._mounted()
        await self._application(scope, receive, send)

    def _mounted(self) -> Asgi:
        from starlette.applications import Starlette
        from starlette.routing import Mount

        return Starlette(routes=[Mount(page.prefix.rstrip("/"), app=page.build()) for page in self._pages])
