"""What a handler's code path needs, read from the source: settings, and AWS calls with the setting that names their place.

From ``handle`` every name that a function mentions is followed through its imports; ``app.<port>.<method>`` leads into
the adapter that ``engagement/app.py`` chooses, and there to the boto3 calls. Where the method can't be seen (a port that
is handed on), every method name that the path mentions counts: rather too much than too little.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

SOURCE = Path(__file__).parents[2] / "lambda_src"
# boto3 call -> IAM actions, where they are not the call's own name.
ACTIONS = {
    "s3.list_objects_v2": ["s3:ListBucket"],
    "s3.head_object": ["s3:GetObject"],
    "sqs.send_message_batch": ["sqs:SendMessage"],
    "sesv2.send_email": ["ses:SendEmail", "ses:SendRawEmail"],
    "lambda.invoke": ["lambda:InvokeFunction"],
}
PREFIXES = {"sesv2": "ses", "personalize-runtime": "personalize", "personalize-events": "personalize"}
IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


@dataclass
class Needs:
    """``settings``: attribute names of Settings; ``actions``: (IAM action, setting that names the table, queue or None)."""

    settings: set[str] = field(default_factory=set)
    actions: set[tuple[str, str | None]] = field(default_factory=set)


@dataclass(frozen=True)
class Module:
    """One source file: what its top level defines and imports."""

    name: str
    tree: ast.Module

    @property
    def definitions(self) -> dict[str, ast.AST]:
        found: dict[str, ast.AST] = {}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found |= {target.id: node.value for target in targets if isinstance(target, ast.Name)}
        return found


@cache
def module(name: str) -> Module | None:
    """The module of that dotted name, or None when it is not ours."""
    path = SOURCE.joinpath(*name.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return Module(name, ast.parse(candidate.read_text("utf-8")))
    return None


def imported(node: ast.AST) -> dict[str, tuple[str, str | None]]:
    """Name in this scope -> (module, name in it or None for the module itself)."""
    found: dict[str, tuple[str, str | None]] = {}
    for statement in ast.walk(node):
        if isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                whole = f"{statement.module}.{alias.name}"
                found[alias.asname or alias.name] = (whole, None) if module(whole) else (statement.module, alias.name)
    return found


def path_of(start: str) -> list[ast.AST]:
    """Every definition that ``handle`` of a module leads to; adapters, ports and the app itself are left out."""
    todo, seen, nodes = [(start, "handle")], set(), []
    while todo:
        where, name = todo.pop()
        found = module(where)
        if (
            (where, name) in seen
            or found is None
            or where in ("engagement.app", "engagement.ports")
            or ".adapters" in where
        ):
            continue
        seen.add((where, name))
        definition = found.definitions.get(name)
        if definition is None:  # imported there from elsewhere
            todo += [
                (where_from, what or "") for local, (where_from, what) in imported(found.tree).items() if local == name
            ]
            continue
        nodes.append(definition)
        todo += _mentions(found, definition)
    return nodes


def _mentions(home: Module, definition: ast.AST) -> Iterator[tuple[str, str]]:
    scope = imported(home.tree)
    for node in ast.walk(definition):
        if isinstance(node, ast.Name):
            if node.id in home.definitions:
                yield home.name, node.id
            elif node.id in scope and scope[node.id][1] is not None:
                yield scope[node.id][0], str(scope[node.id][1])
        elif isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and scope.get(node.value.id, ("", ""))[1] is None:
                yield scope[node.value.id][0], node.attr
            if node.attr == "import_module":  # the registry reads every file of api/operations
                for path in sorted((SOURCE / "engagement/api/operations").glob("[!_]*.py")):
                    yield f"engagement.api.operations.{path.stem}", "OPERATIONS"


def _app_uses(nodes: list[ast.AST]) -> tuple[set[tuple[str, str | None]], set[str]]:
    """(port, method or None when it can't be seen) for every ``app.<port>``; and all attribute names."""
    uses: set[tuple[str, str | None]] = set()
    names: set[str] = set()
    for top in nodes:
        parents = {child: node for node in ast.walk(top) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(top):
            if not isinstance(node, ast.Attribute):
                continue
            names.add(node.attr)
            if _is_app(node.value):
                above = parents.get(node)
                uses.add((node.attr, above.attr if isinstance(above, ast.Attribute) else None))
    return uses, names


def _is_app(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        node = node.func
    return (isinstance(node, ast.Name) and node.id in ("app", "_app")) or (
        isinstance(node, ast.Attribute) and node.attr in ("app", "_app")
    )


def needs_of(handler: str) -> Needs:
    """What ``handlers.<slug>.<verb_noun>`` needs to work."""
    uses, names = _app_uses(path_of(handler))
    needs = Needs()
    for port, method in uses:
        if port == "settings":
            needs.settings |= {method} if method else set()
            continue
        if port in _ports():  # else: something that a stand-in for the app knows beside the app's own
            _port_needs(port, {method} if method else names, needs)
    return needs


def _port_needs(port: str, methods: set[str], needs: Needs) -> None:
    """Add what these methods of one port of the app need."""
    definition = next((node for node in _app_class().body if getattr(node, "name", None) == port), None)
    assert isinstance(definition, ast.FunctionDef), f"engagement/app.py has no {port}"
    body: list[ast.AST] = [definition]
    own = [
        node for node in ast.walk(definition) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    helpers = {node.attr for node in own if node.value.id == "self" and node.attr.startswith("_")}
    body += [node for node in _app_class().body if getattr(node, "name", None) in helpers]
    settings = {node.attr for part in body for node in ast.walk(part) if _is_setting(node)}
    needs.settings |= settings
    place = next(iter(settings), None)
    for part in body:
        for where, name in imported(part).values():
            if ".adapters." in where and name:
                _adapter_needs(where, name, methods, place, needs, others=_other_ports(own))


def _is_setting(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "settings"


def _other_ports(own: list[ast.Attribute]) -> set[str]:
    """Ports that this one is made of."""
    return {node.attr for node in own if isinstance(node.value, ast.Name) and node.value.id == "self"} & _ports()


def _ports() -> set[str]:
    named = {node.name for node in _app_class().body if isinstance(node, ast.FunctionDef)}
    return {name for name in named if not name.startswith("_")}


@cache
def _app_class() -> ast.ClassDef:
    found = module("engagement.app")
    assert found is not None
    definition = found.definitions["App"]
    assert isinstance(definition, ast.ClassDef)
    return definition


def _adapter_needs(
    where: str, name: str, methods: set[str], place: str | None, needs: Needs, *, others: set[str]
) -> None:
    found = module(where)
    assert found is not None
    parts = _adapter_parts(found, name, methods)
    attributes = {node.attr for part in parts for node in ast.walk(part) if isinstance(node, ast.Attribute)}
    texts = {node.value for part in parts for node in ast.walk(part) if isinstance(node, ast.Constant)}
    for port in others:
        _port_needs(port, attributes, needs)
    for service in _services(found):
        for operation in sorted((attributes | texts) & _operations(service)):
            needs.actions |= {(action, _place(service, place)) for action in _actions(service, operation, texts)}


def _adapter_parts(found: Module, name: str, methods: set[str]) -> list[ast.AST]:
    """The methods asked for, and the methods and functions of the same file that they lead to."""
    definition = found.definitions[name]
    assert isinstance(definition, ast.ClassDef)
    members = {node.name: node for node in definition.body if isinstance(node, ast.FunctionDef)}
    todo, seen = [m for m in methods if m in members and not m.startswith("_")], {}
    while todo:
        member = todo.pop()
        if member in seen:
            continue
        seen[member] = members.get(member) or found.definitions[member]
        for node in ast.walk(seen[member]):
            mentioned = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if mentioned in members or mentioned in found.definitions:
                todo.append(mentioned)
    return list(seen.values())


def _services(found: Module) -> set[str]:
    calls = [node for node in ast.walk(found.tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    return {
        node.args[0].value for node in calls if node.func.id == "aws_client" and isinstance(node.args[0], ast.Constant)
    }


@cache
def _operations(service: str) -> frozenset[str]:
    names = botocore.session.get_session().get_service_model(service).operation_names
    return frozenset(xform_name(name) for name in names)


@cache
def _spelling(service: str) -> dict[str, str]:
    names = botocore.session.get_session().get_service_model(service).operation_names
    return {xform_name(name): name for name in names}


def _actions(service: str, operation: str, texts: set[object]) -> list[str]:
    if operation == "transact_write_items":
        return [f"dynamodb:{action}" for kind, action in IN_TRANSACTIONS.items() if kind in texts]
    own = f"{PREFIXES.get(service, service)}:{_spelling(service)[operation]}"
    return ACTIONS.get(f"{service}.{operation}", [own])


def _place(service: str, setting: str | None) -> str | None:
    """Only tables and queues are compared by place; the rest by action."""
    return setting if service in ("dynamodb", "sqs") else None
