"""Anchors and aliases of YAML, worked in: ``<<: *other`` takes over keys, and no alias may blow the text up."""

from __future__ import annotations

import yaml

MERGE = "tag:yaml.org,2002:merge"
# More values than any declaration needs; an alias of aliases of aliases reaches millions with a few lines.
MOST_VALUES = 50_000


class AliasFault(ValueError):
    """An alias that cannot be worked in; ``node`` is where."""

    def __init__(self, node: yaml.Node, message: str) -> None:
        super().__init__(message)
        self.node = node


def work_in(root: yaml.Node) -> None:
    """Replace merge keys below ``root`` by what they stand for; a key written beside one wins. Raises AliasFault."""
    sizes: dict[int, int] = {}
    _visit(root, set(), sizes)


def _visit(node: yaml.Node, inside: set[int], sizes: dict[int, int]) -> int:
    """How many values ``node`` holds, aliases written out."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in inside:
        raise AliasFault(node, "an alias names something that it is a part of")
    if id(node) not in sizes:
        inside.add(id(node))
        if isinstance(node, yaml.MappingNode):
            _merge(node, inside)
        children = node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]
        sizes[id(node)] = 1 + sum(_visit(child, inside, sizes) for child in children)
        inside.discard(id(node))
        if sizes[id(node)] > MOST_VALUES:
            raise AliasFault(node, f"its aliases stand for more than {MOST_VALUES:,} values")
    return sizes[id(node)]


def _merge(node: yaml.MappingNode, inside: set[int]) -> None:
    own = [(key, value) for key, value in node.value if key.tag != MERGE]
    given = {str(key.value) for key, _ in own}
    taken: list[tuple[yaml.Node, yaml.Node]] = []
    for source in (source for key, value in node.value if key.tag == MERGE for source in _sources(value)):
        if id(source) in inside:
            raise AliasFault(node, "an alias names something that it is a part of")
        inside.add(id(source))
        _merge(source, inside)
        inside.discard(id(source))
        for key, value in source.value:
            if str(key.value) not in given:
                given.add(str(key.value))
                taken.append((key, value))
    node.value = own + taken


def _sources(value: yaml.Node) -> list[yaml.MappingNode]:
    sources: list[yaml.MappingNode] = []
    for node in value.value if isinstance(value, yaml.SequenceNode) else [value]:
        if not isinstance(node, yaml.MappingNode):
            raise AliasFault(node, "'<<' takes over a mapping, or a list of mappings")
        sources.append(node)
    return sources
