"""Files and lines of batch inference: whose they are, and what cannot be used."""

from __future__ import annotations

import json

import pytest

from engagement.domain.batch_results import (
    KEPT_ITEMS,
    UNKNOWN_USER,
    LineFault,
    OtherContents,
    ResultFile,
    UserItems,
    read_line,
    result_file,
)
from engagement.domain.batch_results_message import files_of
from engagement.domain.line_reader import MAX_LINE_BYTES, lines_of
from engagement.errors import BadRequest
from personalize.driver.training import UNKNOWN_USER as ASKED_FOR

ROOT = "s3://b/personalize/output"


def test_driver_and_engine_mean_the_same_nobody():
    assert ASKED_FOR == UNKNOWN_USER


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("personalize/output/news/job-1/users.jsonl.out", ResultFile(f"{ROOT}/news", "job-1")),
        ("personalize/output/a/b/job-1/x.out", ResultFile(f"{ROOT}/a/b", "job-1")),
        ("personalize/output/news/users.jsonl.out", ResultFile(f"{ROOT}/news", "users.jsonl.out@e1")),
        ("personalize/output/users.out", ResultFile(ROOT, "users.out@e1")),
        ("personalize/output/news/job-1/users.jsonl.errors", None),
        ("personalize/output/news/job-1/_CHECK", None),
        ("personalize/output/news-input/users.jsonl", None),
        ("other/news/job-1/users.out", None),
    ],
)
def test_a_file_names_its_provider_and_its_generation(key, found):
    assert result_file("b", key, '"e1"') == found


def line(**output):
    return json.dumps({"input": {"userId": "u1"}, "output": output or None, "error": None}).encode()


def test_a_line_says_what_somebody_might_like():
    assert read_line(line(recommendedItems=["A", "\u00dc"], scores=[0.9, 0.1])) == UserItems("u1", ("A", "\u00dc"))
    many = read_line(line(recommendedItems=[f"I{n}" for n in range(500)]))
    assert len(many.items) == KEPT_ITEMS and many.items[0] == "I0"
    assert read_line(line(recommendedItems=[])).items == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'"text"', "is not a JSON object"),
        (b'{"input": {"userId": "u"}, "output": null, "error": "The user..."}', "could not answer"),
        (b'{"input": {"userId": "u"}, "output": null, "error": null}', "is missing"),
        (b'{"output": {}}', "is missing"),
        (b'{"input": {"userId": 7}, "output": {"recommendedItems": []}}', "input.userId"),
        (b'{"input": {"userId": ""}, "output": {"recommendedItems": []}}', "input.userId"),
        (b'{"input": {"userId": "u"}, "output": {}}', "recommendedItems"),
        (b'{"input": {"userId": "u"}, "output": {"recommendedItems": "A"}}', "recommendedItems"),
        (b'{"input": {"userId": "u"}, "output": {"recommendedItems": ["A", null]}}', "recommendedItems"),
    ],
)
def test_what_cannot_be_used_says_why(content, words):
    with pytest.raises(LineFault, match=words):
        read_line(content)


@pytest.mark.parametrize(
    "content",
    [
        b'{"input": {"itemId": "i"}, "output": {"recommendedItems": ["A"]}, "error": null}',
        b'{"input": {"itemId": "i"}, "output": {"usersList": ["u"]}, "error": null}',
    ],
)
def test_results_about_items_are_told_from_bad_lines(content):
    with pytest.raises(OtherContents):
        read_line(content)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_lines_are_the_same_however_the_bytes_come(size):
    text = b"one\ntwo\r\n\nfour\nfive"
    chunks = [text[first : first + size] for first in range(0, len(text), size)]
    lines = list(lines_of(chunks))
    assert [one.content for one in lines] == [b"one", b"two", b"", b"four", b"five"]
    assert [one.number for one in lines] == [1, 2, 3, 4, 5]
    for one in lines[:-1]:
        rest = list(lines_of([text[one.end :]], offset=one.end, number=one.number + 1))
        assert rest == lines[one.number :], "reading goes on behind any line"


def test_an_endless_line_is_passed_over():
    chunks = [b"a\n", *[b"x" * 65536] * 40, b"y\nb\n"]
    lines = list(lines_of(chunks))
    assert [one.content for one in lines] == [b"a", None, b"b"]
    assert lines[-1].end == sum(map(len, chunks))
    assert [one.content for one in lines_of([b"x" * (MAX_LINE_BYTES + 1)])] == [None]
    assert list(lines_of([])) == []


NOTICE = {
    "eventTime": "2026-11-21T10:00:00.500Z",
    "s3": {"bucket": {"name": "b"}, "object": {"key": "personalize/output/a+b/%C3%BC.out", "eTag": "e1", "size": 3}},
}


def test_messages_of_s3_and_of_the_loader():
    assert files_of({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}) == []
    (file,) = files_of({"Records": [NOTICE]})
    assert file == {"bucket": "b", "key": "personalize/output/a b/\u00fc.out", "etag": "e1", "at": 1795255200500}
    assert files_of({**file, "offset": 7, "line": 2}) == [{**file, "offset": 7, "line": 2}]


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"Records": [{}]},
        {"Records": 7},
        {"Records": [{**NOTICE, "eventTime": "yesterday"}]},
        {"bucket": "b", "key": "k", "etag": "e"},
        {"bucket": "b", "key": "k", "etag": "", "at": 1},
        {"bucket": "b", "key": "k", "etag": "e", "at": -1},
        {"bucket": "b", "key": "k", "etag": "e", "at": 1, "offset": "7"},
    ],
)
def test_other_messages_are_refused(message):
    with pytest.raises(BadRequest):
        files_of(message)
