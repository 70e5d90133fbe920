"""One plan of one environment, made and judged: what `kit plan` shows and `kit deploy` applies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scripts.adoption import import_blocks, lost_creations, refused_imports
from scripts.environments import Environment
from scripts.packaging import build_package
from scripts.plan_files import PlanFiles
from scripts.plan_review.data_stores import DATA_STORES
from scripts.plan_review.plan_json import Kind, Plan, read_plan
from scripts.plan_review.rendering import markdown
from scripts.plan_review.review import Review, review_plan
from scripts.shared_identity import refusals
from scripts.terraform_cli import Terraform, TerraformError

Json = dict[str, Any]


def make_plan(
    environment: Environment, *, destroy: bool = False, say_what_is_kept: Callable[[str], None] | None = None
) -> tuple[Terraform, Review]:
    """Package, plan, judge; leaves plan file and review in build/plan/<environment>.

    What an earlier apply made without seeing it end, and this one would make twice, is planned as an import. With
    ``say_what_is_kept`` (of a command that may write the state) nothing that holds data is replaced for the only reason
    that an earlier apply was cut off while making it: it is kept, and told.

    Raises TerraformError when the plan fails, or would take over what is somebody else's; what Terraform had planned until
    then is left as a review all the same.
    """
    terraform, files = _ready(environment)
    if destroy or say_what_is_kept:
        terraform.push_unsaved_state()
    plan, warned = _planned(terraform, files, environment, destroy=destroy)
    _refuse_identities_of_others(plan, environment)
    if say_what_is_kept and (cut_off := made_but_cut_off(plan)):
        for address in cut_off:
            terraform.untaint(address)
            say_what_is_kept(f"{address} was cut off while it was made: it is kept as it is, not made anew.")
        plan, warned = _planned(terraform, files, environment, destroy=destroy)
    if not destroy:
        plan, warned = _with_imports(plan, warned, terraform, files, environment)
    _refuse_what_is_not_to_be_taken(plan)
    review = review_plan(plan, environment=environment.name)
    review = replace(review, warnings=(*review.warnings, *dict.fromkeys(warned)))
    leave_review(files, review)
    return terraform, review


@dataclass(frozen=True)
class Lost:
    """What this environment's state does not hold, address -> import id; and a sentence for what is left alone."""

    imports: Mapping[str, str]
    left: tuple[str, ...]


def lost_before_destroy(environment: Environment) -> tuple[Terraform, Lost]:
    """What a destroy would leave, because the state does not know it.

    Nothing is changed. Raises TerraformError when the plan that is needed to know fails.
    """
    terraform, files = _ready(environment)
    terraform.push_unsaved_state()
    client = environment.clients().shared()
    imports: dict[str, str] = {}
    left: dict[str, str] = {}
    while True:
        _write_plan(terraform, files, environment, refresh=False)
        plan = read_plan(terraform.show_json(files.plan))
        left |= dict(refused_imports(plan))
        lost = {address: ids[0] for address, ids in lost_creations(plan, client, before_destroy=True).items()}
        found = {address: id_ for address, id_ in (imports | lost).items() if address not in left}
        if found == imports:
            return terraform, Lost(imports, tuple(left.values()))
        imports = found
        terraform.import_with_next_plan(import_blocks(imports))


def take_over(terraform: Terraform, environment: Environment, imports: Mapping[str, str]) -> None:
    """Write into the state what ``lost_before_destroy`` found. Raises TerraformError."""
    files = PlanFiles.of(environment.name)
    terraform.import_with_next_plan(import_blocks(imports))
    _write_plan(terraform, files, environment, refresh=False, only=list(imports))
    terraform.apply(files.plan)


def _ready(environment: Environment) -> tuple[Terraform, PlanFiles]:
    """The package is built, what an earlier plan left is gone, Terraform's working folder is laid out."""
    package = build_package()
    files = PlanFiles.of(environment.name)
    files.folder.mkdir(parents=True, exist_ok=True)
    for path in (files.plan, files.markdown, files.machine):
        path.unlink(missing_ok=True)
    shutil.copyfile(package.path, files.package)
    terraform = environment.terraform()
    terraform.init()
    return terraform, files


