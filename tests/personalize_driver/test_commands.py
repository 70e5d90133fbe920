"""`kit train` and `kit status` end to end against the service in memory, at a thousandfold speed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from personalize.config import DEFAULT_DECLARATION
from personalize.driver import Clients
from personalize.driver.polling import Poll
from scripts.cli import kit
from scripts.training_place import Place, place_of
from tests.personalize_driver import fake_personalize
from tests.personalize_driver.fake_personalize import FakePersonalize, FakeTime
from tests.personalize_driver.fake_s3 import FakeS3
from tests.personalize_driver.scene import KEY, VARIABLES, rows

QUICKLY = Poll(shortest=0.005, longest=0.05)


class FastTime(FakeTime):
    """Real time, 250,000 times as fast: a training of an hour takes 14 ms."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        return (time.monotonic() - self.began) * 250_000


class Account:
    """What stands behind the commands of one test."""

    def __init__(self) -> None:
        self.service = FakePersonalize(FastTime())
        self.s3 = FakeS3(objects={("data-bucket", KEY): (rows().encode(), {}, datetime.now(UTC))})
        self.env = "local"

    def place(self, name: str, pairs: tuple[str, ...], *rest: Any) -> Place:
        given = dict(pair.split("=", 1) for pair in pairs)
        local = self.env == "local"
        return Place(self.env, local, Clients(self.service, self.s3), {**VARIABLES, **given}, QUICKLY)

    def kit(self, *arguments: str) -> Result:
        return CliRunner().invoke(kit, list(arguments), catch_exceptions=False, env={"COLUMNS": "200"})


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    one = Account()
    monkeypatch.setattr(fake_personalize, "START", datetime.now(UTC))
    monkeypatch.setattr("scripts.training_place.place_of", one.place)
    yield one


def test_plan_shows_everything_and_does_nothing(account: Account):
    told = account.kit("train", "--plan", "--live")
    assert told.exit_code == 0
    for words in ("solution version", "0.54 USD an hour", "was never trained", "list prices", "11 to create"):
        assert words in told.output
    assert not account.service.creations


def test_plan_as_json_is_one_document(account: Account):
    told = json.loads(account.kit("train", "--plan", "--json").stdout)
    assert told["changes"] == 10 and told["faults"] == []
    assert {step["action"] for step in told["steps"]} == {"create", "check", "leave"}


def test_train_then_again_then_status(account: Account):
    first = account.kit("train", "--live")
    assert first.exit_code == 0, first.output
    assert "better than popularity" in first.output
    assert "campaign arn:" in first.output
    second = account.kit("train", "--json")
    told = json.loads(second.stdout)
    assert told["changes"] == 0 and told["campaign_arn"]
    status = account.kit("status")
    assert "test-messaging-elements-live" in status.output and "Versions, newest first" in status.output
    document = json.loads(account.kit("status", "--json").stdout)
    assert document["versions"][0]["serves"] == ["test-messaging-elements-live"]


def test_progress_as_json_lines(account: Account):
    told = account.kit("train", "--json-lines")
    events = [json.loads(line) for line in told.stdout.splitlines()]
    version = [e["state"] for e in events if e["kind"] == "solution version" and "popularity" not in e["name"]]
    assert version[0] == "creating" and version[-1] == "ACTIVE"
    assert {"key", "kind", "name", "state", "elapsed", "expected", "arn", "message"} == set(events[0])


def test_bad_rows_stop_plan_and_train_with_their_lines(account: Account):
    account.s3.objects[("data-bucket", KEY)] = (b"USER_ID,ITEM_ID,TIMESTAMP\nu,i,soon\n", {}, datetime.now(UTC))
    for arguments in (("train", "--plan"), ("train",)):
        told = account.kit(*arguments)
        assert told.exit_code == 1
        assert "line 2, column 3 (TIMESTAMP): 'soon' is not a whole number" in told.output
    assert not account.service.creations


