"""Whose fault real replies are, and near misses."""

import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.reasons import OF_OUR_ROUTE, Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.refusals import Side, refusal_of
from hireloop.notify.transports.replies import enhanced_code, outcome_of_reply


class Row(NamedTuple):
    provider: str
    phase: Phase
    code: int
    text: str
    side: Side
    reason: Reason


REASONS = {reason.value: reason for reason in Reason}


def read() -> list[Row]:
    tables = tomllib.loads((Path(__file__).parent / "reply_texts.toml").read_text("utf-8"))
    return [
        Row(provider, Phase(phase), code, text, Side(side), REASONS[reason])
        for provider, rows in tables.items()
        for phase, code, text, side, reason in rows
    ]


ROWS = read()
EVERY_ROW = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.provider}-{row.code}-{row.text[:40]}")
BEFORE_RECIPIENT = {Phase.CONNECT, Phase.TLS, Phase.AUTH, Phase.SENDER}


def outcome_of(row: Row, text: str | None = None) -> Outcome:
    text = row.text if text is None else text
    return outcome_of_reply(Evidence(phase=row.phase, code=row.code, enhanced_code=enhanced_code(text), reply=text))


def side_of(row: Row, text: str) -> Side:
    return refusal_of(row.code, enhanced_code(text), text, phase=row.phase).side


def kind_of(row: Row) -> type[Outcome]:
    if row.code < 500:
        return Retry
    if row.phase in BEFORE_RECIPIENT:
        return Held
    return Rejected if row.side in {Side.MAILBOX, Side.MESSAGE, Side.UNKNOWN} else Retry


@EVERY_ROW
def test_a_real_reply_is_whose_fault_the_table_says(row: Row) -> None:
    assert side_of(row, row.text) is row.side
    outcome = outcome_of(row)
    assert not isinstance(outcome, Sent)
    assert (type(outcome), outcome.reason) == (kind_of(row), row.reason)


@EVERY_ROW
def test_line_ends_do_not_matter(row: Row) -> None:
    wrapped = row.text.replace(" ", "\n", 12)
    assert side_of(row, wrapped) is row.side


@EVERY_ROW
def test_a_retry_suspects_our_route_if_and_only_if_it_is_our_fault(row: Row) -> None:
    outcome = outcome_of(row)
    if isinstance(outcome, Retry):
        assert (outcome.reason in OF_OUR_ROUTE) == (row.side is Side.ROUTE)


def test_the_table_has_what_is_ours_and_what_is_not_of_every_provider() -> None:
    not_ours = [row for row in ROWS if row.side is not Side.ROUTE]
    assert len(ROWS) >= 500
    assert len(not_ours) >= 280
    assert len({row.provider for row in ROWS}) >= 19


