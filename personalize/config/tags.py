"""The ``tags`` part of a declaration, within what AWS takes as a tag."""

from __future__ import annotations

import unicodedata

import yaml

from personalize.config.nodes import Section

MOST = 45
LONGEST_KEY = 128
LONGEST_VALUE = 256


def read_tags(root: Section) -> dict[str, str]:
    """The tags that every resource gets when it is made; an empty value is one."""
    section = root.section("tags")
    tags: dict[str, str] = {}
    for name, key_node, value_node in section.entries() if section else ():
        assert section is not None
        path = section.at(name)
        key = section.document.key(name, key_node, section.path)
        if key.lower().startswith("aws:"):
            section.document.fault(key_node, path, "keys that begin with aws: are reserved; use another key")
        _check(section, key_node, path, key, LONGEST_KEY)
        value = section.document.text(value_node, path)
        if value is not None:
            _check(section, value_node, path, value, LONGEST_VALUE)
            tags[key] = value
    if len(tags) > MOST:
        root.fault("tags", f"{len(tags)} tags; the service takes 50 and the kit adds its own: at most {MOST}")
    return tags


def _check(section: Section, node: yaml.Node, path: str, text: str, longest: int) -> None:
    if len(text) > longest:
        section.document.fault(node, path, f"{len(text)} characters; a tag's {_part(longest)} takes {longest}")
    strange = [c for c in text if unicodedata.category(c)[0] not in "LZN" and c not in "_.:/=+-@"]
    if strange:
        section.document.fault(
            node, path, f"{strange[0]!r} in a tag's {_part(longest)}: letters, digits, spaces and _.:/=+-@ are taken"
        )


def _part(longest: int) -> str:
    return "key" if longest == LONGEST_KEY else "value"