def test_a_faulty_declaration_is_told_by_line(account: Account, tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text("role_arn: ${role_arn}\ndataset_group: {}\n")
    told = account.kit("train", "--file", str(path))
    assert told.exit_code == 1
    assert "mine.yaml, line 2, column 1: unknown key 'dataset_group'; did you mean 'dataset_groups'?" in told.output


def test_failures_end_with_reason_and_advice(account: Account):
    account.service.failures = {"test-messaging-elements-live": ["More than allowed: quota exceeded"]}
    told = account.kit("train", "--live")
    assert told.exit_code == 1
    assert "quota exceeded" in told.output and "What to do: a quota of the account is used up" in told.output


def test_in_an_account_nothing_is_changed_without_a_yes(account: Account):
    account.env = "dev"
    told = account.kit("train")
    assert told.exit_code == 1
    assert "add --yes" in told.output
    assert not account.service.creations
    assert account.kit("train", "--yes").exit_code == 0


def test_a_refused_version_ends_with_its_own_exit_code(account: Account):
    account.kit("train", "--live")
    count = len([1 for kind, _ in account.service.creations if kind == "solution_version"])
    account.service.metrics = lambda version: {
        "normalized_discounted_cumulative_gain_at_10": 0.1 if "-r2" in version.get("name", "") else 0.5
    }
    told = account.kit("train", "--live", "--retrain")
    assert told.exit_code == 3, told.output
    assert "the one in use stays" in told.output
    assert len([1 for kind, _ in account.service.creations if kind == "solution_version"]) == count + 1
    assert account.kit("train", "--accept-worse").exit_code == 0


def test_roll_back_and_its_undoing(account: Account):
    account.kit("train", "--live")
    account.kit("train", "--retrain", "elements")
    told = account.kit("train", "--roll-back")
    assert told.exit_code == 0 and "goes out of use" in told.output
    assert "rolled back" in account.kit("status").output
    assert "May serve again" in account.kit("train", "--undo-roll-back").output


def test_a_roll_back_is_planned_as_it_would_be_done_and_marks_nothing(account: Account):
    account.kit("train", "--live")
    account.kit("train", "--retrain", "elements")
    planned = account.kit("train", "--roll-back", "--plan", "--json")
    assert "\n12 to leave." in account.kit("train", "--plan").output
    steps = {step["kind"]: step for step in json.loads(planned.stdout)["steps"]}
    assert steps["campaign"]["action"] == "update" and steps["solution version"]["name"] in steps["campaign"]["reason"]
    assert "rolled back" in steps["solution version"]["reason"]
    assert "rolled back" not in account.kit("status").output
    assert account.kit("train", "--roll-back").exit_code == 0
    again = account.kit("train", "--undo-roll-back", "--plan")
    assert "Would serve again" in again.output and "to update" in again.output
    assert "rolled back" in account.kit("status").output, "a plan restores nothing"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--roll-back=",), "names no version"),
        (("--destroy", "--roll-back"), "--destroy and --roll-back do not go together"),
        (("--stop-idle", "1", "--undo-roll-back"), "do not go together"),
        (("--destroy", "--stop-idle", "1"), "do not go together"),
        (("--destroy", "--detach"), "do not go together"),
        (("--stop-idle", "-5"), "is no number of hours or seconds from 0 up"),
        (("--stop-idle", "nan"), "is no number of hours or seconds from 0 up"),
        (("--wait-for-inputs", "inf"), "is no number of hours or seconds from 0 up"),
    ],
)
def test_what_is_asked_wrongly_is_told_and_nothing_is_done(words: tuple[str, ...], told: str, account: Account):
    answer = account.kit("train", *words)
    assert answer.exit_code == 2 and told in answer.output.replace("\n", " "), answer.output
    assert not account.service.calls


def test_json_is_all_that_is_on_standard_output(account: Account):
    account.kit("train", "--live")
    account.kit("train", "--retrain", "elements")
    lines = account.kit("train", "--roll-back", "--json-lines").stdout.splitlines()
    assert lines and all(json.loads(line)["kind"] for line in lines)
    told = json.loads(account.kit("train", "--destroy", "--yes", "--json").stdout)
    assert told["left"] == [] and "dataset group test-messaging" in told["deleted"]
    assert json.loads(account.kit("train", "--destroy", "--yes", "--json").stdout) == {"deleted": [], "left": []}


def test_a_detached_run_does_not_go_back_once_more(account: Account):
    account.kit("train", "--live")
    for _ in range(2):
        account.kit("train", "--retrain", "elements")
    assert account.kit("train", "--roll-back").exit_code == 0
    again = account.kit("train", "--roll-back", "--yes", "--versions-are-marked")
    assert again.exit_code == 0 and "goes out of use" not in again.output
    assert account.kit("status").output.count("rolled back") == 1


def test_destroy_asks_first_and_then_takes_everything(account: Account):
    account.kit("train", "--live")
    assert account.kit("train", "--destroy").exit_code == 1
    assert account.kit("train", "--destroy", "--plan").exit_code == 0
    told = account.kit("train", "--destroy", "--yes")
    assert told.exit_code == 0 and "resources are gone" in told.output
    assert "Nothing is there yet" in account.kit("status").output


def test_ctrl_c_says_what_goes_on_and_how_to_come_back(account: Account):
    def interrupt(index: int, after: bool) -> None:
        if account.service.calls[index][0] == "describe_solution_version" and after:
            raise KeyboardInterrupt

    account.service.kill = interrupt
    told = account.kit("train")
    assert told.exit_code == 130
    assert "the service does not stop" in told.output
    assert "solution version test-messaging-elements" in told.output
    assert "`kit train` comes back and continues" in told.output


def test_variables_from_an_outputs_file(tmp_path: Path):
    path = tmp_path / "outputs.json"
    path.write_text(
        json.dumps({"bucket": {"value": "b-1"}, "personalize_role_arn": {"value": "arn:role/a-dev-personalize"}})
    )
    place = place_of("dev", ("live_campaign=true",), path, "http://127.0.0.1:9")
    assert place.variables == {
        "bucket": "b-1",
        "role_arn": "arn:role/a-dev-personalize",
        "prefix": "a-dev",
        "live_campaign": "true",
    }


def test_a_file_that_is_gone_is_told_even_when_the_last_import_stays(account: Account, tmp_path: Path):
    mine = tmp_path / "mine.csv"
    mine.write_text(rows())
    assert account.kit("train", "--var", f"interactions_file={mine}").exit_code == 0
    mine.unlink()
    told = account.kit("train", "--var", f"interactions_file={mine}")
    assert told.exit_code == 0 and "nothing had to change" in told.output
    assert "mine.csv is not there; the last import stays" in told.output.replace("\n", " ")


def test_destroy_tells_which_schema_stays_for_another_declaration(account: Account, tmp_path: Path):
    assert account.kit("train").exit_code == 0
    text = DEFAULT_DECLARATION.read_text("utf-8").replace("\n  messaging:\n", "\n  other:\n")
    (tmp_path / "other.yaml").write_text(text)
    other = ("--file", str(tmp_path / "other.yaml"))
    assert account.kit("train", *other).exit_code == 0
    told = account.kit("train", *other, "--destroy", "--yes")
    assert told.exit_code == 0 and "stays: something not declared here uses it" in told.output
