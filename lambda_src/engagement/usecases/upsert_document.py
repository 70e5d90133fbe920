"""Change a document that others may be changing at the same moment."""

from __future__ import annotations

from collections.abc import Callable

from engagement.errors import Conflict
from engagement.ports import Document, Documents, Json

ATTEMPTS = 5


def upsert_document(
    documents: Documents, collection: str, document_id: str, change: Callable[[Document | None], Json]
) -> Document:
    """Store ``change(current)``; a lost race reads and changes again. Raises Conflict after five lost races.

    ``change`` gets None when there is no document yet, and may raise (NotFound) to store nothing.
    """
    for _ in range(ATTEMPTS):
        current = documents.get(collection, document_id)
        body = change(current)
        try:
            if current is None:
                return documents.create(collection, document_id, body)
            return documents.put(collection, Document(document_id, body, current.version, current.revision))
        except Conflict:
            continue
    raise Conflict(f"{collection}/{document_id} is being changed by others all the time; try again")