def _write_plan(terraform: Terraform, files: PlanFiles, environment: Environment, **options: Any) -> None:
    terraform.plan(out=files.plan, var_file=environment.var_file, variables=environment.variables(), **options)


def _planned(
    terraform: Terraform, files: PlanFiles, environment: Environment, *, destroy: bool
) -> tuple[Plan, list[str]]:
    """The plan, and what Terraform warned of."""
    warned: list[str] = []
    try:
        _write_plan(
            terraform, files, environment, destroy=destroy, on_event=lambda event: warned.extend(_warnings_in(event))
        )
    except TerraformError as error:
        _, partial = review_of_failed_plan(terraform, files.plan, environment=environment.name, error=error)
        leave_review(files, partial)
        raise
    _refuse_misspelt_values(warned)
    return read_plan(terraform.show_json(files.plan)), warned


def _with_imports(
    plan: Plan, warned: list[str], terraform: Terraform, files: PlanFiles, environment: Environment
) -> tuple[Plan, list[str]]:
    """The plan with what is there but not in the state imported; what stands behind it (an API's routes) shows then."""
    client = environment.clients().shared()
    imports: dict[str, str] = {}
    more: list[str] = []
    while lost := {address: ids for address, ids in lost_creations(plan, client).items() if address not in imports}:
        imports |= {address: ids[0] for address, ids in lost.items()}
        more += [_told_of_more(address, others) for address, (_, *others) in lost.items() if others]
        terraform.import_with_next_plan(import_blocks(imports))
        plan, warned = _planned(terraform, files, environment, destroy=False)
    return plan, [*warned, *more]


def _told_of_more(address: str, others: list[str]) -> str:
    return f"{address}: there are more of it that nothing of this environment uses, look at them: {', '.join(others)}"


def _refuse_what_is_not_to_be_taken(plan: Plan) -> None:
    refused = [sentence for _, sentence in refused_imports(plan)]
    if refused:
        raise TerraformError("plan", "\n".join(refused))


def made_but_cut_off(plan: Plan) -> list[str]:
    """Addresses of what holds data and would be replaced only because Terraform did not see its creation end."""
    return [
        change.address
        for change in plan.changes
        if change.kind is Kind.REPLACE and change.reason == "replace_because_tainted" and change.type in DATA_STORES
    ]


def _warnings_in(event: Json) -> Iterator[str]:
    diagnostic = event.get("diagnostic") or {}
    if diagnostic.get("severity") == "warning":
        yield " ".join(f"{diagnostic.get('summary', '')}: {diagnostic.get('detail', '')}".split())


def _refuse_misspelt_values(warned: list[str]) -> None:
    """Terraform only warns of a value that no variable takes; here it would quietly leave a setting at its default."""
    misspelt = [text for text in warned if "undeclared variable" in text]
    if misspelt:
        raise TerraformError("plan", "\n".join([*misspelt, "The variables are in terraform/variables.tf."]))


def _refuse_identities_of_others(plan: Plan, environment: Environment) -> None:
    refused = refusals(plan, environment.clients().client("sesv2"), environment.var_file.name)
    if refused:
        raise TerraformError("plan", "\n".join(refused))


def judge(terraform: Terraform, files: PlanFiles, environment: Environment) -> Review:
    """The review of the plan file that is there."""
    plan = read_plan(terraform.show_json(files.plan))
    return review_plan(plan, environment=environment.name)


def leave_review(files: PlanFiles, review: Review) -> None:
    """review.md for people, review.json for programs."""
    files.folder.mkdir(parents=True, exist_ok=True)
    files.markdown.write_text(markdown(review), encoding="utf-8")
    files.machine.write_text(json.dumps(review.as_json(), indent=1) + "\n", encoding="utf-8")


def review_of_failed_plan(
    terraform: Terraform, plan_file: Path, *, environment: str, error: TerraformError
) -> tuple[Json, Review]:
    """Terraform writes what it had planned before an error: its JSON, and a review that shows it under the error."""
    document: Json = {"format_version": "1.0"}
    if plan_file.exists():
        document = terraform.show_json(plan_file)
    messages = tuple(str(diagnostic) for diagnostic in error.diagnostics)
    review = review_plan(read_plan({**document, "errored": True}), environment=environment)
    return document, replace(review, errors=messages)
