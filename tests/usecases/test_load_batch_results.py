"""Loading a file of batch results: once, whole or in pieces, whatever is in it and whatever comes in between."""

from __future__ import annotations

import hashlib
import json
from itertools import permutations

import pytest

from engagement.domain.batch_results import JobState, Served
from engagement.errors import BadRequest, NotFound, Unavailable
from engagement.usecases.load_batch_results import BLOCK, FAULTS_TOLD, JOB_WAIT_SECONDS, load_batch_results
from tests.fakes import FakeApp

PROVIDER = "s3://data/personalize/output/news"
KEY = "personalize/output/news/job-1/users.jsonl.out"
LATER = 10**12


def line(user, *items):
    return json.dumps({"input": {"userId": user}, "output": {"recommendedItems": list(items)}, "error": None})


def put(app, *lines, key=KEY, at=100):
    body = "".join(f"{one}\n" for one in lines).encode()
    app.files.objects[("data", key)] = body
    return {"bucket": "data", "key": key, "etag": hashlib.md5(body, usedforsecurity=False).hexdigest(), "at": at}


@pytest.fixture
def app():
    return FakeApp(DATA_BUCKET="data")


def load(app, message, deadline=LATER):
    return load_batch_results(app, message, deadline=deadline)


def test_a_file_is_loaded_and_serves(app):
    report = load(app, put(app, line("u1", "A", "B"), line("u2", "C"), ""))
    assert (report.users, report.faulty, report.serves, report.line) == (2, 0, True, None)
    assert app.batch_results.items_of(PROVIDER, ["u1", "u2"]) == {"u1": ("A", "B"), "u2": ("C",)}


def test_the_same_file_twice_is_read_once(app):
    message = put(app, line("u1", "A"))
    load(app, message)
    again = load(app, message)
    assert (again.why, again.serves) == ("was loaded before", False)
    assert app.batch_results.writes == 1


def test_bad_lines_are_counted_and_named_and_the_others_are_loaded(app):
    bad = ["{", '{"input": {"userId": "u9@example.net"}, "output": null, "error": "no"}', "x" * (1 << 20) + "x"]
    report = load(app, put(app, line("u1", "A"), *bad, *["?"] * 20, line("u2", "B")))
    assert (report.users, report.faulty, len(report.faults)) == (2, 23, FAULTS_TOLD)
    assert report.faults[0] == "line 2: is not JSON" and "megabyte" in report.faults[2]
    assert "@" not in " ".join(report.faults), "nothing of the line is repeated"


@pytest.mark.parametrize("lines", [[], ["{"], [line("u1")]])
def test_a_file_of_nothing_useful_does_not_serve(app, lines):
    load(app, put(app, line("u1", "A")))
    other = put(app, *lines, key=KEY.replace("job-1", "job-2"), at=200)
    with pytest.raises(BadRequest, match="what served before goes on serving"):
        load(app, other)
    assert app.batch_results.served(PROVIDER) == Served("job-1", "", 100)


def test_a_large_file_goes_on_in_messages_of_its_own(app):
    everybody = [line(f"u{n}", f"I{n}") for n in range(3 * BLOCK)]
    everybody[BLOCK + 7] = "{"
    message = put(app, *everybody)
    reports = [load(app, message, deadline=0)]
    while app.batch_results_queue.messages:
        assert app.batch_results.served(PROVIDER) is None, "a part does not serve"
        reports.append(load(app, app.batch_results_queue.messages.pop(0), deadline=0))
    assert [report.line for report in reports] == [BLOCK + 1, 2 * BLOCK + 1, 3 * BLOCK + 1, None]
    assert (reports[-1].users, reports[-1].faulty, reports[-1].serves) == (3 * BLOCK - 1, 1, True)
    assert app.batch_results.writes == 3 * BLOCK - 1, "no line is read twice"


def test_a_piece_that_comes_twice_changes_nothing(app):
    message = put(app, *[line(f"u{n}", "A") for n in range(BLOCK + 1)])
    load(app, message, deadline=0)
    (rest,) = app.batch_results_queue.messages
    first, second = load(app, dict(rest)), load(app, dict(rest))
    assert first.serves and second.why == "was loaded before"


def test_a_failing_store_leaves_the_old_generation_serving_and_a_repeat_mends_it(app):
    load(app, put(app, line("u1", "A")))
    newer = put(app, line("u1", "B"), key=KEY.replace("job-1", "job-2"), at=200)
    write = app.batch_results.write

    def fail(file, block):
        raise Unavailable("not now")

    app.batch_results.write = fail
    with pytest.raises(Unavailable):
        load(app, newer)
    assert app.batch_results.items_of(PROVIDER, ["u1"]) == {"u1": ("A",)}
    app.batch_results.write = write
    load(app, newer)
    assert app.batch_results.items_of(PROVIDER, ["u1"]) == {"u1": ("B",)}


