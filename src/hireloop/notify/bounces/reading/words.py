"""What a mail server says in words alone, without a status part; pure.

No server has a pattern of its own here: a text says that tries go on, or that they are over, that the mail arrived, or
why it did not, and it may quote a reply and return the mail. The languages are those of servers whose texts are
documented.
"""

import re
from email.message import Message
from itertools import islice

import msgspec

from hireloop.notify.bounces.reading import languages, replies_in_words
from hireloop.notify.bounces.reading.causes import reason_of
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction
from hireloop.notify.bounces.reading.mime import part_of
from hireloop.notify.bounces.reading.readable import shortened
from hireloop.notify.bounces.reading.replies_in_words import addresses_in, status_in
from hireloop.notify.reasons import Reason

_LOOK_AT = 20_000  # characters of the words
_LOOK_FOR_COPY = 100_000  # characters in which the returned mail must begin
_LONGEST_LINE = 1_000
_MOST_SECTIONS = 20  # about a recipient each
_LONGEST_SECTION = 1_000  # characters, also of what stands before the first

# The tries are over, whatever else the text says.
_OVER = re.compile(
    r"not going to try again|(?:will not|won't|no longer) be (?:retried|attempted)"
    r"|no (?:further|more) (?:delivery )?(?:attempts|retries)|no (?:other )?(?:delivery )?attempts? will"
    r"|giv(?:ing|en) up|gave up|queue too long|permanent (?:fatal )?(?:errors?|failures?)"
    r"|(?:has|have|message|queue|lifetime|timeout|time) expired|retry time(?:out)? (?:not reached|exceeded)"
    rf"|{languages.all_of('over')}",
    re.IGNORECASE,
)
# The tries go on.
_GOES_ON = re.compile(
    r"(?:will|shall) (?:be retried|retry|(?:keep|continue)(?: on)?(?: to)? (?:re)?try|(?:re)?try again|attempt"
    r"|(?:re)?try to (?:re-?)?(?:deliver|send|transmit|reach))"
    r"|(?:keeps?|still|continu\w+ to) (?:re)?try|still (?:being|undelivered|in (?:the|our) queue)"
    r"|attempts? (?:to deliver (?:the|this|your) (?:message|mail) )?will (?:continue|be made|be repeated)"
    r"|(?:not yet|not been|yet to) (?:been )?delivered (?:yet|after|to one or more of its recipients after)"
    r"|not yet (?:been )?delivered|(?:not|n't) (?:need|have) to re-?send|need not re-?send|warning message only"
    r"|(?:is|are) (?:only )?a (?:delay|warning)|no action is (?:required|needed|necessary)|be(?:ing)? retried"
    r"|queued for (?:later|further|retry)|will remain in (?:the|our) queue|delivery (?:is )?pending"
    rf"|{languages.all_of('goes_on')}",
    re.IGNORECASE,
)
# The mail is late: tries go on, unless the subject says that it was returned.
_LATE = re.compile(
    rf"(?:has|have|is|was|been|delivery|message) (?:been )?(?:temporarily )?delayed|{languages.all_of('late')}",
    re.IGNORECASE,
)
_ARRIVED = re.compile(
    r"success(?:fully)? (?:been )?(?:delivered|relayed)|delivered successfully|(?:has been|have been|was"
    r"|were) (?:delivered|relayed)"
    r"|successful (?:mail )?delivery|delivery to [^.\n]{0,80}\bis complete"
    rf"|{languages.all_of('arrived')}",
    re.IGNORECASE,
)
# The mail failed: words that hardly anybody but a mail server writes.
_FAILED = re.compile(
    r"(?:not|n't) be (?:successfully )?(?:delivered|sent|transmitted|completed|processed|forwarded|reached)"
    r"|(?:not|n't|unable to|impossible to|failed to|cannot) (?:deliver|be delivered|send (?:your|the) (?:mail|message)"
    r"|forward|reach the (?:following|recipient))"
    r"|(?:unable|able|impossible|failed|trouble) (?:to deliver|delivering)"
    r"|undeliver|non-?deliver|(?:was|were|been|is) not (?:been )?delivered|not been delivered"
    r"|did not (?:reach|receive) (?:the following|(?:this|your) (?:mail|message)|some or all)"
    r"|deliver\w* (?:has |have |had )?(?:fail\w*|error|problem)|(?:fatal|permanent) (?:\w+ )?error"
    r"|error (?:has )?occurred while|returned (?:to (?:you|(?:the )?sender)|message|mail)|return to sender"
    r"|(?:has been|was|were|been) (?:blocked|rejected|refused|bounced) (?:by|because|due)"
    r"|(?:your|this|the) (?:mail|message|e-?mail)\b[^\n]{0,80}? (?:is|was|has been) (?:\w+ )?"
    r"(?:rejected|refused|returned)"
    r"|delivery (?:of [^.\n]{0,40} )?(?:was|has been) (?:stopped|blocked|prevented|cancell?ed)"
    r"|no such (?:user|recipient|mailbox|address|account|domain|host)|(?:user|recipient|host|address) (?:is )?unknown"
    r"|unknown (?:user|recipient|host|address|domain)"
    rf"|{languages.all_of('failed')}",
    re.IGNORECASE,
)
# The same if a mail server says it; people write such words about other things.
_SUGGESTS = re.compile(
    r"fail(?:ed|ure|s)?\b|reject|return(?:ed|ing)\b|bounc|(?:not|n't|cannot|unable to|impossible to) reach"
    r"|no (?:such|mx|valid)\b|unknown|not exist|does ?n[o']t exist|invalid (?:recipient|user|mailbox|address)"
    r"|not (?:found|known|accept)"
    r"|mailbox|quota|refuse|blocked|denied|fatal|discarded|sorry"
    r"|fehlgeschlagen|fehler|unbekannt"
    r"|existiert nicht"
    r"|(?:pas pu|n'a pas|impossible|échec|échoué|inconnu|n'existe)|no (?:se )?(?:ha )?(?:pudo|podido"
    r"|puede|existe)"
    r"|rechazad|devuelt|desconocid|não (?:foi|pôde|pode|existe)|impossibile|non è stato|sconosciut"
    r"|nie istnieje|nieznan"
    r"|не (?:может|могло|удалось|доставлен|был|существует|найден)|невозможн|ошибк|отклонен|недостав|неизвест"
    r"|送達|失敗|エラー|不明|存在し|見つかりません|受信(?:でき|拒否)"
    r"|無法|无法|失败|失敗|拒绝|拒絕|被退回"
    rf"|{languages.all_of('unknown')}|{languages.all_of('full')}",
    re.IGNORECASE,
)
# A subject that nobody but a mail server or a gateway writes: of a mail that failed, or of one that may have.
_RETURNED_TITLE = re.compile(
    r"undeliver|non-?deliver|unzustellbar|(?:not|n't) (?:be |been )?(?:deliver|sen[dt]\b)|returned (?:mail|message|to)"
    r"|returning (?:message|mail|to)|(?:mail|message|e-?mail|messaging) (?:system )?(?:failure|error|bounced?)\b"
    r"|deliver\w*(?:[ :-]{1,3}\w+)? ?(?:fail\w*|error|problem)|fail\w* (?:notice|notification|delivery|mail|message)"
    r"|(?:unable to|can ?not|could not|can't) (?:be )?(?:deliver|sen[dt]\b|reach)|delivery (?:was )?unsuccessful"
    r"|unsuccessful delivery|rejected (?:mail|message)|(?:mail|message) rejected|nichtzustell"
    r"|failed to deliver|error sending|(?:problem|trouble) delivering|\[bounce|bounced? (?:mail|message)"
    r"|message (?:\w+ ){0,3}(?:blocked|rejected)|user unknown|nicht zugestellt|zustellfehler|non remis|non.?distribu"
    r"|échec de (?:la )?(?:remise|distribution)|no entregad|no se (?:ha )?(?:pudo|podido) entreg|não (?:foi )?entreg"
    r"|mancata consegna|nie dostarcz|iletileme|недостав|не доставлен|невозможн\w* достав"
    r"|возвра(?:т|щен)\w* (?:пис|почт|сообщ)"
    r"|(?:配信|配送|送信)(?:が|は|を)?(?:不能|エラー|失敗|でき|に失敗)|届(?:きません|け(?:でき|られ))|不達|エラーメール|返送"
    r"|退信|退回|전송되지|반송",
    re.IGNORECASE,
)
_STATUS_TITLE = re.compile(
    r"delivery (?:status|report|notification|delay)|message (?:status|deliver)|status of your (?:mail|message)|\bndr\b",
    re.IGNORECASE,
)
_FAILED_TITLE = re.compile(
    r"undeliver|fail|not (?:been )?deliver|(?:can ?not|can't|could not|unable to) (?:be )?(?:deliver|sen[dt])"
    r"|return(?:ed|ing)|bounce"
    r"|reject|non.?deliver|user unknown|unknown (?:user|address)|delivery (?:error|problem|report|status)"
    r"|mail (?:system )?error|\bnd[nr]\b"
    r"|problem (?:delivering|with)|message status|\brefus|mailbox (?:full|unavailable)|status of your (?:mail|message)"
    r"|unzustellbar|zustell(?:ung|fehler)|nicht zugestellt|unbekannt|non remis|échec|non.?distribu|remise"
    r"|no se (?:ha )?(?:pudo|podido|puede)"
    r"|no entregad|devuelt|no se entreg|não (?:foi )?entreg|mancat|недостав|не доставлен|невозможн|ошибка|возвра"
    r"|配信|配送|届|送信|エラー|不達|返送|退信|退回|失败|失敗|無法|无法"
    rf"|{languages.all_of('failed')}",
    re.IGNORECASE,
)
_DELAYED_TITLE = re.compile(
    r"delay|deferred|\bwarning\b[^:]*: .*(?:send|deliver)|still (?:undelivered|trying)|not yet delivered|verzöger"
    r"|retard|retras"
    rf"|{languages.all_of('late')}",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"[ \t>]*[-=_*+~]{2,}[^\n]{0,80}\b(?:copy of|original (?:message|mail|headers?)|(?:message|mail|returned"
    r"|undelivered) (?:headers?|text|body)"
    r"|(?:headers?|body|text|start) (?:of|follow|section)|unsent|undelivered message|returned (?:message|mail)"
    r"|message (?:follows|is as follows|below))"
    r"|[ \t]*(?:the )?(?:original|returned|unsent|undelivered) (?:message|mail)(?: headers?)?(?: follows"
    r"| is (?:below|attached|included)[^\n]{0,40})?[.:]?[ \t]*$"
    r"|[ \t]*(?:the |a )?(?:copy of |message |original )*(?:headers?|message header)(?: follows?)?:[ \t]*$",
    re.IGNORECASE,
)
_NO_COPY = re.compile(r"transcript|session|addresses|failed recipient|could not|was not|reason", re.IGNORECASE)
_FIELD = re.compile(r"([A-Za-z][\w-]{1,60}):(?:[ \t]|$)")
_OF_A_MAIL = frozenset({"received", "message-id", "return-path", "mime-version", "dkim-signature", "delivered-to"})
_LEAST_FIELDS = 3
_NAMED_AT_LINE = re.compile(
    r"^[ \t>*|-]{0,20}(?:(?:failed |final |original |unknown )?(?:recipient|address|user|to)(?:\(s\)|s)?[ \t]*:[ \t]*)?"
    r"[<(\"']?([^\s<>,;:\"'()\[\]]{1,64}@[^\s<>,;:\"'()\[\]]{1,255})[>)\"']?",
    re.IGNORECASE | re.MULTILINE,
)


