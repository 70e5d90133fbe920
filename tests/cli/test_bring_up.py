"""What is known while Terraform applies: who waits for what, and when the kit works."""

import threading
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from scripts import bring_up
from scripts.bring_up import CreatedResources, Stopped, apply_with_work_beside, outputs_when_it_works
from scripts.steps import StepLog
from scripts.terraform_cli import TerraformError

QUEUE, REDRIVE, TABLE = "aws_sqs_queue.a", "aws_sqs_queue_redrive_policy.a", "aws_dynamodb_table.t"


def planned(address, action="create"):
    resource = {"addr": address, "resource_type": address.split(".")[0]}
    return {"type": "planned_change", "change": {"action": action, "resource": resource}}


def done(address, action="create", kind="apply_complete", id_value="id"):
    hook = {"resource": {"addr": address}, "action": action, "id_value": id_value}
    return {"type": kind, "hook": hook}


def created(*events):
    resources = CreatedResources()
    for event in events:
        resources.see(event)
    return resources


WORKS = {
    "everything is done": [planned(QUEUE), done(QUEUE)],
    "only a redrive policy is open": [planned(QUEUE), planned(REDRIVE), done(QUEUE)],
    "nothing was planned": [],
    "a deletion is open": [planned(TABLE, "delete")],
    "a replacement is made": [planned(TABLE, "replace"), done(TABLE, "delete"), done(TABLE)],
    "what is only read is no change": [planned(TABLE, "read"), planned(TABLE, "noop")],
}
WORKS_NOT = {
    "a queue is open": [planned(QUEUE), planned(TABLE), done(TABLE)],
    "a replacement is only deleted yet": [planned(TABLE, "replace"), done(TABLE, "delete")],
    "an update is open": [planned(TABLE, "update"), done(TABLE, kind="refresh_complete")],
}


@pytest.mark.parametrize("events", WORKS.values(), ids=WORKS)
def test_it_works(events):
    resources = created(*events)
    resources.end()
    resources.wait_until_it_works()


@pytest.mark.parametrize("events", WORKS_NOT.values(), ids=WORKS_NOT)
def test_it_will_never_work_when_terraform_has_ended(events):
    resources = created(*events)
    resources.end()
    with pytest.raises(Stopped, match=r"aws_\w+\.\w"):
        resources.wait_until_it_works()


def test_who_waits_is_woken():
    resources, seen = created(planned(QUEUE)), []
    waiting = threading.Thread(target=lambda: seen.append(resources.wait_for({"queue": QUEUE})))
    waiting.start()
    resources.see(done(QUEUE, id_value="url"))
    waiting.join(5)
    assert seen == [{"queue": "url"}]


def test_who_waits_stops_when_the_run_is_given_up():
    resources = created(planned(QUEUE))
    threading.Timer(0.05, resources.give_up).start()
    for wait in (resources.wait_until_it_works, lambda: resources.wait_for({"q": QUEUE}), lambda: resources.sleep(60)):
        with pytest.raises(Stopped):
            wait()


class Answers:
    """A Terraform whose ``output`` answers these, one after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def output(self):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_outputs_are_asked_for_until_all_are_there():
    half_written = TerraformError("output", "unexpected end of JSON input")
    terraform = Answers(half_written, ValueError("half"), {"a": 1}, {"a": 1, "b": 2, "c": 3})
    assert outputs_when_it_works(created(), terraform, ["a", "b"], pause=0) == {"a": 1, "b": 2, "c": 3}


def test_outputs_that_never_come_are_named():
    with pytest.raises(Stopped, match=r"no outputs b$"):
        outputs_when_it_works(created(), Answers({"a": 1}, {"a": 1}), ["a", "b"], pause=0, attempts=2)


class SlowTerraform:
    """Applies until the work beside it has ended."""

    def __init__(self, ended):
        self.ended, self.applied = ended, 0

    def init(self):
        pass

    def plan(self, **options):
        pass

    def apply(self, plan_file, *, on_event):
        assert self.ended.wait(10)
        self.applied += 1

    def output(self):
        return {}


@pytest.mark.parametrize(
    ("error", "told"), [(ValueError("no [profile] here"), True), (Stopped("Terraform ended"), False)]
)
def test_a_failure_beside_terraform_is_told_while_terraform_is_still_at_work(error, told, monkeypatch):
    printed, ended = StringIO(), threading.Event()
    monkeypatch.setattr(bring_up, "build_package", lambda: None)
    log = StepLog(Console(file=printed, width=200))
    note = log.note
    log.note = lambda text: (note(text), ended.set() if "finishes" in text else None)
    terraform = SlowTerraform(ended)

    def work(created):
        if not told:
            ended.set()
        raise error

    with pytest.raises(type(error)):
        apply_with_work_beside(terraform, log, var_file=Path("x"), variables={}, plan_file=Path("y"), work=work)
    assert terraform.applied == 1
    assert ("has failed: no [profile] here" in printed.getvalue()) is told
