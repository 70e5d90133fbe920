"""What people see who follow the unsubscribe link of a mail. No page says whose link it is."""

from __future__ import annotations

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto 0; padding: 0 1.5rem; color: #222 }}
h1 {{ font-size: 1.5rem }}
button {{ font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .4rem; background: #1f5f8b; color: #fff }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
{more}</main>
</body>
</html>
"""

# The same field that mail programs send by themselves (RFC 8058); the form's address is the page's own.
_FORM = """<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">Unsubscribe</button>
</form>
"""


def confirmation() -> str:
    """Asked by GET: programs that only look at links must not unsubscribe anybody."""
    return _PAGE.format(title="Unsubscribe?", text="You will receive no more of these mails.", more=_FORM)


def done() -> str:
    return _PAGE.format(title="You are unsubscribed", text="We will not send you these mails any more.", more="")


def bad_link() -> str:
    text = "Perhaps it was cut off on its way. Please open the link in the mail itself, or answer to the mail."
    return _PAGE.format(title="This link is not complete", text=text, more="")


def failed() -> str:
    text = "Nothing was changed. Please try again in a few minutes."
    return _PAGE.format(title="That did not work", text=text, more="")


def wrong_method() -> str:
    return _PAGE.format(title="That did not work", text="This page can be opened and confirmed, nothing else.", more="")
