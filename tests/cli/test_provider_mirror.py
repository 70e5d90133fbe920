"""A provider mirror is found in the order that the README promises, and only one that Terraform can use."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from scripts import provider_mirror
from scripts.provider_mirror import MIRROR_VARIABLE, NoMirror, find_mirror, machine, satisfies, write_config

RANGE = ">= 5.100.0, < 7.0.0"
HOST = "registry.example.org"


def unpacked(root: Path, version: str, *, on: str | None = None) -> Path:
    folder = root / HOST / "hashicorp/aws" / version / (on or machine())
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_v{version}_x5").write_text("")
    return root


def packed(root: Path, version: str, *, on: str | None = None) -> Path:
    folder = root / HOST / "hashicorp/aws"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"terraform-provider-aws_{version}_{on or machine()}.zip").write_text("")
    return root


def find(tmp_path: Path, *, env: dict[str, str] | None = None, seconds: float = 5.0) -> provider_mirror.Mirror:
    environment = {"HOME": str(tmp_path / "home"), "XDG_DATA_DIRS": str(tmp_path / "data"), **(env or {})}
    build, top = tmp_path / "build", tmp_path / "machine"
    return find_mirror(RANGE, build=build, environment=environment, top=top, seconds=seconds)


@pytest.mark.parametrize(
    ("version", "constraint", "fits"),
    [
        ("5.100.0", RANGE, True),
        ("5.99.9", RANGE, False),
        ("6.69.1", RANGE, True),
        ("7.0.0", RANGE, False),
        ("5.100.0", "5.100.0", True),
        ("5.100.1", "= 5.100.0", False),
        ("5.101.0", "~> 5.100", True),
        ("6.0.0", "~> 5.100", False),
        ("5.100.9", "~> 5.100.0", True),
        ("5.101.0", "~> 5.100.0", False),
        ("6.1.0", ">= 5, != 6.1.0", False),
        ("6.0.0-beta1", RANGE, False),
        ("5.100.0", "", True),
    ],
)
def test_versions_fit_constraints_as_terraform_reads_them(version: str, constraint: str, fits: bool):
    assert satisfies(version, constraint) is fits


def test_a_constraint_that_is_not_understood_is_an_error():
    with pytest.raises(ValueError, match="newest"):
        satisfies("5.100.0", "newest")


@pytest.mark.parametrize("make", [unpacked, packed])
def test_unpacked_and_packed_mirrors_are_found_and_the_newest_that_fits_is_taken(tmp_path: Path, make):
    root = tmp_path / "machine/opt/mirror"
    for version in ("5.99.0", "5.100.0", "5.101.2", "7.1.0"):
        make(root, version)
    mirror = find(tmp_path)
    assert (mirror.root, mirror.version) == (root, "5.101.2")
    assert str(mirror) == f"hashicorp/aws 5.101.2 in {root} (found by searching this machine)"


@pytest.mark.parametrize("make", [unpacked, packed])
def test_a_provider_for_another_machine_is_no_mirror(tmp_path: Path, make):
    make(tmp_path / "machine/opt/mirror", "5.100.0", on="plan9_mips")
    with pytest.raises(NoMirror):
        find(tmp_path)


def test_an_empty_version_folder_is_no_mirror(tmp_path: Path):
    (tmp_path / "machine/opt" / HOST / "hashicorp/aws/5.100.0" / machine()).mkdir(parents=True)
    with pytest.raises(NoMirror):
        find(tmp_path)


@pytest.mark.parametrize("part", ["", HOST, f"{HOST}/hashicorp", f"{HOST}/hashicorp/aws"])
def test_the_variable_may_name_the_mirror_or_a_folder_in_it(tmp_path: Path, part: str):
    unpacked(tmp_path / "machine/opt/newer", "6.1.0")
    root = unpacked(tmp_path / "named", "5.100.0")
    mirror = find(tmp_path, env={MIRROR_VARIABLE: str(root / part)})
    assert (mirror.root, mirror.version) == (root, "5.100.0")


def test_a_variable_that_names_nothing_useful_is_an_error_and_not_passed_over(tmp_path: Path):
    unpacked(tmp_path / "machine/opt/mirror", "5.100.0")
    with pytest.raises(NoMirror, match=rf"{MIRROR_VARIABLE} names .*nowhere, which holds no provider hashicorp/aws"):
        find(tmp_path, env={MIRROR_VARIABLE: str(tmp_path / "nowhere")})


@pytest.mark.parametrize(
    ("folder", "environment"),
    [
        ("home/.terraform.d/plugins", {}),
        ("data/terraform/plugins", {}),
        ("xdg/terraform/plugins", {"XDG_DATA_HOME": "{tmp}/xdg"}),
        ("cache", {"TF_PLUGIN_CACHE_DIR": "{tmp}/cache"}),
        ("configured", {"TF_CLI_CONFIG_FILE": "{tmp}/cli.tfrc"}),
        ("cached", {"TF_CLI_CONFIG_FILE": "{tmp}/cli.tfrc"}),
    ],
)
def test_terraforms_own_folders_come_before_the_search(tmp_path: Path, folder: str, environment: dict[str, str]):
    unpacked(tmp_path / "machine/opt/newer", "6.1.0")
    (tmp_path / "cli.tfrc").write_text(
        f'plugin_cache_dir = "{tmp_path}/cached"\nprovider_installation {{\n  filesystem_mirror {{\n'
        f'    path    = "{tmp_path}/configured"\n  }}\n}}\n'
    )
    root = unpacked(tmp_path / folder, "5.100.0")
    mirror = find(tmp_path, env={name: value.format(tmp=tmp_path) for name, value in environment.items()})
    assert (mirror.root, mirror.found) == (root, "Terraform's own mirror folders")


def test_a_configuration_file_that_does_not_exist_does_not_matter(tmp_path: Path):
    root = unpacked(tmp_path / "machine/opt/mirror", "5.100.0")
    assert find(tmp_path, env={"TF_CLI_CONFIG_FILE": str(tmp_path / "no-such-file")}).root == root


def test_the_mirror_of_the_last_run_is_taken_without_a_search_while_it_is_there(tmp_path: Path):
    root = unpacked(tmp_path / "machine/opt/mirror", "5.100.0")
    write_config(find(tmp_path), build=tmp_path / "build")
    assert find(tmp_path, seconds=0).found == "found before"
    root.rename(tmp_path / "machine/moved")
    mirror = find(tmp_path)
    assert (mirror.root, mirror.found) == (tmp_path / "machine/moved", "found by searching this machine")


def test_the_search_is_bounded_in_depth_and_time_and_passes_over_large_folders(tmp_path: Path):
    unpacked(tmp_path / "machine" / "/".join("abcdefghij"), "5.100.0")
    unpacked(tmp_path / "machine/node_modules/x", "5.100.0")
    unpacked(tmp_path / "machine/proc/x", "5.100.0")
    with pytest.raises(NoMirror):
        find(tmp_path)
    unpacked(tmp_path / "machine/opt/mirror", "5.100.0")
    with pytest.raises(NoMirror):
        find(tmp_path, seconds=-1)


def test_a_file_system_that_hangs_does_not_hang_the_kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    release = threading.Event()
    monkeypatch.setattr(provider_mirror, "_subfolders", lambda folder: release.wait(30) and [])
    try:
        with pytest.raises(NoMirror):
            find(tmp_path, seconds=0.05)
    finally:
        release.set()


def test_without_a_mirror_the_message_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(NoMirror) as raised:
        find(tmp_path)
    assert f"terraform providers mirror -platform={machine()} <folder>" in str(raised.value)
    assert f"export {MIRROR_VARIABLE}=<folder>" in str(raised.value)


def test_the_configuration_names_the_mirror_for_this_provider_only(tmp_path: Path):
    root = packed(tmp_path / "machine/opt/mirror", "5.100.0")
    text = write_config(find(tmp_path), build=tmp_path / "build").read_text()
    assert f'path    = "{root}"' in text and text.count('["hashicorp/aws"]') == 2
