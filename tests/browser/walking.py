"""Finds every page of the service: starts where each role starts and follows each link once."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter

LINK = re.compile(r'<a\b[^>]*\shref="([^"#]+)[^"]*"')
HTML, OK = "text/html", 200
# not links that lead somewhere new: the other language, a day gone by, the next page of the same list
SAME_PAGE = {"lang", "at", "before", "page"}

Kind = tuple[str, frozenset[str]]  # the endpoint and the names of the query's arguments


@dataclass(frozen=True)
class Walked:
    """One page, the first of its kind that was met, and as whom."""

    endpoint: str
    path: str
    role: str


@dataclass(frozen=True)
class Walker:
    """Knows the routes, and what was met before."""

    routes: Map
    origin: str
    seen: set[Kind] = field(default_factory=set)

    def walk(self, context: BrowserContext, role: str, starts: list[str]) -> Iterator[Walked]:
        """The pages that ``role`` reaches from ``starts`` and that nobody met before, one of each kind."""
        adapter = self.routes.bind(urlsplit(self.origin).netloc)
        queue, first = (
            deque(starts),
            set(starts),
        )  # where a role starts is looked at even if another met its kind
        while queue:
            path = queue.popleft()
            kind = kind_of(adapter, path)
            if kind is None or (kind in self.seen and path not in first):
                continue
            first.discard(path)
            self.seen.add(kind)
            answer = context.request.get(path, max_redirects=0)
            if answer.status == OK and answer.headers.get("content-type", "").startswith(HTML):
                yield Walked(kind[0], path, role)
                queue.extend(_links(answer.text(), path))


def kind_of(adapter: MapAdapter, path: str) -> Kind | None:
    parts = urlsplit(path)
    try:
        endpoint, _ = adapter.match(parts.path, method="GET")
    except HTTPException:
        return None
    return endpoint, frozenset(parse_qs(parts.query, keep_blank_values=True)) - SAME_PAGE


def _links(page: str, path: str) -> Iterator[str]:
    for href in map(unescape, LINK.findall(page)):
        if href.startswith("/") and not href.startswith("//"):
            yield href
        elif href.startswith("?"):
            yield urlsplit(path).path + href