def test_files_that_come_out_of_order(app):
    newer = put(app, line("u1", "B"), key=KEY.replace("job-1", "job-2"), at=200)
    assert load(app, newer).serves
    assert load(app, put(app, line("u1", "A"))).serves is False
    assert app.batch_results.items_of(PROVIDER, ["u1"]) == {"u1": ("B",)}


def part(app, name, *lines, at=100, job="job-1"):
    return put(app, *lines, key=f"personalize/output/news/{job}/{name}.out", at=at)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_files_of_one_job_serve_when_the_last_of_them_is_loaded_whichever_that_is(app, order):
    load(app, put(app, line("u1", "OLD"), key="personalize/output/news/job-0/a.out", at=50))
    parts = [
        part(app, name, line(user, "A"), at=at)
        for name, user, at in (("a", "u1", 103), ("b", "u2", 101), ("c", "u3", 102))
    ]
    for number in order[:-1]:
        report = load(app, parts[number])
        assert report.serves is False and "not loaded yet" in report.why
        assert app.batch_results.served(PROVIDER).current == "job-0", "a part does not serve"
        assert load(app, parts[number]).serves is False, "nor does it when it comes again"
    assert load(app, parts[order[-1]]).serves
    assert app.batch_results.served(PROVIDER) == Served("job-1", "job-0", 103), "as new as its newest file"
    assert set(app.batch_results.items_of(PROVIDER, ["u1", "u2", "u3"])) == {"u1", "u2", "u3"}
    assert [load(app, one).serves for one in parts] == [False] * 3


def test_one_file_that_cannot_be_used_keeps_its_whole_job_from_serving(app):
    load(app, put(app, line("u1", "OLD"), key="personalize/output/news/job-0/a.out", at=50))
    broken = part(app, "b", "{")
    assert load(app, part(app, "a", line("u1", "A"))).serves is False
    with pytest.raises(BadRequest):
        load(app, broken)
    assert app.batch_results.items_of(PROVIDER, ["u1"]) == {"u1": ("OLD",)}
    mended = part(app, "b", line("u2", "B"), at=110)
    assert load(app, mended).serves, "and it serves once that file is there anew"


def test_an_empty_file_beside_others_holds_nobody_up(app):
    empty, full = part(app, "a"), part(app, "b", line("u1", "A"))
    assert load(app, empty).serves is False
    assert load(app, full).serves


def test_files_of_folders_further_down_are_another_job(app):
    put(app, line("u9", "Z"), key="personalize/output/news/job-1/deeper/x.out")
    assert load(app, part(app, "a", line("u1", "A"))).serves


def test_while_the_job_may_write_more_files_it_does_not_serve(app):
    app.batch_jobs.states["job-1"] = JobState.WRITING
    message = part(app, "a", line("u1", "A"))
    assert load(app, {**message, "again": True}).serves is False
    assert app.batch_results.served(PROVIDER) is None
    ((again, delay),) = zip(app.batch_results_queue.messages, app.batch_results_queue.delays, strict=True)
    assert again == message and delay == JOB_WAIT_SECONDS, "comes back, and reads nothing twice"
    second = part(app, "b", line("u2", "B"))
    app.batch_jobs.states["job-1"] = JobState.DONE
    assert load(app, again).serves is False, "the job has written a second file meanwhile"
    assert load(app, second).serves
    assert app.batch_results.writes == 2


def test_what_a_failed_job_left_does_not_serve(app):
    app.batch_jobs.states["job-1"] = JobState.FAILED
    report = load(app, part(app, "a", line("u1", "A")))
    assert report.serves is False and "failed" in report.why and app.batch_results_queue.messages == []
    assert app.batch_results.served(PROVIDER) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            '{"input": {"itemId": "i"}, "output": {"usersList": ["u"]}, "error": null}',
            "not about what users might like",
        ),
        ('{"input": {"itemId": "i"}, "output": {"recommendedItems": ["u"]}, "error": null}', "not about"),
    ],
)
def test_results_of_other_jobs_are_left_alone(app, content, words):
    report = load(app, put(app, content))
    assert words in report.why and app.batch_results.served(PROVIDER) is None


def test_the_services_list_of_errors_is_told(app):
    report = load(app, put(app, '{"input": {}}', '{"input": {}}', key=KEY.replace(".out", ".errors")))
    assert (report.faulty, report.users) == (2, 0) and "could not answer" in report.why


def test_other_files_are_left_alone(app):
    assert load(app, put(app, "x", key="personalize/output/news/job-1/_CHECK")).why == "is no file of batch results"


def test_a_file_that_is_gone_says_so(app):
    with pytest.raises(NotFound):
        load(app, {"bucket": "data", "key": KEY, "etag": "e", "at": 1})
