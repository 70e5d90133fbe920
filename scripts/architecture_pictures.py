"""A picture of each architecture in docs/architectures/<slug>.md, as Mermaid, drawn from the plan."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from scripts.generated_part import with_part
from scripts.resource_graph import Arrow, Graph, Thing

FOLDER = Path(__file__).parents[1] / "docs" / "architectures"
PART = "picture"
SHAPES = {
    "function": '("{}")',
    "machine": '[\\"{}"/]',
    "queue": '[["{}"]]',
    "table": '[("{}")]',
    "files": '[/"{}"/]',
    "stream": '>"{}"]',
    "api": '{{{{"{}"}}}}',
    "key": '(["{}"])',
    "service": '["{}"]',
    "alarm": '["{}"]',
    "person": '(("{}"))',
}
LEGEND = {
    "function": "(function)",
    "machine": "[\\state machine/]",
    "queue": "[[queue]]",
    "table": "[(table)]",
    "files": "[/files of the data bucket/]",
    "stream": ">delivery stream]",
    "api": "{{API}}",
}


def picture(graph: Graph, slug: str) -> str:
    """A Mermaid block: the architecture's own things framed, neighbours dashed, and what the shapes mean."""
    arrows = _joined(graph.around(slug))
    things = sorted({end for arrow in arrows for end in (arrow.start, arrow.end)})
    names = {thing: f"n{number}" for number, thing in enumerate(things)}
    own = [thing for thing in things if graph.home.get(thing) == slug]
    lines = ["```mermaid", "flowchart LR", f"  subgraph {slug}"]
    lines += [f"    {names[thing]}{SHAPES[thing.kind].format(thing.name)}" for thing in own]
    lines += ["  end"]
    others = [thing for thing in things if thing not in own]
    lines += [f"  {names[thing]}{SHAPES[thing.kind].format(_with_home(graph, thing))}" for thing in others]
    lines += [f'  {names[arrow.start]} -- "{arrow.label}" --> {names[arrow.end]}' for arrow in arrows]
    if others:
        lines += ["  classDef other stroke-dasharray: 4 3", f"  class {','.join(names[one] for one in others)} other"]
    shapes = [text for kind, text in LEGEND.items() if any(thing.kind == kind for thing in things)]
    said = [f"Shapes: {', '.join(f'`{shape}`' for shape in shapes)}."] if shapes else []
    dashed = ["Dashed: of another architecture, or outside."] if others else []
    return "\n".join([*lines, "```", "", " ".join([*dashed, *said])]).rstrip()


def _joined(arrows: list[Arrow]) -> list[Arrow]:
    """One arrow for each pair of things, its labels joined."""
    labels: dict[tuple[Thing, Thing], list[str]] = defaultdict(list)
    for arrow in arrows:
        labels[arrow.start, arrow.end].append(arrow.label)
    return [Arrow(*ends, ", ".join(found)) for ends, found in labels.items()]


def _with_home(graph: Graph, thing: Thing) -> str:
    home = graph.home.get(thing)
    return f"{thing.name}<br><i>{home}</i>" if home else thing.name


def pages(graph: Graph) -> dict[Path, str]:
    """Every page of an architecture with its picture anew."""
    found = sorted(FOLDER.glob("*.md"))
    return {path: with_part(path.read_text("utf-8"), PART, picture(graph, path.stem)) for path in found}
