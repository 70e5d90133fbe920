"""Spellings of one mailbox: what is written into headers, what mail is sent to, and what is compared."""

from __future__ import annotations

import pytest

from engagement.domain.email_address import MailFault, bare_address, mailbox, same_mailbox, written_to

ADDRESSES = [
    ("a@example.org", "a@example.org"),
    ("Charity <a@example.org>", "Charity <a@example.org>"),
    ('"Charity, Inc." <a@example.org>', '"Charity, Inc." <a@example.org>'),
    ("Charity, Inc. <a@example.org>", '"Charity, Inc." <a@example.org>'),
    ("  <a@example.org> ", "a@example.org"),
    ("a@exämple.org", "a@xn--exmple-cua.org"),
    ("a.b+c'd@sub.example.org", "a.b+c'd@sub.example.org"),
]


@pytest.mark.parametrize(("given_", "shown"), ADDRESSES)
def test_addresses_are_written_as_headers_need_them(given_, shown):
    assert mailbox(given_) == shown


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@", "@b", "a b@c.org", "a@b@c.org", "ü@example.org", "a@b.org, c@d.org", "a@[x", "a@b..\x80"],
)
def test_what_is_no_address_is_refused_without_being_shown(address):
    with pytest.raises(MailFault) as raised:
        bare_address(address)
    assert not address or len(address) < 3 or address not in str(raised.value)


@pytest.mark.parametrize(
    ("spelling", "to"),
    [
        ("one@s.org", "one@s.org"),
        ("One@S.org", "One@S.org"),
        (" one@s.org ", "one@s.org"),
        ("<one@s.org>", "one@s.org"),
        ("One Person <one@s.org>", "one@s.org"),
        ('"Person, One" <ONE@s.org>', "ONE@s.org"),
        ("Zoë <one@s.org>", "one@s.org"),
        ("one\x00@s.org", "one@s.org"),
        ("one@dömain.org", "one@xn--dmain-jua.org"),
        ("Ann <one@xn--dmain-jua.org>", "one@xn--dmain-jua.org"),
    ],
)
def test_a_mailbox_is_compared_by_where_its_mail_goes(spelling: str, to: str) -> None:
    assert written_to(spelling) == to == bare_address(spelling)
    assert same_mailbox(spelling) == to.lower()


@pytest.mark.parametrize("text", ["", "nobody", "<", "a <b", "ü@example.org", "ş <nobody>"])
def test_what_is_no_address_is_compared_as_it_stands(text: str) -> None:
    assert written_to(text) == text and same_mailbox(text) == (text.lower() if text.isascii() else text)


def test_letters_that_fold_into_others_stay_apart() -> None:
    assert same_mailbox("strauß@web.de") != same_mailbox("strauss@web.de")
    assert same_mailbox("K@b.org") != same_mailbox("k@b.org")
