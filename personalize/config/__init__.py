"""The declaration of a team's recommendations: one YAML file, checked with errors by line."""

from personalize.config.declaration import Declaration
from personalize.config.parse import DEFAULT_DECLARATION, load_declaration, parse_declaration
from personalize.config.problems import DeclarationError, Problem

__all__ = [
    "DEFAULT_DECLARATION",
    "Declaration",
    "DeclarationError",
    "Problem",
    "load_declaration",
    "parse_declaration",
]
