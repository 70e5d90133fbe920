"""One page of any listing, in both paging dialects of the API (``token`` and ``next-token`` are the same to us)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engagement.errors import BadRequest
from engagement.ports import Document, Page, Tokens

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000


@dataclass(frozen=True)
class TokenPage:
    """The documents of one page; ``next_token`` is None on the last one."""

    items: Sequence[Document]
    next_token: str | None


def read_page(
    tokens: Tokens, listing: str, page_size: str | None, token: str | None, fetch: Callable[[str | None, int], Page]
) -> TokenPage:
    """Call ``fetch(after, limit)`` for the page that a request asks for.

    ``listing`` names what is listed, filters included (``apps/<id>/segments``): a token works for no other listing.
    A page size over 1,000 gives pages of 1,000. Raises BadRequest for a bad size or a token that is not ours.
    """
    purpose = f"page of {listing}"
    after = tokens.open(purpose, token) if token else None
    page = fetch(after, limit_of(page_size))
    return TokenPage(page.items, tokens.sign(purpose, page.after) if page.after is not None else None)


def latest_page(app: Any, collection: str, page_size: str | None, token: str | None) -> TokenPage:
    """A page of the latest versions in a collection, in id order. Raises BadRequest."""

    def fetch(after: str | None, limit: int) -> Page:
        return app.documents.list(collection, after=after, limit=limit)

    return read_page(app.tokens, collection, page_size, token, fetch)


def versions_page(app: Any, collection: str, document_id: str, page_size: str | None, token: str | None) -> TokenPage:
    """A page of all versions of one document, newest first. Raises BadRequest."""

    def fetch(after: str | None, limit: int) -> Page:
        return app.documents.versions(collection, document_id, after=after, limit=limit)

    return read_page(app.tokens, f"{collection}/{document_id}/versions", page_size, token, fetch)


def limit_of(page_size: str | None) -> int:
    """PageSize is a string in the model."""
    if not page_size:
        return DEFAULT_PAGE_SIZE
    size = int(page_size) if page_size.isascii() and page_size.isdecimal() and len(page_size) < 10 else 0
    if size < 1:
        raise BadRequest(f"PageSize: value '{page_size[:20]}' is not a whole number from 1 to {MAX_PAGE_SIZE}")
    return min(size, MAX_PAGE_SIZE)


def item_list(items: Sequence[dict[str, object]], next_token: str | None) -> dict[str, object]:
    """The answer shape of every listing: ``{"Item": [...], "NextToken": ...}``, the token only when there is more."""
    return {"Item": list(items)} | ({"NextToken": next_token} if next_token else {})
