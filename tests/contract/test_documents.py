"""What every ``ports.Documents`` promises."""

from __future__ import annotations

import random
import string

import pytest

from engagement.adapters.documents_dynamodb import DynamoDocuments
from engagement.errors import Conflict
from engagement.ports import Document
from tests.aws_tables import make_table
from tests.fakes import FakeDocuments

APPS = "apps"
TEMPLATES = "templates/EMAIL"


@pytest.fixture(params=["fake", "dynamodb"])
def documents(request):
    if request.param == "fake":
        return FakeDocuments()
    client = request.getfixturevalue("aws")("dynamodb")
    return DynamoDocuments(table=make_table(client), client=client)


def changed(document: Document, body: dict) -> Document:
    return Document(document.id, body, document.version, document.revision)


def incompressible(characters: int) -> str:
    return "".join(random.Random(7).choices(string.printable, k=characters))


def test_a_created_document_is_read_back(documents):
    body = {"Name": "spring", "Größe": [1, 2.5, None, True], "nested": {"a": {}}}
    made = documents.create(APPS, "a1", body)
    assert (made.id, made.body, made.version) == ("a1", body, 1)
    assert documents.get(APPS, "a1") == made
    assert documents.get(APPS, "a1", 1) == made


@pytest.mark.parametrize(
    "missing", [("apps", "b"), ("other", "a"), ("apps", ""), ("apps", "x" * 3000), ("x" * 3000, "a")]
)
def test_what_is_not_there_is_none(documents, missing):
    documents.create(APPS, "a", {})
    assert documents.get(*missing) is None
    assert documents.delete(*missing) is None


@pytest.mark.parametrize("version", [0, 2, -1, 10**15])
def test_a_version_that_never_was_is_none(documents, version):
    documents.create(APPS, "a", {})
    assert documents.get(APPS, "a", version) is None


def test_an_id_is_taken_once_per_collection(documents):
    documents.create(APPS, "a", {"first": 1})
    documents.create(TEMPLATES, "a", {})
    with pytest.raises(Conflict):
        documents.create(APPS, "a", {"second": 2})
    assert documents.get(APPS, "a").body == {"first": 1}


def test_put_replaces_the_latest_version(documents):
    made = documents.create(APPS, "a", {"n": 1, "gone": True})
    put = documents.put(APPS, changed(made, {"n": 2}))
    assert (put.body, put.version, put.revision) == ({"n": 2}, 1, made.revision + 1)
    assert documents.get(APPS, "a") == put
    assert len(documents.versions(APPS, "a").items) == 1


@pytest.mark.parametrize("new_version", [False, True])
def test_who_loses_the_race_gets_a_conflict_and_changes_nothing(documents, new_version):
    read_by_two = documents.create(APPS, "a", {"n": 0})
    won = documents.put(APPS, changed(read_by_two, {"n": "first"}), new_version=new_version)
    for again in (False, True):
        with pytest.raises(Conflict):
            documents.put(APPS, changed(read_by_two, {"n": "second"}), new_version=again)
    assert documents.get(APPS, "a") == won


def test_put_never_creates(documents):
    with pytest.raises(Conflict):
        documents.put(APPS, Document("a", {}, 1, 1))
    assert documents.get(APPS, "a") is None


def test_a_document_made_anew_is_not_the_one_that_was_read(documents):
    old = documents.create(APPS, "a", {"n": "old"})
    documents.delete(APPS, "a")
    new = documents.create(APPS, "a", {"n": "new"})
    with pytest.raises(Conflict):
        documents.put(APPS, changed(old, {"n": "late"}))
    assert documents.get(APPS, "a") == new


def test_versions_stay_readable_newest_first(documents):
    document = documents.create(TEMPLATES, "t", {"text": "one"})
    for text in ("two", "three"):
        document = documents.put(TEMPLATES, changed(document, {"text": text}), new_version=True)
    assert (document.version, documents.get(TEMPLATES, "t").version) == (3, 3)
    assert [documents.get(TEMPLATES, "t", n).body["text"] for n in (1, 2, 3)] == ["one", "two", "three"]
    assert [one.version for one in documents.versions(TEMPLATES, "t").items] == [3, 2, 1]
    overwritten = documents.put(TEMPLATES, changed(document, {"text": "drei"}))
    assert overwritten.version == 3
    assert documents.get(TEMPLATES, "t", 3).body == {"text": "drei"}


def test_versions_come_in_pages(documents):
    document = documents.create(TEMPLATES, "t", {"n": 1})
    for n in range(2, 13):
        document = documents.put(TEMPLATES, changed(document, {"n": n}), new_version=True)
    seen, after = [], None
    while True:
        page = documents.versions(TEMPLATES, "t", after=after, limit=5)
        seen.append([one.body["n"] for one in page.items])
        after = page.after
        if after is None:
            break
    assert seen == [[12, 11, 10, 9, 8], [7, 6, 5, 4, 3], [2, 1]]
    assert documents.versions(TEMPLATES, "nobody").items == []


