"""Where Chromium is on this machine, and how to get it: the inbox page is tested in a real browser.

Standard library only, so that `make setup` can run it before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
ADVICE = "install Chromium (Debian and Ubuntu: apt-get install chromium) or set CHROMIUM to the program's path"


def find_chromium() -> Path | None:
    """The browser that CHROMIUM names, else the first one on PATH or in its usual place; None when there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named)
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return next((place for place in PLACES if place.exists()), None)


def install_on_debian() -> None:
    """Install Debian's package when this user may; otherwise leave it to the reader of the advice."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    print("Installing Chromium (the browser tests look at the inbox page with it) ...", flush=True)
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        subprocess.run(
            ["apt-get", *arguments],
            check=False,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )


if __name__ == "__main__":
    if find_chromium() is None and "--install" in sys.argv:
        install_on_debian()
    if find_chromium() is None:
        print(f"No Chromium found: the browser tests will fail until you {ADVICE}.", file=sys.stderr)
