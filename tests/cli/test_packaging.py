"""The zip: the same bytes for the same content, only what belongs in it, fetched packages kept."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts import packaging
from scripts.packaging import PackagingError, build_package, handlers, import_seconds, installed_packages

pytestmark = pytest.mark.programs

HANDLER = "from engagement.greeting import WORD\n\n\ndef handle(event, context):\n    return WORD\n"
SOURCE = {
    "engagement/__init__.py": "",
    "engagement/greeting.py": "WORD = 'hello'\n",
    "engagement/model.json": "{}",
    "handlers/__init__.py": "",
    "handlers/audience_import/__init__.py": "",
    "handlers/audience_import/import_endpoints.py": HANDLER,
    "handlers/audience_import/reading.py": "LIMIT = 3\n",
}


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Stands for pip: installs one pinned package; the list holds a target per call."""
    calls: list[Path] = []

    def install(lock: Path, target: Path) -> None:
        calls.append(target)
        write(target, {"tzdata/__init__.py": "", "tzdata-1.dist-info/RECORD": str(target), "bin/run": "#!"})

    monkeypatch.setattr(packaging, "_pip_install", install)
    return calls


@pytest.fixture
def project(tmp_path: Path, fetched: list[Path]) -> Path:
    write(tmp_path / "lambda_src", SOURCE)
    (tmp_path / "lambda.txt").write_text("tzdata==1\n")
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def build(project: Path, name: str = "build") -> packaging.Package:
    return build_package(project / name / "lambda.zip", source=project / "lambda_src", lock=project / "lambda.txt")


def names(package: packaging.Package) -> list[str]:
    return zipfile.ZipFile(package.path).namelist()


def test_another_day_umask_order_and_folder_give_the_same_bytes(project: Path, tmp_path: Path):
    first = build(project)
    other = tmp_path / "other"
    before = os.umask(0o077)
    try:
        write(other / "lambda_src", dict(reversed(SOURCE.items())))
    finally:
        os.umask(before)
    (other / "lambda.txt").write_text("tzdata==1\n")
    for path in other.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    (other / "lambda_src/engagement/model.json").chmod(0o755)
    second = build(other)
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.sha256 == second.sha256 and first.size == second.size == second.path.stat().st_size


def test_a_changed_byte_changes_the_hash_and_the_same_content_writes_nothing(project: Path):
    first, again = build(project), build(project)
    assert (first.changed, again.changed) == (True, False)
    (project / "lambda_src/engagement/greeting.py").write_text("WORD = 'hullo'\n")
    other = build(project)
    assert other.changed and other.sha256 != first.sha256


@pytest.mark.parametrize(
    "rubbish",
    ["engagement/__pycache__/greeting.cpython-311.pyc", "engagement/old.pyc", "engagement/tests/test_greeting.py", ".DS_Store"],
)  # fmt: skip
def test_caches_and_tests_stay_out(project: Path, rubbish: str):
    clean = build(project)
    write(project / "lambda_src", {rubbish: "x"})
    assert build(project).sha256 == clean.sha256


def test_it_holds_the_source_and_the_packages_and_no_notes_of_pip(project: Path):
    assert names(build(project)) == sorted([*SOURCE, "tzdata/__init__.py"])


def test_packages_are_fetched_once_per_lock_file(project: Path, fetched: list[Path]):
    build(project)
    build(project)
    assert len(fetched) == 1
    (project / "lambda.txt").write_text("tzdata==2\n")
    build(project)
    assert len(fetched) == 2


def test_a_fetch_that_was_cut_short_is_not_taken_for_a_whole_one(project: Path, monkeypatch: pytest.MonkeyPatch):
    def cut_short(lock: Path, target: Path) -> None:
        write(target, {"tzdata/half.py": ""})
        raise KeyboardInterrupt

    whole = packaging._pip_install
    monkeypatch.setattr(packaging, "_pip_install", cut_short)
    with pytest.raises(KeyboardInterrupt):
        build(project)
    monkeypatch.setattr(packaging, "_pip_install", whole)
    assert "tzdata/half.py" not in names(build(project))


def test_a_run_that_was_slower_uses_what_the_other_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lock = tmp_path / "lambda.txt"
    lock.write_text("tzdata==1\n")

    def slower(_: Path, target: Path) -> None:
        monkeypatch.setattr(packaging, "_pip_install", lambda lock, target: write(target, {"whole.py": ""}))
        installed_packages(lock, cache=tmp_path / "cache")
        write(target, {"whole.py": ""})

    monkeypatch.setattr(packaging, "_pip_install", slower)
    folder = installed_packages(lock, cache=tmp_path / "cache")
    assert [path.name for path in folder.iterdir()] == ["whole.py"]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [folder.name]


