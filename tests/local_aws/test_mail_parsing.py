"""MIME in, what a reader sees out; any bytes, in any state, in time that grows with their length only."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from scripts.local_aws.mail_parsing import Body, build_mail, parse_mail, split_headers, stamp

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"Subject: plain", "plain"),
        (b"subject:no blank", "no blank"),
        (b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"Subject: =?utf-8?b?R3LDvMOfZQ==?= =?iso-8859-1?q?_=FC?=", "Grüße ü"),
        (b"Subject:\r\n folded at once", "folded at once"),
        (b"Subject: one\r\n\ttwo\r\n  three", "one two three"),
        ("Subject: grüße".encode(), "grüße"),
        (b"Subject: \xff\xfe", "\ufffd\ufffd"),
        (b"Subject: =?nonsense?q?a?=", "=?nonsense?q?a?="),
        (b"Subject: =?utf-8?b?a?=", "=?utf-8?b?a?="),
        (b"X-Other: 1", ""),
    ],
)
def test_subjects(header: bytes, subject: str) -> None:
    assert parse_mail(header + b"\r\n\r\nbody").subject == subject


@pytest.mark.parametrize(
    ("raw", "html", "text"),
    [
        (b"Content-Type: text/html; charset=iso-8859-1\r\n\r\n<p>\xfc", "<p>ü", None),
        (b"Content-Type: text/html; charset=nonsense\r\n\r\n<p>x", "<p>x", None),
        (b"Content-Transfer-Encoding: base64\r\n\r\neMO8", None, "xü"),
        (b"Content-Transfer-Encoding: quoted-printable\r\n\r\nx=C3=BC=\r\n!", None, "xü!"),
        (b"\r\nno headers", None, "no headers"),
        (b"", None, ""),
        (
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nfirst\r\n--b\r\n\r\nsecond\r\n--b--",
            None,
            "first",
        ),
        (
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
            b"--b\r\nContent-Disposition: attachment\r\n\r\nfile\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--",
            "<p>",
            None,
        ),
    ],
)
def test_parts(raw: bytes, html: str | None, text: str | None) -> None:
    mail = parse_mail(raw)
    assert (mail.html, mail.text) == (html, text)


def test_what_is_built_is_read_back() -> None:
    headers = [("List-Unsubscribe", "<https://example.org/" + "u" * 300 + ">"), ("X-Ünder", "ü")]
    body = Body("Ein sehr langer Betreff " * 9 + "ü", "<p>ü</p>\r\n", "ü\r\n", headers[:1])
    mail = parse_mail(
        build_mail("Zoë <z@example.org>", ["a@example.org", "b@example.org"], [], ["r@example.org"], body)
    )
    assert mail.subject == body.subject.strip()
    assert (mail.html, mail.text) == ("<p>ü</p>\r\n", "ü\r\n")
    assert mail.header("from") == "Zoë <z@example.org>"
    assert mail.header("To") == "a@example.org, b@example.org"
    assert mail.header("reply-to") == "r@example.org"
    assert mail.header("list-unsubscribe") == headers[0][1]


def test_the_stamp_changes_nothing_but_its_own_headers() -> None:
    raw = (
        b"From: a\r\nMessage-ID:\r\n <x@y>\r\nBcc: s\r\nX-SES-CONFIGURATION-SET: c\r\nDKIM: 1\r\n  2\r\n\r\n \x00body\n"
    )
    stamped = stamp(raw, "id-1", NOW)
    assert stamped == (
        b"Message-ID: <id-1@email.amazonses.com>\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\n"
        b"From: a\r\nDKIM: 1\r\n  2\r\n\r\n \x00body\n"
    )
    assert b"".join(block for _, block in split_headers(stamped)[0]) + split_headers(stamped)[1] == stamped


@pytest.mark.parametrize(
    "unit",
    [
        b"From: ((((",
        b"=?utf-8?q?",
        b"To: <",
        b"--b\r\n",
        b"\r\n ",
        b"a@b,",
        b"Content-Type: multipart/x\r\n",
        b'"',
        b"X:",
    ],
)
def test_hostile_mails_take_time_in_proportion_to_their_length(unit: bytes) -> None:
    before = time.process_time()
    parse_mail(b"From: " + unit * (500_000 // len(unit)))
    parse_mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + unit * (500_000 // len(unit)))
    assert time.process_time() - before < 10
