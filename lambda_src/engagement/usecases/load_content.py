"""The compiled content of a treatment, kept as long as the function's container lives.

Keyed by the document's revision too: Pinpoint lets the latest version of a template be overwritten, so a version
number alone does not name a text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engagement.app import App
from engagement.domain.email_content import EmailContent, parts_of_message, parts_of_template
from engagement.domain.recommendation import uses_recommendations
from engagement.domain.run import Treatment
from engagement.domain.template import Options
from engagement.domain.template_resource import EMAIL
from engagement.usecases.find_template import find_template

Json = dict[str, Any]


@dataclass(frozen=True)
class RunContent:
    """Compiled parts, and whether they need the recommender."""

    email: EmailContent
    recommended: bool


def load_content(app: App, treatment: Treatment) -> RunContent:
    """Raises NotFound when the template's version is gone, TemplateError when a part does not compile."""
    template: Json | None = None
    if treatment.template:
        named = treatment.template
        template = find_template(app.documents, EMAIL, named["Name"], named["Version"]).body
    return _compiled(json.dumps([template, treatment.message], sort_keys=True), app.template_options)


@lru_cache(maxsize=32)
def _compiled(sources: str, options: Options) -> RunContent:
    template, message = json.loads(sources)
    parts = parts_of_message(message, parts_of_template(template) if template else None)
    email = EmailContent(parts, options)
    recommended = bool(template and template.get("RecommenderId")) and uses_recommendations(email.paths)
    return RunContent(email, recommended)