def says_failed(title: str) -> bool:
    """Return whether a subject is that of a mail server about a mail that failed or is late."""
    return bool(_FAILED_TITLE.search(title) or _DELAYED_TITLE.search(title))


def is_servers_title(title: str) -> bool:
    """Return whether a subject is one that people do not write: a mail server's about a mail that may have failed."""
    return bool(_RETURNED_TITLE.search(title) or _STATUS_TITLE.search(title))


def says_so(text: str) -> bool:
    """Return whether a text says that a mail failed, in words that hardly anybody but a mail server writes."""
    return bool(_FAILED.search(text[:_LOOK_AT]))


def split(text: str) -> tuple[str, Message]:
    """Return the words of a text, and the mail or the header that it returns below them, empty if it returns none."""
    lines = text[:_LOOK_FOR_COPY].split("\n")
    end = _copy_starts(lines)
    copy = "\n".join(lines[end + 1 :] if end < len(lines) and not _FIELD.match(lines[end]) else lines[end:]).lstrip()
    return "\n".join(lines[:end]), part_of(copy.encode(errors="replace"))


def read(
    said: str, title: str, *, about: frozenset[str] = frozenset(), is_servers: bool = True
) -> DeliveryReport | None:
    """Return what a mail server's words say, None if they say nothing of a mail; `about` names its recipients if known.

    The copy of the returned mail has been cut off by `split`. `is_servers`: nobody but a mail server can have sent it;
    otherwise only words that people do not write count.
    """
    text = said[:_LOOK_AT]
    whole = _read(text, title, about, is_servers=is_servers)
    each = _each(text, title, is_servers=is_servers) if whole is not None else ()
    return msgspec.structs.replace(whole, each=each) if whole is not None and each else whole