def test_the_training_driver_is_in_the_zip_and_what_shows_it_on_a_terminal_is_not(project: Path):
    files = {
        "__init__.py": "", "personalize.yaml": "x", "config/parse.py": "", "driver/turn.py": "", "driver/printed_tables.py": "",
        "driver/__pycache__/turn.pyc": "", "local_service/asgi.py": "", "models/model.py": "",
    }  # fmt: skip
    write(project / "personalize", files)
    inside = {name for name in names(build(project)) if name.startswith("personalize/")}
    assert inside == {
        f"personalize/{name}" for name in ("__init__.py", "personalize.yaml", "config/parse.py", "driver/turn.py")
    }


def test_the_zip_alone_can_read_the_declaration_without_native_code(tmp_path: Path):
    with zipfile.ZipFile(build_package(tmp_path / "lambda.zip").path) as archive:
        archive.extractall(tmp_path / "unpacked")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import yaml; assert not yaml.__with_libyaml__\n"
        "from engagement.adapters.trainer_personalize import PersonalizeTrainer\n"
        "from personalize.config import DEFAULT_DECLARATION, load_declaration\n"
        "facts = {'bucket': 'data', 'role_arn': 'arn:aws:iam::111122223333:role/r', 'prefix': 'kit-dev'}\n"
        "print(load_declaration(DEFAULT_DECLARATION, facts).groups[0].name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "unpacked")], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout == "kit-dev-messaging\n", done.stderr


def test_an_accelerator_that_its_package_works_without_stays_out(project: Path, monkeypatch: pytest.MonkeyPatch):
    packages = {"yaml/__init__.py": "", "yaml/_yaml.cpython-313-aarch64-linux-gnu.so": "x"}
    monkeypatch.setattr(packaging, "_pip_install", lambda lock, target: write(target, packages))
    assert "yaml/__init__.py" in names(build(project)) and not [
        one for one in names(build(project)) if one.endswith("so")
    ]


def test_native_code_is_refused(project: Path):
    write(project / "lambda_src", {"engagement/fast.cpython-313-aarch64-linux-gnu.so": "x"})
    with pytest.raises(PackagingError, match=r"fast\.cpython-313-aarch64-linux-gnu\.so is native code"):
        build(project)


def test_a_name_in_both_trees_is_refused(project: Path):
    write(project / "lambda_src", {"tzdata/__init__.py": ""})
    with pytest.raises(PackagingError, match=r"tzdata/__init__\.py is in lambda_src and in a pinned package"):
        build(project)


def test_a_zip_over_the_limit_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packaging, "LIMIT_BYTES", 500)
    with pytest.raises(PackagingError, match="the limit is 500"):
        build(project)
    assert not (project / "build/lambda.zip").exists()


def test_what_pip_says_is_told(tmp_path: Path):
    lock = tmp_path / "lambda.txt"
    lock.write_text("tzdata not a requirement\n")  # pip refuses it before it asks any index
    with pytest.raises(PackagingError, match=r"pip could not install lambda\.txt.*\n[\s\S]*Invalid requirement"):
        installed_packages(lock, cache=tmp_path / "cache")


def test_handlers_are_the_files_that_define_handle(project: Path):
    assert handlers(project / "lambda_src") == ["handlers.audience_import.import_endpoints"]


def test_every_handler_is_imported_from_the_zip_and_timed(project: Path):
    seconds = import_seconds(build(project), source=project / "lambda_src")
    assert list(seconds) == ["handlers.audience_import.import_endpoints"] and 0 <= min(seconds.values()) < 10


def test_a_handler_that_cannot_be_imported_is_named(project: Path):
    (project / "lambda_src/engagement/greeting.py").unlink()
    with pytest.raises(
        PackagingError, match=r"import_endpoints cannot be imported.*No module named 'engagement.greeting'"
    ):
        import_seconds(build(project), source=project / "lambda_src")


def test_the_real_source_holds_nothing_that_git_does_not_know(project: Path):
    """The zip of a clone equals the zip of a work tree in which things were run."""
    known = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "lambda_src", "personalize"],
        cwd=packaging.REPO, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    inside = {f"lambda_src/{name}" for name, _ in packaging._files(packaging.SOURCE)}
    inside |= {name for name, _ in packaging._training_files(packaging.REPO / "personalize")}
    assert inside and inside <= set(known)
