"""The sample generator: the same rows everywhere, the semantics of the sample, and refusals that say why."""

import csv
import hashlib
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from personalize.sample_data import (
    ELEMENTS,
    SampleDataError,
    SampleSize,
    element_names,
    favourites,
    interactions,
    write_interactions,
)
from scripts.commands.sample_data import command

REPO = Path(__file__).parents[2]
# Of the default sample. A change means that every machine's sample changed, and with it what the demo's people get.
DIGEST = "f663d05eab720a1a"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def test_the_default_sample_is_the_same_everywhere(tmp_path):
    write_interactions(tmp_path / "a.csv", SampleSize())
    assert digest(tmp_path / "a.csv") == DIGEST


@pytest.mark.parametrize("environment", [{"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"PYTHONHASHSEED": "2"}])
def test_neither_hash_seed_nor_time_zone_matter(tmp_path, environment):
    script = (
        "import sys;from pathlib import Path;from personalize.sample_data import *;"
        "write_interactions(Path(sys.argv[1]), SampleSize())"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "b.csv")], cwd=REPO, env=environment, check=True)
    assert digest(tmp_path / "b.csv") == DIGEST


def test_seeds_differ_and_repeat():
    assert list(interactions(SampleSize(seed=1))) == list(interactions(SampleSize(seed=1)))
    assert list(interactions(SampleSize(seed=1))) != list(interactions(SampleSize(seed=2)))


@pytest.mark.parametrize(("elements", "least", "most"), [(2, 0.5, 0.8), (3, 0.35, 0.65), (8, 0.35, 0.65)])
def test_every_user_has_a_favourite_with_about_half_of_the_interactions(elements, least, most):
    size = SampleSize(users=40, elements=elements, interactions=8_000, seed=3)
    loved = favourites(size)
    for user in loved:
        used = Counter(row.item_id for row in interactions(size) if row.user_id == user)
        assert used.most_common(1)[0][0] == loved[user]
        assert least < used[loved[user]] / used.total() < most
    assert len(set(loved.values())) == elements


def test_the_sample_has_the_users_elements_and_months_of_the_scene():
    rows = list(interactions(SampleSize()))
    assert {row.user_id for row in rows} == {f"user_{n}" for n in range(30)}
    assert {row.item_id for row in rows} == set(ELEMENTS)
    months = {datetime.fromtimestamp(row.timestamp, UTC).strftime("%Y-%m") for row in rows}
    assert len(months) == 10


@pytest.mark.parametrize("users,total", [(30, 1_000), (31, 1_001), (999, 2_000)])
def test_the_number_of_interactions_is_the_number_asked_for(users, total):
    counts = Counter(row.user_id for row in interactions(SampleSize(users=users, interactions=total)))
    assert counts.total() == total
    assert len(counts) == users
    assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("count", [2, 5, 6, 25, 300])
def test_element_names_are_unique_and_start_with_the_five(count):
    names = element_names(count)
    assert len(set(names)) == count
    assert tuple(names[:5]) == ELEMENTS[:count]


@pytest.mark.parametrize(
    "numbers,words",
    [
        ({"interactions": 999}, "interactions is 999; Personalize trains with 1,000"),
        ({"users": 600, "interactions": 1_100}, "ask for 1,200 or more"),
        ({"users": 24}, "users is 24; Personalize trains with 25"),
        ({"elements": 1}, "elements is 1"),
        ({"interactions": 5_000_001}, "5,000,000 at most"),
    ],
)
def test_too_little_or_too_much_is_refused_with_the_limit(numbers, words):
    with pytest.raises(SampleDataError, match=words):
        SampleSize(**numbers)


def test_the_command_writes_the_file(tmp_path):
    target = tmp_path / "folder" / "i.csv"
    result = CliRunner().invoke(command, ["--output", str(target), "--users", "50", "--interactions", "1500"])
    assert result.exit_code == 0, result.output
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1_500
    assert set(rows[0]) == {"USER_ID", "ITEM_ID", "TIMESTAMP"}
    assert list(target.parent.iterdir()) == [target]


def test_the_command_says_what_is_too_little(tmp_path):
    result = CliRunner().invoke(command, ["--output", str(tmp_path / "i.csv"), "--interactions", "10"])
    assert result.exit_code == 2
    assert "Personalize trains with 1,000" in result.output
    assert not (tmp_path / "i.csv").exists()