def _each(text: str, title: str, *, is_servers: bool) -> tuple[DeliveryReport, ...]:
    """Return what a text says of each of several recipients; nothing if it does not give each a reason of its own."""
    found = list(islice(_NAMED_AT_LINE.finditer(text), _MOST_SECTIONS))
    ends = [*(one.start(1) for one in found[1:]), len(text)][: len(found)]
    sections: dict[str, str] = {}
    for one, end in zip(found, ends, strict=True):
        address = one[1].lower()
        sections[address] = sections.get(address, "") + text[one.start(1) : end]
    if len(sections) < 2 or not all(_says_why(section) for section in sections.values()):  # noqa: PLR2004 (several)
        return ()
    intro = text[: found[0].start(1)][-_LONGEST_SECTION:]
    read_ = [
        (address, _read(intro + section[:_LONGEST_SECTION], title, frozenset({address}), is_servers=is_servers))
        for address, section in sections.items()
    ]
    return tuple(
        msgspec.structs.replace(report, recipients=frozenset({address}))
        for address, report in read_
        if report is not None
    )


def _read(text: str, title: str, about: frozenset[str], *, is_servers: bool) -> DeliveryReport | None:
    """Return what is said from the recipient's address on, or in the whole text if that says more of why."""
    start = _start(text, about)
    report = _read_from(start, text, title, about, is_servers=is_servers)
    if start == 0 or report is None or report.code is not None or reason_of(report) is not Reason.BOUNCED:
        return report
    whole = _read_from(0, text, title, about, is_servers=is_servers)
    return report if whole is None or reason_of(whole) is Reason.BOUNCED else whole


