"""What goes wrong with a template: when it is saved (``TemplateError``) or when it meets data (``RenderError``)."""

from __future__ import annotations

from bisect import bisect_right

from engagement.errors import BadRequest, EngagementError


class TemplateError(BadRequest):
    """The template breaks a rule of the language. ``line`` and ``column`` count from 1."""

    def __init__(self, rule: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {rule}")
        self.line = line
        self.column = column


class RenderError(EngagementError):
    """A good template could not be rendered with this data: a helper refused a value, or a limit was passed.

    The message names helper, argument and place, never the value: it may be somebody's address.
    """

    who = "caller"


class Source:
    """The text of a template, which can say where an offset lies."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._line_starts: list[int] | None = None

    def place(self, at: int) -> tuple[int, int]:
        """Line and column (from 1) of an offset."""
        if self._line_starts is None:
            self._line_starts = [0]
            position = self.text.find("\n")
            while position >= 0:
                self._line_starts.append(position + 1)
                position = self.text.find("\n", position + 1)
        line = bisect_right(self._line_starts, at)
        return line, at - self._line_starts[line - 1] + 1

    def error(self, at: int, rule: str) -> TemplateError:
        return TemplateError(rule, *self.place(at))


class HelperRefused(ValueError):
    """A helper cannot work with a value; whoever renders adds the place and raises ``RenderError``."""
