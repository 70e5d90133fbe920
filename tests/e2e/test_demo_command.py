"""`make demo` itself: other data, its report, and what Ctrl-C leaves behind."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.e2e
REPO = Path(__file__).parents[2]


def start(build, *options):
    path = os.pathsep.join([str(REPO), str(REPO / "lambda_src")])
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", "demo", *options],
        cwd=REPO, env={**os.environ, "KIT_BUILD": str(build), "PYTHONPATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def left_running(build):
    """Processes that name this build folder, in their command line or as their working folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes().decode(errors="replace") + str((process / "cwd").readlink())
        except OSError:
            continue
        if str(build) in told:
            found.append(told)
    return found


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc (Linux)")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_at_any_moment_it_leaves_no_process_and_the_next_run_works(tmp_path, number):
    seconds = random.Random(number).uniform(0.3, 45)
    run = start(tmp_path)
    time.sleep(seconds)
    os.kill(run.pid, number)
    output, _ = run.communicate(timeout=60)
    deadline = time.monotonic() + 20
    while left_running(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left_running(tmp_path) == []
    if number is not signal.SIGKILL:
        assert run.returncode == 130 and "make demo" in output, output


def test_other_data_gives_five_mails_as_recommended(tmp_path):
    tmp_path = tmp_path / "a folder with spaces & more"
    (tmp_path / "demo" / "run").mkdir(parents=True)
    (tmp_path / "demo" / "run" / "left over from a killed run").touch()
    run = start(tmp_path, "--users", "40", "--elements", "9", "--interactions", "4000", "--seed", "3",
                "--email", "else@example.net")  # fmt: skip
    output, _ = run.communicate(timeout=300)
    assert run.returncode == 0, output
    report = json.loads((tmp_path / "demo.json").read_text())
    assert len(report["mails"]) == 5 and report["mails_in_mailbox"] == 6
    for mail in report["mails"]:
        assert mail["recipient"].endswith("@example.net")
        assert mail["recommended_items"] == [mail["model_answers_now"][0]["item"]]
    assert {"Apply the Terraform configuration", "Run the campaign"} <= {step["name"] for step in report["steps"]}
    begun = {step["name"].split()[0]: step["started"] for step in report["steps"]}
    took = {step["name"].split()[0]: step["seconds"] for step in report["steps"]}
    assert begun["Wire"] < begun["Apply"] + took["Apply"] - 5, "an output that the kit needs waits for queues to settle"
    told = [step["name"] for step in report["steps"]]
    assert all(output.rpartition("Where the time went")[2].count(name) == 1 for name in told), output
    assert output.count("  done ") == len(told) and "Read the mailbox and ask the recommender again" in told
    beyond = report["seconds_waiting_for_what_runs_beside"] + report["seconds_between_steps"]
    in_turn = sum(step["seconds"] for step in report["steps"] if not step["beside"])
    assert in_turn + beyond == pytest.approx(report["total_seconds"], abs=0.1)
    page = (tmp_path / "inbox.html").read_text()
    assert all(mail["recipient"] in page for mail in report["mails"])
    link = re.search(r"file://\S+", output)[0]
    assert Path(unquote(urlsplit(link).path)) == tmp_path / "inbox.html"
    assert re.findall(r"make (\S+) ENV=dev", output) == ["bootstrap", "plan", "deploy"], "steps that work in this order"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--email", "nobody"], "not an email address"),
        (["--users", "3"], "25 users"),
        (["--interactions", "10"], "1,000"),
        (["--email", "a..b@example.org"], "a dot must stand between"),
        (["--env", "nowhere"], "there is no environment"),
        (["--env", ""], "'' cannot name an environment"),
        (["--env", "../x"], "2 to 10 lower-case letters and digits"),
        (["--env", "dev"], "EMAIL=<your address>"),
        (["--env", "dev", "--yes"], "an address that you can read"),
    ],
)
def test_bad_options_say_what_to_do(tmp_path, options, words):
    run = start(tmp_path, *options)
    output, _ = run.communicate(timeout=60)
    assert run.returncode != 0
    assert words in " ".join(output.split()) and "Traceback" not in output
    assert "USD" not in output, "refused before there is a price to ask for"
