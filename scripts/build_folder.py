"""Where commands leave what they make: ``build/`` of this repository, or the folder that KIT_BUILD names (tests)."""

import os
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.get("KIT_BUILD") or REPO / "build").resolve()
TERRAFORM = REPO / "terraform"