def test_a_page_that_just_fits_is_the_last(documents):
    for name in ("a", "b"):
        documents.create(APPS, name, {})
    assert documents.list(APPS, limit=2).after is None
    assert documents.versions(APPS, "a", limit=1).after is None


def test_listing_is_in_id_order_and_in_pages(documents):
    names = ["b", "a", "B", "é", "aa", "10", "9", "a-b", "\U0001f600", "\uffff"]
    for name in names:
        documents.create(APPS, name, {"Name": name})
    documents.create("apps/x/segments", "s", {})
    seen, after = [], None
    while True:
        page = documents.list(APPS, after=after, limit=3)
        seen += [one.id for one in page.items]
        after = page.after
        if after is None:
            break
        assert len(page.items) == 3
    assert seen == sorted(names, key=str.encode)
    assert documents.list("apps/y/segments").items == []


def test_a_listing_goes_on_behind_an_id_that_was_deleted(documents):
    for name in ("a", "b", "c"):
        documents.create(APPS, name, {})
    after = documents.list(APPS, limit=2).after
    documents.delete(APPS, "b")
    assert [one.id for one in documents.list(APPS, after=after).items] == ["c"]


def test_delete_removes_every_version(documents):
    document = documents.create(TEMPLATES, "t", {"n": 1})
    latest = documents.put(TEMPLATES, changed(document, {"n": 2}), new_version=True)
    assert documents.delete(TEMPLATES, "t") == latest
    assert documents.get(TEMPLATES, "t") is None
    assert documents.get(TEMPLATES, "t", 1) is None
    assert documents.delete(TEMPLATES, "t") is None
    assert documents.create(TEMPLATES, "t", {"n": 9}).version == 1
    assert [one.body for one in documents.versions(TEMPLATES, "t").items] == [{"n": 9}]


@pytest.mark.parametrize(("gone", "left", "next_version"), [(2, [3, 1], 4), (3, [2, 1], 4), (1, [3, 2], 4)])
def test_one_version_is_removed_and_its_number_never_used_again(documents, gone, left, next_version):
    document = documents.create(TEMPLATES, "t", {"n": 1})
    for n in (2, 3):
        document = documents.put(TEMPLATES, changed(document, {"n": n}), new_version=True)
    latest = documents.remove_version(TEMPLATES, document, gone, {"n": left[0], "carried": True})
    assert latest == documents.get(TEMPLATES, "t")
    assert (latest.version, latest.body) == (left[0], {"n": left[0], "carried": True})
    assert [one.version for one in documents.versions(TEMPLATES, "t").items] == left
    assert documents.get(TEMPLATES, "t", gone) is None
    assert documents.put(TEMPLATES, changed(latest, {}), new_version=True).version == next_version


def test_a_version_is_not_removed_on_old_knowledge(documents):
    first = documents.create(TEMPLATES, "t", {"n": 1})
    with pytest.raises(Conflict):
        documents.remove_version(TEMPLATES, first, 1, {})
    second = documents.put(TEMPLATES, changed(first, {"n": 2}), new_version=True)
    for latest, version in ((first, 1), (second, 7)):
        with pytest.raises(Conflict):
            documents.remove_version(TEMPLATES, latest, version, {})
    assert [one.body for one in documents.versions(TEMPLATES, "t").items] == [{"n": 2}, {"n": 1}]


@pytest.mark.parametrize("characters", [10, 5_000, 600_000, 1_500_000])
def test_bodies_of_any_size_live_through_every_operation(documents, characters):
    text = incompressible(characters)
    first = documents.create(TEMPLATES, "t", {"HtmlPart": text})
    assert documents.get(TEMPLATES, "t").body == {"HtmlPart": text}
    second = documents.put(TEMPLATES, changed(first, {"HtmlPart": text[::-1]}))
    third = documents.put(TEMPLATES, changed(second, {"HtmlPart": "small"}), new_version=True)
    fourth = documents.put(TEMPLATES, changed(third, {"HtmlPart": "größer" + text}), new_version=True)
    bodies = [one.body["HtmlPart"] for one in documents.versions(TEMPLATES, "t").items]
    assert bodies == ["größer" + text, "small", text[::-1]]
    assert documents.list(TEMPLATES).items[0].body == fourth.body
    documents.remove_version(TEMPLATES, fourth, 3, {"HtmlPart": "again " + text})
    assert documents.get(TEMPLATES, "t").body == {"HtmlPart": "again " + text}
    assert documents.get(TEMPLATES, "t", 1).body == {"HtmlPart": text[::-1]}
    assert documents.delete(TEMPLATES, "t").body == {"HtmlPart": "again " + text}


def test_what_was_given_and_what_was_read_are_copies(documents):
    body = {"list": [1]}
    documents.create(APPS, "a", body)
    body["list"].append(2)
    documents.get(APPS, "a").body["list"].append(3)
    assert documents.get(APPS, "a").body == {"list": [1]}