# Replies that have the other side's nouns: (phase, code, text, side)
NEAR_MISSES = [
    (Phase.RECIPIENT, 420, "asha@example.com (asha@example.com) is on our do-not-send list", Side.MAILBOX),
    (
        Phase.RECIPIENT,
        554,
        "4.4.4 Mail received as unauthenticated, incoming to a recipient domain with no mail-enabled subscriptions",
        Side.MAILBOX,
    ),
    (Phase.RECIPIENT, 554, "mail relay temporarily unavailable", Side.NOBODY),
    (Phase.RECIPIENT, 451, "4.4.1 upstream relay is not responding, message deferred", Side.NOBODY),
    (Phase.RECIPIENT, 550, "sender denied by recipient's filter", Side.POLICY),
    (Phase.RECIPIENT, 550, "5.7.1 Sender is blocked by the recipient", Side.POLICY),
    (Phase.RECIPIENT, 550, "5.7.1 This user only accepts mail from contacts", Side.MAILBOX),
    (Phase.REPLY, 550, "5.7.136 Only members can send to this group", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "The recipient's quota is exceeded", Side.MAILBOX),
    (Phase.RECIPIENT, 552, "5.2.2 The mailbox of the recipient has exceeded its storage limit", Side.MAILBOX),
    (Phase.RECIPIENT, 450, "4.7.1 Message sending quota exceeded for user", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.7.1 Sending quota exceeded for domain", Side.ROUTE),
    (Phase.RECIPIENT, 550, "User's inbox has reached its daily receive limit", Side.NOBODY),
    (Phase.RECIPIENT, 550, "this account has been deactivated by its owner", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "5.2.1 This account has been suspended, cannot receive mail", Side.MAILBOX),
    (Phase.RECIPIENT, 554, "5.7.0 Sending messages from this account is disabled", Side.ROUTE),
    (Phase.REPLY, 550, "5.7.1 Message rejected: the sender's mail account has been suspended", Side.ROUTE),
    (Phase.RECIPIENT, 550, "DMARC: sender not authenticated", Side.POLICY),
    (Phase.RECIPIENT, 550, "SPF check failed: sender is not permitted to send from 192.0.2.7", Side.POLICY),
    (Phase.RECIPIENT, 550, "5.7.1 SMTP authentication is required to send mail from this server", Side.ROUTE),
    (Phase.RECIPIENT, 550, "User unknown in relay recipient table", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "5.1.1 Account does not exist, sender please check", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "5.1.0 x@hire.example: sender rejected", Side.ROUTE),
    (Phase.RECIPIENT, 552, "Too many recipients", Side.NOBODY),
    (Phase.REPLY, 550, "5.7.1 Message rejected due to sender account being over the sending limit", Side.ROUTE),
    (Phase.RECIPIENT, 550, "The recipient has exceeded their message quota", Side.MAILBOX),
    (Phase.RECIPIENT, 450, "4.3.2 Too many messages from your account", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.7.1 External senders are not allowed to send to this address", Side.MAILBOX),
    (Phase.RECIPIENT, 554, "5.7.1 Sender address [x@hire.example] blocked using dbl.spamhaus.org", Side.POLICY),
    (Phase.RECIPIENT, 530, "Access denied", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.7.26 Unauthenticated email from hire.example is not accepted", Side.POLICY),
    (Phase.RECIPIENT, 552, "mail from invalid", Side.ROUTE),
    (Phase.RECIPIENT, 552, "The recipient's mailbox has reached its maximum allowed size", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Domain of recipient address asha@example.com does not resolve", Side.MAILBOX),
    (Phase.RECIPIENT, 421, "4.3.2 Connection rate limit exceeded", Side.NOBODY),
    (Phase.AUTH, 535, "5.7.8 authentication failed: mailbox is disabled", Side.ROUTE),
    (
        Phase.REPLY,
        550,
        "5.7.1 The user you are trying to contact is receiving mail from an unauthenticated domain",
        Side.POLICY,
    ),
    (Phase.REPLY, 550, "5.7.193 UserInviteMissing; Recipient has not been invited to this tenant", Side.MAILBOX),
    (Phase.REPLY, 554, "ConfigurationSetDoesNotExist: Configuration set <hire> does not exist.", Side.ROUTE),
    (Phase.REPLY, 554, "Transaction failed: Duplicate header 'Message-ID'.", Side.MESSAGE),
    (Phase.REPLY, 554, "5.7.1 You have used 300 of 300 emails available to your plan for today", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.1.7 Invalid Mail From address", Side.ROUTE),
    (Phase.REPLY, 552, "Sender's mailbox is full, outgoing blocked", Side.ROUTE),
    (
        Phase.REPLY,
        550,
        "5.7.1 Unauthorized sender. Only @yahoo.com addresses of your account may be used in From",
        Side.ROUTE,
    ),
    (Phase.RECIPIENT, 550, "R1: HELO should be a FQDN or address literal (See RFC 2821 4.1.1.1)", Side.POLICY),
    (Phase.REPLY, 550, 'Outgoing mail from "hire@hire.example" has been suspended.', Side.ROUTE),
    (Phase.RECIPIENT, 553, "sorry, this recipient is in my badrecipientlist (#5.7.1)", Side.MAILBOX),
    (Phase.RECIPIENT, 501, "5.1.7 Invalid address", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Recipient's mailbox storage allocation exceeded", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "User has no permission", Side.ROUTE),
    (Phase.REPLY, 554, "HL:ITC mail server, sending frequency exceeded for this user", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Your IP: 192.0.2.7 : Your domain hire.example is not allowed in header From", Side.ROUTE),
    (Phase.RECIPIENT, 550, "You must check for new mail before sending mail.", Side.ROUTE),
    (
        Phase.RECIPIENT,
        553,
        "sorry, your mailserver [192.0.2.7] is rejected by Mailgate. See http://www.spamhaus.org",
        Side.POLICY,
    ),
    (Phase.RECIPIENT, 422, "The recipient's mailbox is over its storage limit", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "5.7.1 External mail is not allowed for this recipient", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "5.7.1 Mails to this address are only accepted from internal senders", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Sender is not allowed to email this recipient", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "this account is not allowed to receive mail", Side.MAILBOX),
    (Phase.REPLY, 550, "Maximum line length exceeded (see RFC 5321)", Side.MESSAGE),
    (Phase.REPLY, 550, "Headers are missing: a valid From header is required", Side.MESSAGE),
    (Phase.RECIPIENT, 550, "5.7.8 Authentication credentials invalid", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Sorry, your account quota for sent mail is used up", Side.ROUTE),
    (Phase.RECIPIENT, 450, "4.7.1 Error: sender sending too fast", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.1.8 <interviews@hire.example>: Domain not found", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.1.7 <interviews@hire.example>: User unknown", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Mail from hire.example is not accepted: no MX record found", Side.ROUTE),
    (Phase.RECIPIENT, 550, "You have exceeded the sending quota of your mailbox", Side.ROUTE),
    (
        Phase.RECIPIENT,
        550,
        "The mailbox interviews@hire.example has exceeded the number of messages it may send",
        Side.ROUTE,
    ),
    (Phase.RECIPIENT, 550, "Mail is only accepted from authenticated users", Side.ROUTE),
    (Phase.RECIPIENT, 550, "lines too long", Side.MESSAGE),
    (Phase.RECIPIENT, 550, "5.7.1 This system is not configured to relay mail", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Mailbox has been deactivated since 24 hours, storage limit", Side.MAILBOX),
    (
        Phase.RECIPIENT,
        550,
        "5.2.1 Mailbox disabled, not accepting messages for the last 24 hours: too many bounces",
        Side.MAILBOX,
    ),
    (Phase.RECIPIENT, 450, "4.7.1 Greylisted for 5 minutes, too many", Side.NOBODY),
    (Phase.RECIPIENT, 451, "4.3.2 Please try again in 15 minutes, too many concurrent deliveries", Side.NOBODY),
    (Phase.RECIPIENT, 554, "5.7.1 [2001:db8::1] Your IP has sent too many messages in the last 24 hours", Side.NOBODY),
    (Phase.RECIPIENT, 550, "5.7.1 Too many spam messages from 192.0.2.7 in the last 24 hours", Side.POLICY),
    (Phase.RECIPIENT, 550, "5.7.1 Blocked for 24 hours: too many spam complaints", Side.POLICY),
    (
        Phase.RECIPIENT,
        550,
        "5.2.1 This mailbox has not been used for more than 6 months per month policy and has been closed",
        Side.MAILBOX,
    ),
    (
        Phase.RECIPIENT,
        550,
        "5.7.1 <asha@example.com>: Recipient address rejected: Daily limit of messages received exceeded",
        Side.NOBODY,
    ),
    (
        Phase.RECIPIENT,
        452,
        "4.2.2 Mailbox of asha@example.com has exceeded its daily quota of incoming mail",
        Side.NOBODY,
    ),
    (
        Phase.REPLY,
        550,
        "5.7.1 [internal] The domain in your From header is not verified in Resend. Please add and verify your domain",
        Side.ROUTE,
    ),
    (Phase.RECIPIENT, 550, "ES000010 comcast 192.0.2.7 dynamic/residential IP address, mail not accepted", Side.POLICY),
    (Phase.RECIPIENT, 550, "The account hr@hire.example has reached its hourly quota of outgoing messages", Side.ROUTE),
    (Phase.RECIPIENT, 550, "You can only send from addresses that belong to your account", Side.ROUTE),
    (Phase.RECIPIENT, 550, "This is not an open relay", Side.ROUTE),
    (Phase.RECIPIENT, 553, "Sorry, we don't allow mail relaying from your host", Side.ROUTE),
    (
        Phase.RECIPIENT,
        550,
        "mail from hire.example is not authorised through this server, configure your smart host credentials",
        Side.ROUTE,
    ),
    (Phase.RECIPIENT, 550, "There is no one at this address", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "This person no longer works here", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "The address you sent your message to wasn't found at the destination domain", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "The owner of this mailbox has left the company, mailbox closed", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Mail for asha@example.com cannot be delivered: no such alias", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "destination address doesn't exist on this mail host", Side.MAILBOX),
    (Phase.RECIPIENT, 554, "Your message looks like spam to our filter", Side.POLICY),
    (Phase.RECIPIENT, 554, "We do not accept mail from dynamic addresses", Side.POLICY),
    (Phase.RECIPIENT, 554, "Country of origin not accepted by local rules", Side.POLICY),
    (Phase.RECIPIENT, 554, "Go away, spammer", Side.POLICY),
    (Phase.RECIPIENT, 550, "5.1.0 <hr@hire.example>: Sender address rejected: user unknown", Side.ROUTE),
    (Phase.RECIPIENT, 450, "4.1.8 <hr@hire.example>: Sender address rejected: Domain not found", Side.NOBODY),
    (Phase.RECIPIENT, 450, "4.7.1 <hr@hire.example>: Sender address rejected: not owned by user asha", Side.ROUTE),
    (Phase.SENDER, 550, "Requested action not taken: mailbox unavailable", Side.ROUTE),
    (Phase.SENDER, 450, "Requested mail action not taken: mailbox unavailable", Side.NOBODY),
    (Phase.RECIPIENT, 550, "The recipient's mailbox of the user is full (quota exceeded)", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "5.7.1 Your plan allows only 100 emails a day", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Access denied, wrong password", Side.POLICY),
    (Phase.RECIPIENT, 550, "Bob's mailbox storage has been exhausted", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "5.7.1 Outbound spam was detected from this account, sending is disabled", Side.ROUTE),
    (Phase.REPLY, 550, "Your message to this user was not delivered", Side.UNKNOWN),
    (Phase.RECIPIENT, 550, "Account temporarily blocked due to suspicious outgoing activity", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.1.1 User unknown; sender should verify the address", Side.MAILBOX),
    (
        Phase.RECIPIENT,
        550,
        "Sorry, your message to this user cannot be delivered, the account has been closed",
        Side.MAILBOX,
    ),
    (Phase.RECIPIENT, 550, "The recipient's account has exceeded its message limit", Side.MAILBOX),
    (Phase.RECIPIENT, 552, "The recipient has exceeded his quota and cannot receive your message", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Relay recipient unknown: asha@example.com is not in our directory", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Sender, please check the address: no such mailbox", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "The account you are sending to is disabled", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "User is not authorized to receive external mail", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Recipient requires authentication of senders, internal use only", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Mailbox is not accepting messages from unknown senders", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Sender blocked by recipient's rules", Side.POLICY),
    (Phase.RECIPIENT, 550, "your domain is on our blacklist", Side.POLICY),
    (Phase.RECIPIENT, 550, "Sender IP reputation too low to send to this domain", Side.POLICY),
    (Phase.RECIPIENT, 550, "SPF: sending from 192.0.2.7 is not authorized for hire.example", Side.POLICY),
    (Phase.RECIPIENT, 550, "DKIM signature of sender domain invalid", Side.POLICY),
    (Phase.RECIPIENT, 550, "Domain hire.example was registered less than 5 days ago, policy", Side.POLICY),
    (Phase.RECIPIENT, 450, "Greylisted: sender, client and recipient unknown, try again in 300 seconds", Side.NOBODY),
    (Phase.RECIPIENT, 450, "too many recipients in too short a time for this mailbox, try later", Side.NOBODY),
    (Phase.RECIPIENT, 421, "too many connections from your relay", Side.NOBODY),
    (Phase.RECIPIENT, 450, "The user has received too many messages in the last hour", Side.NOBODY),
    (Phase.RECIPIENT, 550, "quota exceeded for user asha", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "asha@example.com has reached the maximum number of messages in the inbox", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "The address rejected your message: user no longer employed", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Message to asha refused: not on the list of authorized recipients", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Authentication of the recipient address failed: no such user", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "address is not allowed to receive mail from the internet", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "domain example.com does not accept mail", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "5.7.1 Recipient is not permitted to receive messages from your domain", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "5.2.1 The user you tried to reach has been suspended by the administrator", Side.MAILBOX),
    (Phase.RECIPIENT, 554, "5.1.1 Sending to undeliverable address asha@example.com", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "RCPT address unknown: check sender's typing", Side.MAILBOX),
    (Phase.REPLY, 550, "content of sender's message is not allowed by policy", Side.POLICY),
    (Phase.REPLY, 550, "URL in message from sender is on SURBL", Side.POLICY),
    (Phase.REPLY, 554, "Message size exceeds the limit for sending to this server", Side.MESSAGE),
    (Phase.REPLY, 550, "Sender header is malformed", Side.MESSAGE),
    (Phase.REPLY, 552, "Your message exceeds the size limit of the recipient", Side.MESSAGE),
    (Phase.RECIPIENT, 550, "Your mailbox hr@hire.example is over its outgoing quota", Side.ROUTE),
    (Phase.RECIPIENT, 550, "User hr@hire.example has exceeded the number of recipients allowed per day", Side.ROUTE),
    (Phase.RECIPIENT, 550, "the mailbox you are sending from does not exist on this server", Side.ROUTE),
    (Phase.RECIPIENT, 550, "The sending mailbox is disabled", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Sender's mailbox unknown here, cannot relay for it", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Account hr@hire.example may not send to external recipients", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Recipient domain not local and you are not authenticated", Side.ROUTE),
    (Phase.RECIPIENT, 550, "we do not accept mail for that domain from unauthenticated clients", Side.ROUTE),
    (Phase.RECIPIENT, 554, "Recipient address rejected: sender account suspended for spam", Side.ROUTE),
    (
        Phase.RECIPIENT,
        554,
        "<asha@example.com>: Recipient address rejected: hourly limit for hr@hire.example reached",
        Side.ROUTE,
    ),
    (Phase.RECIPIENT, 550, "<asha@example.com>: mail to remote recipients requires login", Side.ROUTE),
    (Phase.RECIPIENT, 550, "this user's outgoing mail has been blocked by the administrator", Side.ROUTE),
    (Phase.RECIPIENT, 552, "Message rejected: your account has no credit left", Side.ROUTE),
    (Phase.RECIPIENT, 553, "you must verify the from domain before you can send to this recipient", Side.ROUTE),
    (Phase.RECIPIENT, 550, "only authenticated users may send to other domains", Side.ROUTE),
    (Phase.RECIPIENT, 550, "From address must be one of your verified addresses", Side.ROUTE),
    (Phase.RECIPIENT, 535, "Authentication credentials invalid", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Relay not permitted for recipient asha@example.com", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Mail from this sender to external recipients is not permitted", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Sorry, your trial account can only send to verified recipients", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Free plan limit of 100 recipients a day reached", Side.ROUTE),
    (Phase.RECIPIENT, 550, "The domain of your envelope sender has no account here", Side.ROUTE),
    # Our money, our credentials, our permissions
    (Phase.RECIPIENT, 550, "5.7.1 Sending from this account is on hold until the invoice is paid", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Your trial period has ended", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Insufficient balance. Top up your account to send more mail", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.7.0 Your subscription has lapsed; relay is switched off", Side.ROUTE),
    (Phase.RECIPIENT, 550, "This mailbox was suspended because of an unpaid invoice", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "The recipient's subscription has expired", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "The API key has been revoked", Side.ROUTE),
    (Phase.RECIPIENT, 550, "Your account has not been approved for sending yet", Side.ROUTE),
    (Phase.RECIPIENT, 550, "User's account has not been verified and cannot receive mail", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "IP address not authorized for this SMTP user. Add it to the allow list", Side.ROUTE),
    (Phase.RECIPIENT, 550, "192.0.2.7 is not permitted to send mail from hire.example", Side.POLICY),
    (Phase.RECIPIENT, 550, "hire.example is not allowed to send from this account", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.7.1 The address in the From: header must belong to your account", Side.ROUTE),
    (Phase.RECIPIENT, 554, "5.7.1 Mailbox is not enabled for SMTP sending", Side.ROUTE),
    (Phase.RECIPIENT, 550, "The recipient's mail service is disabled", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Sending from outside to this mailbox is disabled", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "The address does not match any account", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "You are not in the list of permitted senders of this mailbox", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "This user accepts only 10 messages per day from you", Side.NOBODY),
    (Phase.REPLY, 550, "You cannot send any more messages today", Side.ROUTE),
    (Phase.RECIPIENT, 550, "You cannot send mail to this address", Side.MAILBOX),
    (Phase.RECIPIENT, 452, "Too many messages in the mailbox", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Gateway: recipient not in directory", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "5.7.1 The mailbox is full", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Your recipient's account has been disabled", Side.MAILBOX),
    (Phase.RECIPIENT, 550, "Your SMTP account is limited to 100 messages", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.7.1 Outgoing mail is not allowed", Side.ROUTE),
    (Phase.RECIPIENT, 550, "The sender's mailbox has been locked", Side.ROUTE),
    (Phase.RECIPIENT, 554, "5.7.0 The sender has exceeded the limit on outgoing messages from the mailbox", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.7.1 Account temporarily blocked: too many bounces", Side.ROUTE),
    (Phase.RECIPIENT, 550, "5.7.1 Il mittente non è autorizzato a inviare da questo account", Side.ROUTE),
]


@pytest.mark.parametrize(("phase", "code", "text", "side"), NEAR_MISSES)
def test_a_noun_alone_decides_nothing(phase: Phase, code: int, text: str, side: Side) -> None:
    assert refusal_of(code, enhanced_code(text), text, phase=phase).side is side


def test_without_words_the_enhanced_code_decides() -> None:
    assert refusal_of(550, "5.1.1", "") == (Side.MAILBOX, Reason.RECIPIENT_UNKNOWN)
    assert refusal_of(None, "4.2.2", "") == (Side.MAILBOX, Reason.MAILBOX_FULL)
    assert refusal_of(550, "5.7.1", "") == (Side.POLICY, Reason.POLICY_BLOCK)
    assert refusal_of(550, "5.6.0", "") == (Side.MESSAGE, Reason.MESSAGE_REFUSED)


def test_a_quoted_reply_counts_more_than_the_code_around_it() -> None:
    words = "host mx.example.com[192.0.2.1] said: 550-5.7.1 192.0.2.7 is blacklisted (in reply to RCPT TO command)"
    assert refusal_of(550, "5.1.1", words) == (Side.POLICY, Reason.POLICY_BLOCK)
    words = "host mx.example.com[192.0.2.1] said: 450 4.2.2 Mailbox full (in reply to RCPT TO command)"
    assert refusal_of(550, None, words) == (Side.MAILBOX, Reason.MAILBOX_FULL)


@given(
    st.sampled_from([phase for phase in Phase if phase not in {Phase.CONFIGURE, Phase.HTTP}]),
    st.integers(400, 599),
    st.text(max_size=200),
)
def test_any_reply_is_somebodys_fault(phase: Phase, code: int, text: str) -> None:
    assert refusal_of(code, enhanced_code(text), text, phase=phase).side in set(Side)


HOSTILE = [
    "a", "sender ", "limit exceeded ", "a.", "a@", "<a@", "1.", "5.1.1", "[:", "http://", "rbl.", "spamhaus-", "said: ",
    "SMTP error from remote mail server after ", "получател", "收件人", "aB", "-_.", "don't ", " ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_reply_of_any_length_is_judged_by_its_first_kibibyte(piece: str) -> None:
    text = piece * (64 * 1024 // len(piece))
    assert refusal_of(550, None, text) == refusal_of(550, None, text[:1024])
    told = f"5.1.1 User unknown. {text}"
    assert refusal_of(550, "5.1.1", told) == (Side.MAILBOX, Reason.RECIPIENT_UNKNOWN)
