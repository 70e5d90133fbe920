"""Reading YAML nodes with their places, so that each fault is told by line and column."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from personalize.config.aliases import AliasFault, work_in
from personalize.config.names import NAME
from personalize.config.problems import DeclarationError, Problem, near
from personalize.config.variables import UnknownVariable, substitute

_NULL = "tag:yaml.org,2002:null"


@dataclass
class Document:
    """One YAML text being read: its variables, and the problems found so far."""

    source: str
    variables: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    names: dict[tuple[str, str], Section] = field(default_factory=dict)

    def fault(self, node: yaml.Node, path: str, message: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(mark.line + 1, mark.column + 1, path, message))

    def root(self, text: str) -> Section:
        """The top mapping. Raises ``DeclarationError`` at once for text that is no YAML mapping."""
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            if node is not None:
                work_in(node)
        except AliasFault as error:
            mark = error.node.start_mark
            raise DeclarationError(self.source, [Problem(mark.line + 1, mark.column + 1, "", str(error))]) from error
        except RecursionError:
            raise DeclarationError(self.source, [Problem(1, 1, "", "is nested too deeply")]) from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            message = getattr(error, "problem", None) or str(error)
            raise DeclarationError(self.source, [Problem(line, column, "", f"not YAML: {message}")]) from error
        if not isinstance(node, yaml.MappingNode):
            raise DeclarationError(self.source, [Problem(1, 1, "", "a mapping of sections is expected")])
        return Section(self, node, "")

    def value(self, node: yaml.Node, path: str) -> Any:
        """The plain Python value of ``node``, variables replaced; ``None`` after a fault."""
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, f"{path}[{n}]") for n, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return None
        return {
            self.key(name, key, path) or name: self.value(item, f"{path}.{name}")
            for name, key, item in Section(self, node, path).entries()
        }

    def key(self, name: str, node: yaml.Node, path: str) -> str:
        """The key ``name`` of the mapping at ``path`` with its variables replaced; empty only after a fault."""
        try:
            key = substitute(name, self.variables)
        except UnknownVariable as error:
            self.fault(node, path, str(error))
            return ""
        if not key:
            self.fault(node, path, "a key must be plain text, and not empty")
        return key

    def text(self, node: yaml.Node, path: str) -> str | None:
        """The text of ``node``; ``None`` after a fault."""
        told = len(self.problems)
        value = self.value(node, path)
        if isinstance(value, str):
            return value
        if len(self.problems) == told:
            self.fault(node, path, _no_text(value))
        return None

    def _scalar(self, node: yaml.ScalarNode, path: str) -> Any:
        try:
            text = substitute(node.value, self.variables)
        except UnknownVariable as error:
            self.fault(node, path, str(error))
            return None
        tag = node.tag
        if text != node.value and node.style is None:
            tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False))
        try:
            return yaml.SafeLoader("").construct_object(yaml.ScalarNode(tag, text))
        except (yaml.YAMLError, ValueError) as error:
            self.fault(node, path, f"{text!r} cannot be read: {error}")
            return None


def is_null(node: yaml.Node) -> bool:
    """Whether nothing is written there, or null in one of its spellings."""
    return isinstance(node, yaml.ScalarNode) and (node.tag == _NULL or node.value == "")


def _no_text(value: Any) -> str:
    if value is None:
        return 'must be text, not null; write "" for an empty text'
    if isinstance(value, (dict, list)):
        return f"must be one text, not a {'list' if isinstance(value, list) else 'mapping'}"
    return f"must be text, not {value!r}; put it in quotes"


@dataclass
class Section:
    """One mapping of the document. Each reader returns a value of the right type, or the default after a fault."""

    document: Document
    node: yaml.MappingNode
    path: str
    read: set[str] = field(default_factory=set)

    def entries(self) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Key, key's node and value's node. A repeated key is a fault; so is one that is no text, and it is left out."""
        seen: set[str] = set()
        for key_node, value_node in self.node.value:
            if not isinstance(key_node, yaml.ScalarNode) or is_null(key_node):
                self.document.fault(key_node, self.path, "a key must be plain text, and not empty")
                continue
            key = str(key_node.value)
            if key in seen:
                self.document.fault(key_node, self.at(key), "is written twice")
            seen.add(key)
            yield key, key_node, value_node

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def fault(self, key: str | None, message: str) -> None:
        node = self.get(key) if key else None
        self.document.fault(node or self.node, self.at(key) if key else self.path, message)

    def get(self, key: str) -> yaml.Node | None:
        self.read.add(key)
        return next((value for name, value in self._pairs() if name == key), None)

    def _pairs(self) -> Iterator[tuple[str, yaml.Node]]:
        return ((str(key.value), value) for key, value in self.node.value)

    def close(self) -> None:
        """Every key that no reader asked for is a fault; the message names the nearest known key."""
        for key, key_node, _ in self.entries():
            if key not in self.read:
                self.document.fault(key_node, self.path, f"unknown key '{key}'{near(key, self.read)}")

    def value(self, key: str, default: Any = None) -> Any:
        node = self.get(key)
        return default if node is None else self.document.value(node, self.at(key))

    def _read(self, key: str, default: Any = None) -> tuple[Any, bool]:
        """The value, and whether it could not be read: that fault is told already."""
        told = len(self.document.problems)
        value = self.value(key, default)
        return value, len(self.document.problems) > told

    def text(self, key: str, default: str = "", *, required: bool = False, pattern: str = "") -> str:
        """A string; numbers and booleans are a fault, null and empty count as not given."""
        value, told = self._read(key)
        if value is None or value == "":
            if required and not told:
                self.fault(key if self.get(key) else None, f"'{key}' is required")
            return default
        if not isinstance(value, str):
            self.fault(key, _no_text(value))
            return default
        if pattern and not re.fullmatch(pattern, value):
            self.fault(key, f"{value!r} does not match {pattern}")
            return default
        return value

    def name(self, kind: str, default: str) -> str:
        """The resource's own name. Names are unique in an account and region for each ``kind`` of resource."""
        name = self.text("name", default, pattern=NAME)
        first = self.document.names.setdefault((kind, name), self)
        if first is not self:
            line = first.node.start_mark.line + 1
            key = "name" if self.get("name") else None
            self.fault(key, f"the name '{name}' is used twice among the {kind}, first by {first.path} (line {line})")
        return name

    def boolean(self, key: str, default: bool = False) -> bool:
        value, told = self._read(key, default)
        if told:
            return default
        if not isinstance(value, bool):
            self.fault(key, f"must be true or false, not {value!r}")
            return default
        return value

    def number(self, key: str, default: float, low: float, high: float, *, whole: bool = False) -> float:
        value, told = self._read(key, default)
        if told:
            return default
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            self.fault(key, f"must be a {'whole ' if whole else ''}number, not {value!r}")
            return default
        if not low <= value <= high:
            self.fault(key, f"{value} is outside {low:g} ... {high:g}")
            return default
        return value

    def choice(self, key: str, allowed: Collection[str], default: str = "") -> str:
        value = self.text(key, default)
        if value != default and value not in allowed:
            self.fault(key, f"unknown value '{value}'{near(value, allowed)}")
            return default
        return value

    def section(self, key: str) -> Section | None:
        """The mapping below ``key``; ``None`` when absent or empty."""
        node = self.get(key)
        if node is None or is_null(node):
            return None
        if not isinstance(node, yaml.MappingNode):
            self.document.fault(node, self.at(key), "must be a mapping")
            return None
        return Section(self.document, node, self.at(key))

    def sections(self, key: str, *, named: bool = True) -> Iterator[tuple[str, Section]]:
        """Each mapping below ``key``: ``campaigns: {live: {...}, test: {...}}``; an empty one is ``{}``.

        ``named``: the keys become parts of names, of which only letters a-z, digits, - and _ remain.
        """
        parent = self.section(key)
        for name, key_node, node in parent.entries() if parent else ():
            path = f"{self.at(key)}.{name}"
            if named and not re.search("[a-zA-Z0-9]", name):
                self.document.fault(key_node, path, "a key that becomes a name must have a letter (a-z) or a digit")
                continue
            if is_null(node):
                node = yaml.MappingNode("tag:yaml.org,2002:map", [], node.start_mark, node.end_mark)
            if isinstance(node, yaml.MappingNode):
                yield name, Section(self.document, node, path)
            else:
                self.document.fault(node, path, "must be a mapping")
