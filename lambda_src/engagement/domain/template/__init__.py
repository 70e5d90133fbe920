"""The template language: Pinpoint's Handlebars.

``compile_template`` checks and compiles a source; the result renders. A name in a template is only ever a key of the
data, never an attribute of an object.
"""

from engagement.domain.template.compiled import USUAL, CompiledTemplate, Options, compile_template
from engagement.domain.template.errors import RenderError, TemplateError
from engagement.domain.template.lint import Warning, lint
from engagement.domain.template.scope import EscapePolicy

__all__ = [
    "USUAL",
    "CompiledTemplate",
    "EscapePolicy",
    "Options",
    "RenderError",
    "TemplateError",
    "Warning",
    "compile_template",
    "lint",
]
