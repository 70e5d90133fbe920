"""Which Pythons the zip's code is tested with as well."""

from __future__ import annotations

import pytest

from scripts.newer_pythons import newest_of_each


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ([], {}),
        ([((3, 11, 9), "/same"), ((3, 10, 1), "/older")], {}),
        ([((3, 13, 0), "/a"), ((3, 13, 2), "/b"), ((3, 12, 1), "/c")], {(3, 12): "/c", (3, 13): "/b"}),
        ([((3, 13, 2), "/first"), ((3, 13, 2), "/shim")], {(3, 13): "/first"}),
        ([((4, 0, 0), "/next")], {(4, 0): "/next"}),
    ],
)
def test_the_newest_patch_of_each_newer_version(found, wanted):
    assert newest_of_each(found, (3, 11)) == wanted
