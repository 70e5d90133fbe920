"""Find message templates: the active version or a named one, all templates, all versions of one.

A template is one document in ``templates/<TYPE>``; its versions are the document's. The latest version's body carries
``_active_version``: the number of the version that is used when none is named.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engagement.domain.template_resource import TEMPLATE_TYPES, checked_template_type
from engagement.errors import BadRequest, NotFound
from engagement.ports import Document, Documents, Page
from engagement.usecases.read_page import TokenPage, read_page, versions_page

Json = dict[str, Any]
ACTIVE = "_active_version"
CREATED = "_version_created"
_ABOVE_NAMES = "~"  # sorts behind every character of a template's name


def templates_of(kind: str) -> str:
    """The collection of all templates of a type (``EMAIL``)."""
    return f"templates/{kind}"


def find_template(documents: Documents, kind: str, name: str, version: str | None = None) -> Document:
    """A version of a template; its body is the template's response, ``Version`` included.

    ``version`` is a number as a string, ``latest``, or None for the active version. Raises NotFound, BadRequest.
    """
    latest = latest_template(documents, kind, name)
    number = version_number(version, latest) if version else latest.body[ACTIVE]
    found = latest if number == latest.version else documents.get(templates_of(kind), name, number)
    if found is None:
        raise NotFound(f"{kind} template {name[:128]} has no version {number}")
    return replace(found, body=_shown(found, latest))


def latest_template(documents: Documents, kind: str, name: str) -> Document:
    """The latest version as it is stored. Raises NotFound."""
    found = documents.get(templates_of(kind), name)
    if found is None:
        raise NotFound(f"{kind} template {name[:128]} does not exist; ListTemplates shows those that do")
    return found


def version_number(version: str, latest: Document) -> int:
    """``latest`` or a number as a string. Raises BadRequest."""
    if version == "latest":
        return latest.version
    if not (version.isascii() and version.isdecimal() and len(version) < 10 and int(version)):
        raise BadRequest(f"Version: value '{version[:20]}' is neither a version number nor 'latest'")
    return int(version)


def list_template_versions(app: Any, kind: str, name: str, page_size: str | None, token: str | None) -> TokenPage:
    """Versions of one template, newest first, as TemplateVersionResponse. Raises NotFound."""
    kind = checked_template_type(kind)
    latest = latest_template(app.documents, kind, name)
    collection = templates_of(kind)
    page = versions_page(app, collection, name, page_size, token)
    items = [replace(one, body={**_shown(one, latest), "CreationDate": one.body[CREATED]}) for one in page.items]
    return TokenPage(items, page.next_token)


def list_templates(
    app: Any, kind: str | None, prefix: str | None, page_size: str | None, token: str | None
) -> TokenPage:
    """Templates of one type or all, by type and name, as TemplateResponse: Version is the active one."""
    kinds = [checked_template_type(kind)] if kind else list(TEMPLATE_TYPES)
    prefix = prefix or ""
    listing = f"templates {','.join(kinds)} {prefix}"

    def fetch(after: str | None, limit: int) -> Page:
        return _listed(app.documents, kinds, prefix, after, limit)

    return read_page(app.tokens, listing, page_size, token, fetch)


def _listed(documents: Documents, kinds: list[str], prefix: str, after: str | None, limit: int) -> Page:
    """``after`` is ``<TYPE>/<name>`` of the last template of the page before."""
    kind_before, _, name_before = (after or "").partition("/")
    items: list[Document] = []
    for kind in kinds[kinds.index(kind_before) if after else 0 :]:
        start = name_before if kind == kind_before else _before(prefix)
        page = documents.list(templates_of(kind), after=start, limit=limit - len(items) + 1)
        wanted = [one for one in page.items if one.id.startswith(prefix)]
        items += [_active(documents, kind, latest) for latest in wanted]
        if len(items) > limit:
            last = items[limit - 1]
            return Page(items[:limit], f"{last.body['TemplateType']}/{last.id}")
    return Page(items)


def _active(documents: Documents, kind: str, latest: Document) -> Document:
    """The active version of a template from a listing; the latest when it was deleted at this moment."""
    number = latest.body[ACTIVE]
    found = latest if number == latest.version else documents.get(templates_of(kind), latest.id, number)
    return replace(latest, body=_shown(found or latest, latest))


def _before(prefix: str) -> str | None:
    """An id that sorts before all names with this prefix and behind all smaller ones."""
    return prefix[:-1] + chr(ord(prefix[-1]) - 1) + _ABOVE_NAMES if prefix else None


def _shown(version: Document, latest: Document) -> Json:
    """A version's body with its number; tags belong to the template, not to a version."""
    return {**version.body, "Version": str(version.version), "tags": latest.body.get("tags") or {}}
