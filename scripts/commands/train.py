"""``kit train``: bring Personalize to what the declaration says, or show, undo, stop, destroy."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from personalize.driver import DataFault, DriverError, Options, Plan, Training, TrainingResult
from personalize.driver.estimates import Estimates, load_prices
from personalize.driver.model import Step
from personalize.driver.observe import observe
from personalize.driver.printed_tables import metrics_table, plan_json, plan_table, summary, told
from personalize.driver.progress_view import ProgressView
from personalize.driver.roll_back import as_if_marked, find_roll_back, mark_rolled_back, restore, rolled_back_versions
from personalize.driver.teardown import destroy_plan, idle_plan
from personalize.driver.usage import CampaignUsage
from scripts.build_folder import BUILD, REPO
from scripts.interrupts import INTERRUPTED, terminate_like_ctrl_c
from scripts.training_place import Place, place_options
from scripts.wide_console import wide_console

REFUSED = 3


def _not_negative(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 <= value < math.inf:
        raise click.BadParameter(f"{value} is no number of hours or seconds from 0 up")
    return value


def _refuse_what_does_not_go_together(asked: dict[str, Any]) -> None:
    if asked["roll_back"] == "":
        raise click.UsageError(
            "--roll-back= names no version: name one, or write --roll-back alone for the previous one"
        )
    if asked["roll_back"] and asked["retrain"]:
        raise click.UsageError("--roll-back and --retrain do not go together: going back trains nothing")
    changes = [f"--{name.replace('_', '-')}" for name in ("roll_back", "undo_roll_back", "detach") if asked[name]]
    takes_away = [
        name
        for name, given in (("--destroy", asked["destroy"]), ("--stop-idle", asked["stop_idle"] is not None))
        if given
    ]
    if takes_away and (changes or len(takes_away) == 2):
        raise click.UsageError(
            f"{' and '.join([*takes_away, *changes])} do not go together: call kit train once for each"
        )


@click.command()
@place_options
@click.option(
    "--plan", "only_plan", is_flag=True, help="Show what would be done, with prices and durations; do nothing."
)
@click.option("--json", "as_json", is_flag=True, help="The plan, or the result, as one JSON document.")
@click.option("--json-lines", is_flag=True, help="Progress as one JSON object a line.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--live/--no-live", default=None, help="Sets the variable live_campaign: a live campaign bills every hour."
)
@click.option(
    "--retrain",
    is_flag=False,
    flag_value="all",
    multiple=True,
    metavar="[SOLUTION]",
    help="Train anew, also without new data: all solutions, or those named.",
)
@click.option(
    "--accept-worse", is_flag=True, help="Deploy a new version even when it is worse by more than the margin."
)
@click.option("--prune", is_flag=True, help="Delete what stands in the dataset groups and is not declared.")
@click.option(
    "--wait-for-inputs",
    type=float,
    default=0.0,
    metavar="SECONDS",
    callback=_not_negative,
    help="Wait for bucket and data to appear.",
)
@click.option("--detach", is_flag=True, help="Go on in the background; `kit status` shows how far it is.")
@click.option(
    "--roll-back",
    is_flag=False,
    flag_value="previous",
    metavar="[VERSION]",
    help="Serve an earlier version; nothing is trained.",
)
@click.option(
    "--versions-are-marked", is_flag=True, hidden=True, help="What a detached run is told: going back is done."
)
@click.option("--solution", default="", help="Which solution to roll back, when several are declared.")
@click.option("--undo-roll-back", is_flag=True, help="Let rolled-back versions serve again.")
@click.option(
    "--stop-idle",
    type=float,
    metavar="HOURS",
    callback=_not_negative,
    help="Delete campaigns that nobody asked for HOURS; 0: all.",
)
@click.option("--destroy", is_flag=True, help="Delete everything that is declared, in order, and wait for it.")
def command(place: Place, path: Path, **asked: Any) -> None:
    """Train the recommender: bring Personalize to what personalize/personalize.yaml declares.

    Safe to repeat and to interrupt: what is finished is never done again, and the service works on while you are away.
    `kit train --plan` shows everything beforehand. Exit code 3: trained, but the new version was refused as worse.
    """
    _refuse_what_does_not_go_together(asked)
    if asked["live"] is not None:
        place = place.given(live_campaign=str(asked["live"]).lower())
    command_line = _Command(place, path, wide_console(stderr=asked["as_json"] or asked["json_lines"]), asked)
    try:
        with terminate_like_ctrl_c() as interruptions:
            command_line.training.sleep = interruptions.sleep
            command_line.run()
    except KeyboardInterrupt:
        command_line.say_what_goes_on()
        raise click.exceptions.Exit(INTERRUPTED) from None
    except DriverError as error:
        raise click.ClickException(str(error)) from error


class _Command:
    """One call of `kit train`: what was asked, and where."""

    def __init__(self, place: Place, path: Path, console: Console, asked: dict[str, Any]) -> None:
        self.place, self.path, self.console, self.asked = place, path, console, asked
        self.view = ProgressView.fitting(console, asked["json_lines"])
        self.prices = load_prices(local=place.local)
        self.training = Training(
            declaration=place.declaration(path),
            clients=place.clients,
            options=Options(
                frozenset(asked["retrain"]), asked["accept_worse"], asked["prune"], keep_data=bool(asked["roll_back"])
            ),
            on_event=self.view,
            poll=place.poll,
            prices=self.prices,
            wait_for_inputs=asked["wait_for_inputs"],
        )

    def run(self) -> None:
        if self.asked["destroy"]:
            self._take_away(self._destroy_plan(), "Everything below goes, data and trained versions included")
        elif self.asked["stop_idle"] is not None:
            self._take_away(self._idle_plan(), f"Campaigns over the last {self.asked['stop_idle']:g} hours")
        else:
            self._change_versions()
            self._train()

    # ------------------------------------------------------------------ training
    def _train(self) -> None:
        plan = self.training.plan()
        faults = self.training.faults()
        if self.asked["only_plan"]:
            self._show(plan, faults)
            if faults:
                raise click.exceptions.Exit(1)
            return
        if faults:
            raise DataFault(f"nothing was uploaded, for the data cannot be imported:\n{faults}")
        if plan.changes and not self.asked["json_lines"] and not self.asked["as_json"]:
            self._print_plan(plan)
        self._confirm(plan, ask=not self.place.local)
        if self.asked["detach"]:
            self._detach()
            return
        self._finish(self._do(plan))

    def _show(self, plan: Plan, faults: str) -> None:
        if self.asked["as_json"]:
            click.echo(json.dumps({**plan_json(plan, self.prices), "faults": faults.splitlines()}, indent=1))
            return
        self._print_plan(plan)
        if faults:
            self.console.print(f"The data cannot be imported, so nothing would be uploaded:\n{faults}", markup=False)

    def _print_plan(self, plan: Plan) -> None:
        self.console.print(plan_table(plan, f"Personalize in {self.place.env}"))
        self.console.print(summary(plan, self.prices), highlight=False, markup=False)

    def _do(self, plan: Plan) -> TrainingResult:
        self.view.expect(plan)
        with self.view.showing():
            return self.training.run(plan)

    def _finish(self, result: TrainingResult) -> None:
        if self.asked["as_json"]:
            click.echo(json.dumps(_result_json(result), indent=1))
        elif not self.asked["json_lines"]:
            for comparison in result.comparisons:
                self.console.print(metrics_table(comparison))
                self.console.print(comparison.message, highlight=False, markup=False)
            self._say_result(result)
        if result.held:
            raise click.exceptions.Exit(REFUSED)

    def _say_result(self, result: TrainingResult) -> None:
        changed = "nothing had to change" if not result.plan.changes else f"done in {told(result.seconds)}"
        self.console.print(f"Personalize in {self.place.env}: {changed}.", highlight=False)
        for step in result.plan.steps:
            if (source := step.extra.get("source")) and source.missing and not step.gated:
                self.console.print(f"  {step.kind} {step.name}: {step.reason}", style="yellow", soft_wrap=True)
        for key, arn in result.campaigns.items():
            price = next((s.price.hourly for s in result.plan.steps if s.key == key), 0.0)
            floor = (
                ""
                if self.place.local
                else f" (at least {price:.2f} USD an hour; `kit train --stop-idle 24` ends idle ones)"
            )
            self.console.print(f"  campaign {arn}{floor}", highlight=False, soft_wrap=True)
        for folder in result.batches.values():
            self.console.print(f"  batch results {folder}", highlight=False, soft_wrap=True)
        if result.held:
            self.console.print(
                "  The new version was refused; the one in use stays. `kit train --accept-worse` takes it."
            )
        self.console.print("Next: make wire (connect it), kit status (look), kit train --roll-back (go back).")

    def _detach(self) -> None:
        """Go on in a process of its own; the service is the state, so nothing is lost if that process ends too."""
        log = BUILD / f"train-{self.place.env}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        arguments = [word for word in sys.argv[1:] if word != "--detach"]
        with log.open("ab") as file:
            child = subprocess.Popen(
                [sys.executable, "-m", "scripts.cli", *arguments, "--yes", "--versions-are-marked"],
                # The same folder, so that files named on the command line are found; the kit is found from any.
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPO), str(REPO / "lambda_src")])},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        self.console.print(
            f"Training goes on in the background (process {child.pid}, log {log}).\n"
            "`kit status` shows how far it is; `kit train` comes back to it, from any machine.",
            highlight=False,
            soft_wrap=True,
        )

    # ------------------------------------------------------------------ going back, taking away
    def _change_versions(self) -> None:
        training, declaration = self.training, self.training.declaration
        if self.asked["versions_are_marked"] or not (self.asked["undo_roll_back"] or self.asked["roll_back"]):
            return
        snapshot, only_plan = observe(training.api, declaration), self.asked["only_plan"]
        marks: dict[str, bool] = {}
        if self.asked["undo_roll_back"]:
            versions = rolled_back_versions(declaration, snapshot)
            marks |= dict.fromkeys((version.arn for version in versions), False)
            told = ", ".join(version.name or version.arn for version in versions) or "nothing was rolled back"
            self.console.print(f"{'Would' if only_plan else 'May'} serve again: {told}", highlight=False)
            if not only_plan:
                restore(training.api, versions)
        if to := self.asked["roll_back"]:
            snapshot = as_if_marked(snapshot, marks)
            back = find_roll_back(declaration, snapshot, self.asked["solution"], "" if to == "previous" else to)
            marks |= dict.fromkeys((version.arn for version in back.taken_out), True)
            out = ", ".join(version.name or version.arn for version in back.taken_out)
            then = back.serves_then.name or back.serves_then.arn
            goes = "would go out of use" if only_plan else "goes out of use"
            self.console.print(f"{back.solution}: {out} {goes}, {then} takes its place.", highlight=False)
            if not only_plan:
                self._ask(f"Roll {back.solution} back?", ask=not self.place.local)
                mark_rolled_back(training.api, back, training.now())
        if only_plan:
            training.as_if = lambda found: as_if_marked(found, marks)

    def _destroy_plan(self) -> Plan:
        return destroy_plan(self.training.declaration, observe(self.training.api, self.training.declaration))

    def _idle_plan(self) -> Plan:
        snapshot = observe(self.training.api, self.training.declaration)
        return idle_plan(
            self.training.declaration,
            snapshot,
            Estimates.of(snapshot, self.prices),
            hours=self.asked["stop_idle"],
            now=self.training.now(),
            requests=CampaignUsage(client=self.place.clients.cloudwatch).requests,
        )

    def _take_away(self, plan: Plan, title: str) -> None:
        if self.asked["as_json"] and self.asked["only_plan"]:
            click.echo(json.dumps(plan_json(plan, self.prices), indent=1))
            return
        self.console.print(plan_table(plan, f"{title} ({self.place.env})"))
        if self.asked["only_plan"] or not plan.changes:
            self.console.print("" if plan.changes else "Nothing to delete.")
            self._tell_deleted([], [])
            return
        self._ask(f"Delete {len(plan.changes)} resources?", ask=True)
        self._do(plan)
        left = self._destroy_plan().changes if self.asked["destroy"] else ()
        stays = {step.key for step in left}
        self._tell_deleted([step for step in plan.changes if step.key not in stays], left)
        self.console.print(f"{len(plan.changes) - len(left)} resources are gone.", highlight=False)
        for step in left:
            self.console.print(f"{step.kind} {step.name} stays: something not declared here uses it.", highlight=False)
        if self.asked["stop_idle"] is not None:
            self.console.print("While the declaration says live: true, the next `kit train` makes them again.")

    def _tell_deleted(self, gone: Sequence[Step], left: Sequence[Step]) -> None:
        if self.asked["as_json"]:
            told = {"deleted": gone, "left": left}
            click.echo(
                json.dumps({what: [f"{s.kind} {s.name}" for s in steps] for what, steps in told.items()}, indent=1)
            )

    def _confirm(self, plan: Plan, *, ask: bool) -> None:
        if plan.changes:
            self._ask(f"Do these {len(plan.changes)} changes?", ask=ask)

    def _ask(self, question: str, *, ask: bool) -> None:
        if not ask or self.asked["yes"]:
            return
        if not sys.stdin.isatty():
            raise click.ClickException(f"{question} Nobody is there to answer: add --yes")
        click.confirm(question, abort=True, err=True)

    def say_what_goes_on(self) -> None:
        """After Ctrl-C: the service does not notice; say so, and how to come back."""
        self.console.print("\nStopped looking; the service does not stop:")
        working = self.training.working()
        for event_name, state, left in working:
            self.console.print(f"  {event_name} goes on ({(state + left).lstrip(', ')})", highlight=False)
        if not working:
            self.console.print("  nothing is being made right now")
        self.console.print(
            "`kit train` comes back and continues; `kit status` looks; `kit train --destroy` takes it away."
        )


def _result_json(result: TrainingResult) -> dict[str, Any]:
    return {
        "campaign_arn": result.campaign_arn or None,
        "solution_version_arn": result.solution_version_arn or None,
        "metrics": dict(result.metrics),
        "campaigns": dict(result.campaigns),
        "versions": dict(result.versions),
        "batches": dict(result.batches),
        "refused": list(result.held),
        "comparisons": [
            {
                "solution": one.solution,
                "metric": one.metric,
                "margin": one.margin,
                "change": one.change,
                "accepted": one.accepted,
                "new": dict(one.candidate),
                "in_use": dict(one.previous),
                "popularity": dict(one.popularity),
            }
            for one in result.comparisons
        ],
        "changes": len(result.plan.changes),
        "seconds": round(result.seconds, 2),
    }
