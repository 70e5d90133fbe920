"""Mails rendered per second: ours beside handlebars.js (in Node) and pybars3, in alternating runs of one process each.

Mail R repeats few paths (20.7 KB, 552 tags), mail U hardly any (24.1 KB, 312 tags, every value escaped): see mails.py.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from engagement.domain.template import compile_template
from tests.bench.render.mails import Mail, mail_r, mail_u

REPO = Path(__file__).parents[3]
NODE_FOLDER = REPO / "build" / "bench-node"
HANDLEBARS = "handlebars@4.7.10"
RUNS, SECONDS, WARM_UP = 5, 0.8, 1.0
TARGETS = {"handlebars.js": {"R": 1.0, "U": 0.75}, "pybars3": {"R": 4.5, "U": 4.5}}
Row = dict[str, Any]
Render = Callable[[], str]


class Unavailable(Exception):
    """A peer cannot be measured here; the message says why."""


class NodePeer:
    """handlebars.js in a Node process that measures itself when told to."""

    def __init__(self, mails: dict[str, Mail]) -> None:
        _install_handlebars()
        self._file = tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8")  # noqa: SIM115 (closed in __exit__)
        json.dump({name: {"source": source, "data": data} for name, (source, data) in mails.items()}, self._file)
        self._file.flush()
        self._process = subprocess.Popen(
            ["node", str(Path(__file__).with_name("peer.mjs")), self._file.name],
            cwd=NODE_FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def __enter__(self) -> NodePeer:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        self._file.close()

    def rate(self, name: str, seconds: float) -> tuple[float, str]:
        """Renders per second and the text rendered."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{name} {seconds}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise Unavailable("the Node process ended early")
        answer = json.loads(line)
        return answer["rate"], answer["text"]


def _install_handlebars() -> None:
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Unavailable(f"{program} is not on the PATH; handlebars.js runs in Node")
    if (NODE_FOLDER / "node_modules" / "handlebars").is_dir():
        return
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    (NODE_FOLDER / "package.json").write_text('{"name": "bench-node", "private": true}\n', encoding="utf-8")
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", HANDLEBARS],
        cwd=NODE_FOLDER, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Unavailable(f"npm could not install {HANDLEBARS}: {done.stderr.strip()[-200:]}")


def pybars_render(mail: Mail) -> Render:
    """pybars3 with the helpers that the mails use."""
    try:
        import pybars
    except ImportError:
        raise Unavailable("pybars3 is not installed in this environment") from None

    def equal(this: Any, options: Any, one: Any, other: Any) -> Any:
        return options["fn"](this) if one == other else options["inverse"](this)

    helpers = {
        "upper": lambda this, value: str(value).upper(),
        "capitalizeFirst": lambda this, value: str(value)[:1].upper() + str(value)[1:],
        "eq": equal,
    }
    source, data = mail
    template = pybars.Compiler().compile(source)
    return lambda: str(template(data, helpers=helpers))


def our_render(mail: Mail) -> Render:
    source, data = mail
    compiled = compile_template(source, part="html")
    return lambda: compiled.render(data)


def rate(render: Render, seconds: float) -> float:
    """Renders per second, in this process."""
    start = time.perf_counter()
    count = 0
    while (spent := time.perf_counter() - start) < seconds:
        for _ in range(20):
            render()
        count += 20
    return count / spent


def _rate_and_text(render: Render, seconds: float) -> tuple[float, str]:
    return rate(render, seconds), render()


def _row(name: str, peer_name: str, pairs: list[tuple[float, float]]) -> Row:
    """Medians of the two sides, and the median of the ratios of neighbouring runs."""
    return {
        "name": f"render mail {name} vs {peer_name}",
        "unit": "mails/s",
        "ours": round(statistics.median(ours for ours, _ in pairs), 1),
        "peer": round(statistics.median(peer for _, peer in pairs), 1),
        "peer_name": peer_name,
        "ratio": round(statistics.median(ours / peer for ours, peer in pairs), 3),
        "target": f">= {TARGETS[peer_name][name]}x",
        "runs": [[round(ours, 1), round(peer, 1)] for ours, peer in pairs],
    }


def _skipped(name: str, peer_name: str, reason: str) -> Row:
    target = f">= {TARGETS[peer_name][name]}x"
    row = {"name": f"render mail {name} vs {peer_name}", "unit": "mails/s", "peer_name": peer_name, "target": target}
    return {**row, "skipped_reason": reason}


def _against(name: str, peer_name: str, ours: Render, peer_rate: Callable[[float], tuple[float, str]]) -> Row:
    """Alternating runs; refuses to compare two engines that print different mails."""
    _, text = peer_rate(WARM_UP)
    rate(ours, WARM_UP)
    if text != ours():
        return _skipped(name, peer_name, "the two engines do not print the same bytes")
    pairs = [(rate(ours, SECONDS), peer_rate(SECONDS)[0]) for _ in range(RUNS)]
    return _row(name, peer_name, pairs)


def measure() -> list[Row]:
    """One row for each mail and peer."""
    mails = {"R": mail_r(), "U": mail_u()}
    rows: list[Row] = []
    try:
        with NodePeer(mails) as node:
            for name, mail in mails.items():
                rows.append(_against(name, "handlebars.js", our_render(mail), partial(node.rate, name)))
    except (Unavailable, subprocess.TimeoutExpired) as missing:
        rows += [_skipped(name, "handlebars.js", str(missing)) for name in list(mails)[len(rows) :]]
    for name, mail in mails.items():
        try:
            rows.append(_against(name, "pybars3", our_render(mail), partial(_rate_and_text, pybars_render(mail))))
        except Unavailable as missing:
            rows.append(_skipped(name, "pybars3", str(missing)))
    return rows
