"""The inbox page: mails side by side, why each reader got what she got, and what is wrong with a mail."""

from scripts.inbox.mail_checks import Check, mail_checks
from scripts.inbox.mail_html import items_shown
from scripts.inbox.page import Tracking, render_inbox

__all__ = ["Check", "Tracking", "items_shown", "mail_checks", "render_inbox"]
