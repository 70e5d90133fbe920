"""MIME: what a reader's program gets back is what was rendered, and no value can add a header."""

from __future__ import annotations

import email
import email.policy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from engagement.domain.email_address import MailFault
from engagement.domain.mime_message import Content, assemble, header_fault

LINE_BREAKS = "\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def parsed(mime: bytes):
    return email.message_from_bytes(mime, policy=email.policy.default)


def built(content: Content, **more):
    return parsed(assemble(**{"sender": "a@example.org", "to": "b@example.org", "content": content, **more}))


def body(message, kind):
    return message.get_body((kind,)).get_payload(decode=True).decode(message.get_body((kind,)).get_content_charset())


def normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


TEXTS = [
    "plain",
    "",
    "two\nlines\n",
    "windows\r\nlines\r\n",
    "old mac\rlines",
    ".\n..\nFrom here\n",
    "trailing space \nand tab\t\n",
    "ends with space ",
    "größer, é, 東京",
    "Привет, как дела? " * 50,
    "x" * 5000,
    "=3D = =\n",
    "é" + "x" * 2000 + " \r\n.",
    "tab\tand bell\x07 and null\x00",
    "--=_alternative\n--=_alternative--\n",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_part_comes_back_as_it_was(text, kind):
    both = {"text": "t", "html": "<p>h</p>"} | {"text" if kind == "plain" else "html": text}
    message = built(Content("S", **both))
    assert body(message, kind) == normal(text)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@settings(max_examples=300, deadline=None)
@given(some.text(max_size=400), some.text(max_size=400))
@example("\r", "\n\r")
@example("a =\n", "é =20\n ")
def test_any_text_comes_back_and_every_line_keeps_the_limits(text, html):
    mime = assemble(sender="a@example.org", to="b@example.org", content=Content("S", html, text))
    message = parsed(mime)
    safe = [one.encode("utf-8", "replace").decode() for one in (text, html)]
    assert [body(message, "plain"), body(message, "html")] == [normal(one) for one in safe]
    assert mime.isascii() and max(map(len, mime.split(b"\r\n"))) <= 998
    assert b"\n" not in mime.replace(b"\r\n", b"") and b"\r" not in mime.replace(b"\r\n", b"")


SUBJECTS = [
    "Hello",
    "Größe: 3 = 3?",
    "東京" * 60,
    "long " * 60,
    "x" * 300,
    "y" * 2000,
    "=?utf-8?q?not_encoded?=",
    "emoji \U0001f600 in the middle " * 5,
]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_comes_back_as_it_was(subject):
    mime = assemble(sender="a@example.org", to="b@example.org", content=Content(subject, None, "t"))
    head = mime.split(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 990
    if not subject.startswith("=?"):
        assert parsed(mime)["Subject"] == subject.strip()


@settings(max_examples=200, deadline=None)
@given(some.text(max_size=120), some.text(max_size=60), some.text(max_size=60))
@example("a\r\nBcc: x@example.org", "n\nX: y", "v\r\n\r\nbody")
@example("\u2028Bcc: x", "", "\x85Bcc: y")
def test_no_value_can_add_a_header(subject, name, value):
    content = Content(subject, None, "t", [("X-Own", value)])
    try:
        mime = assemble(sender=f"{name} <a@example.org>", to="b@example.org", content=content)
    except MailFault:
        return
    head = mime.split(b"\r\n\r\n")[0].decode("ascii")
    names = [line.split(":")[0] for line in head.split("\r\n") if line[:1] not in (" ", "\t")]
    assert names == [
        "From", "To", "Subject", "MIME-Version", "X-Own", "Content-Type", "Content-Transfer-Encoding",
    ]  # fmt: skip
    assert not set(LINE_BREAKS) & set(head.replace("\r\n", ""))


def test_a_name_that_is_not_ascii_comes_back():
    message = built(Content("S", None, "t"), sender='Jérôme "The Boss" <a@example.org>')
    assert message["From"].addresses[0].display_name == 'Jérôme "The Boss"'
    assert message["From"].addresses[0].addr_spec == "a@example.org"


def test_headers_of_the_content_win_and_refused_ones_are_named():
    extra = [("List-Unsubscribe", "<https://x.example/u>"), ("X-Ours", "1")]
    message = built(Content("S", None, "t", [("list-unsubscribe", "<mailto:u@x.example>")]), extra_headers=extra)
    assert message.get_all("List-Unsubscribe") == ["<mailto:u@x.example>"] and message["X-Ours"] == "1"
    with pytest.raises(MailFault, match="Bcc"):
        built(Content("S", None, "t", [("Bcc", "x")]))
    with pytest.raises(MailFault, match="at most 870"):
        built(Content("S", None, "t", [("X-Long", "x" * 871)]))


@pytest.mark.parametrize(
    ("name", "value", "refused"),
    [
        ("X-Ok", "v", False), ("", "v", True), ("X Y", "v", True), ("X:Y", "v", True), ("Ümlaut", "v", True),
        ("Content-Type", "v", True), ("from", "v", True), ("X" * 127, "v", True), ("X", "v" * 871, True),
    ],
)  # fmt: skip
def test_which_headers_are_refused(name, value, refused):
    assert bool(header_fault(name, value)) == refused


def test_a_mail_without_any_part_is_refused():
    with pytest.raises(MailFault, match="neither"):
        built(Content("S", None, None))


@pytest.mark.parametrize(("html", "text", "kind"), [(None, "t", "text/plain"), ("<p>", None, "text/html")])
def test_one_part_alone_needs_no_multipart(html, text, kind):
    assert built(Content("S", html, text)).get_content_type() == kind
