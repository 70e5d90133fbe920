"""Puts the local AWS together. Imported only after the environment is settled: ministack reads it at import."""

from __future__ import annotations

from ministack.app import app as ministack

from scripts.local_aws.exchange import AsgiApp
from scripts.local_aws.front import Front
from scripts.local_aws.kit_pages import KitPages


def assemble(port: int) -> AsgiApp:
    return Front(ministack=ministack, personalize=_personalize(), services=[KitPages(f"http://127.0.0.1:{port}")])


def _personalize() -> AsgiApp | None:
    try:
        from personalize.local_service.asgi import app
    except ModuleNotFoundError:
        return None
    return app