def _read_from(start: int, text: str, title: str, about: frozenset[str], *, is_servers: bool) -> DeliveryReport | None:
    reply = replies_in_words.first(text[start:])
    if reply is None and (reply := replies_in_words.first(text)) is not None:
        start = text.rfind("\n", 0, reply.start) + 1  # the reply stands above the address
        reply = replies_in_words.first(text[start:]) or reply
    elif reply is None and not _says_why(text[start:]):
        start = 0  # the reason stands above the address
    action = _action(text, title, reply.code if reply else None, is_servers=is_servers)
    if action is None:
        return None
    if reply is None or reply.status:
        status = reply.status if reply else status_in(text[start:]) or status_in(text)
    else:
        status = status_in(text[start:][reply.start :])
    return DeliveryReport(
        action=action,
        status=status,
        code=reply.code if reply else None,
        diagnostic=shortened(text[start:] if text[start:].strip() else title),
        recipients=about | addresses_in(text),
    )


def _says_why(words: str) -> bool:
    """Return whether words that begin with an address say more than the address: in its own paragraph, or below."""
    paragraph, _, below = words.partition("\n\n")
    return " " in paragraph.strip() or any(pattern.search(below) for pattern in (_SUGGESTS, _FAILED, _GOES_ON, _LATE))


def _action(text: str, title: str, code: int | None, *, is_servers: bool) -> MailAction | None:
    is_returned = bool(_RETURNED_TITLE.search(title)) and not _DELAYED_TITLE.search(title)
    said = bool(code or _FAILED.search(text))
    failed = said or (is_servers and (is_returned or bool(_SUGGESTS.search(text))))
    if _OVER.search(text):
        return MailAction.FAILED
    if _GOES_ON.search(text) or (_DELAYED_TITLE.search(title) and not _FAILED_TITLE.search(title)):
        return MailAction.DELAYED
    if _LATE.search(text) and not (is_returned and said):
        return MailAction.DELAYED
    if _ARRIVED.search(text) and not said:
        return MailAction.DELIVERED
    if code is not None and code < 500 and not _FAILED_TITLE.search(title):  # noqa: PLR2004 (RFC 5321, 4.2.1)
        return MailAction.DELAYED
    return MailAction.FAILED if failed else None


def _start(text: str, about: frozenset[str]) -> int:
    """Return where the words about the recipient begin: at their address, if it begins a line; else at 0."""
    lowered = text.lower()
    named = [at for name in sorted(about)[:20] if (at := lowered.find(name)) >= 0]
    if named:
        return min(named)
    found = _NAMED_AT_LINE.search(text)
    return found.start(1) if found else 0


def _copy_starts(lines: list[str]) -> int:
    """Return the index of the line at which the returned mail begins: a line that says so, or a header without one."""
    block, fields, is_mail = 0, 0, False
    for index, whole in enumerate(lines):
        line = whole[:_LONGEST_LINE]
        if index and _COPY.match(line) and not _NO_COPY.search(line):
            return index
        if field := _FIELD.match(line):
            block = block if fields else index
            fields += 1
            is_mail |= field[1].lower() in _OF_A_MAIL
            if fields >= _LEAST_FIELDS and is_mail:
                return block
        elif not fields or not line.startswith((" ", "\t")):
            fields, is_mail = 0, False
    return len(lines)
