"""What the words of a refusal mean, as tables that are read from top to bottom. Pure.

The patterns are for the words that `reply_words.plain` returns: `@` is an address, `#` a host, `.` stands between
sentences, and one word stands for all that mean the same. Words about us come before words about a mailbox, because
they are the narrower ones: they need one of our nouns, such as the sender, the relay, the sign-in or the sending limit.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from hireloop.notify.reasons import Reason


class Side(StrEnum):
    """Who can do something about a refusal."""

    MAILBOX = "mailbox"  # the recipient: the mailbox is unknown, full, disabled or restricted
    MESSAGE = "message"  # this message: its size or its form
    ROUTE = "route"  # us: our account, sender, sign-in, relay permission or sending limit
    POLICY = "policy"  # the recipient's side blocks the message: a block list, a filter, SPF, DKIM or DMARC
    NOBODY = "nobody"  # it passes: a queue, greylisting, a rate limit of the recipient's side
    UNKNOWN = "unknown"  # the reply does not say


class SmtpRefusal(NamedTuple):
    """Whose fault it is; `reason` is None if the reply does not say more than that it is a refusal."""

    side: Side
    reason: Reason | None = None


class Rule(NamedTuple):
    """A refusal, and the words that mean it."""

    refusal: SmtpRefusal
    words: re.Pattern[str]


_CLASSES = {
    "sign_in": r"auth|sign in|starttls|encryption|authorization",
    "password_sign_in": (
        r"smtp client auth|client smtp|smtp auth|(?:basic|legacy|plain) auth|password (?:based )?(?:auth|sign in)|"
        r"smtp(?: access| protocol)?|less secure apps?"
    ),
    "must": r"(?:must|to|please|should|required)(?: first)?",
    "period": (
        r"daily|hourly|weekly|monthly|per (?:day|hour|minute|second|month)|(?:this|one|last|24) hours?|"
        r"(?<!again in )(?<!after )(?<!for )\d+ (?:hours?|minutes)|"
        r"today|for day"
    ),
    "many_complaints": r"(?:too (?:many|much)|more than \d+) (?:spam\w*|complaints?)",
    "over": r"exceeded|limits?|quota|too (?:many|much|fast|quickly|high)|max\w*|throttl\w*|threshold|more than",
    "our": (
        r"send(?:ing|ers?)?|submission|outbound|outgoing|relay(?:ing)?|messaging|tenant|customer|message|recipients?"
    ),
    "too_many": r"(?:too (?:many|much)|max\w*) (?:messages|mails?|recipients)",
    "not_enabled": r"not (?:allowed|enabled|configured|supported|possible)",
    "no_store": r"(?!mailbox|size|storage)\w+",
    "no_host": r"(?!ip|host|server|mta|address|network|domain|connection)\w+",
    "amount": r"limits?|quotas?|credits?|allowance|rate|frequency|threshold|count|volume",
    "sending": r"sending|outbounds?|outgoing|submission|submitting|relaying",
    "entity": r"account|tenant|organization|subscription|service|plan|company|user",
    "messages": r"messages?|mails?|recipients|send(?:ing)?|credits?|rate|limits?|quota|allowance|threshold",
    "sender": (
        r"senders?|from (?:address(?:es)?|field|header|domain|mail)|mail from(?= must| address| @| unknown)|"
        r"return path|originator|sending (?:domain|address|identity)"
    ),
    "not_ours": (
        r"unknown|not (?:owned|verified|validated|confirmed|allowed|configured|match\w*|resolve|belong|your|sender|"
        r"accepted)|unverified|unvalidated|unconfigured|mismatch|must (?:match|equal|verified|validated|resolve|exist)|"
        r"null mx"
    ),
    "unverified": r"unverified|not (?:verified|validated|confirmed)",
    "them": (
        r"user|userid|recipient|recip|rcpt|mailbox|account|address|addressee|inbox|person|alias|local part|destination|"
        r"customer"
    ),
    "store": r"mailbox|inbox|user|recipient|account|storage|disk|folder|maildir|message store",
    "group": r"group|list|mailbox|recipient|address|distribution",
}


def _rule(side: Side, reason: Reason | None, *patterns: str) -> Rule:
    """Return a rule of regular expressions in which `<name>` is a class of words and ` … ` up to 50 characters."""
    words = "|".join(patterns).replace(" … ", r"\b[^.]{0,50}?\b")
    words = re.sub(r"<(\w+)>", lambda named: f"(?:{_CLASSES[named[1]]})", words)
    return Rule(SmtpRefusal(side, reason), re.compile(rf"\b(?:{words})\b"))


STRONG = (
    _rule(
        Side.ROUTE,
        Reason.APP_PASSWORD_REQUIRED,
        r"app(?:lication)?(?: specific)? password",
        r"code to sign in",
        r"username and password not accepted",  # Gmail, which takes no other password
    ),
    _rule(Side.ROUTE, Reason.BROWSER_SIGN_IN_REQUIRED, r"sign in … browser", r"web sign in required"),
    _rule(
        Side.ROUTE,
        Reason.PASSWORD_SIGN_IN_DISABLED,
        r"<password_sign_in> (?:currently )?(?:stopped|<not_enabled>|blocked|turned off|deprecated)",
        r"access rights to this service|user no permission",
        r"security defaults",
        r"not meet criteria to auth",
    ),
    _rule(Side.MAILBOX, Reason.RECIPIENT_REFUSED, r"(?:external|automatic) forwarding"),
    _rule(Side.ROUTE, Reason.SENDER_REFUSED, r"sender … fully qualified"),
    _rule(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN, r"recipient … fully qualified"),
    # The mail's own authentication is judged by the recipient's side, and is no sign-in.
    _rule(
        Side.POLICY,
        Reason.POLICY_BLOCK,
        r"spf|dkim|dmarc|sender policy framework|rdns|fcrdns|ptr",
        r"reverse (?:dns|lookup|host|name)",
        r"find your (?:reverse )?host ?name",
        r"required auth level|unauthenticated mail",
        r"helo command|fully qualified",
        r"content filter\w*|quarantin\w*|blocked (?:contents?|files?|attachments?)",
        r"not accept delivery",
        r"unauthenticated domain",
    ),
    _rule(
        Side.NOBODY,
        Reason.RATE_LIMITED,
        r"<them> … (?:receive|receiving|incoming|inbound) … (?:rate|quickly|fast|limit|hour|day|minute|many)",
        r"(?:can|may) receive … <period>",
        r"connections? … (?:rate|limit|exceeded)",
        r"too (?:many|much) (?:\w+ ){0,2}?(?:connections?|sessions?)",
        r"too (?:many|much) unknown <them>s?",
        r"access refused # exceeded|your ip(?: address)? … <over>|we limits for",
        r"(?:limit|quota|rate) (?:of|for|on) (?:\w+ )?(?:received|incoming|inbound)",
        r"(?:incoming|inbound) (?:mails?|messages?) (?:limit|quota|rate)",
    ),
    # What is counted in these is not our mail, although an hour or a day stands beside a number.
    _rule(Side.NOBODY, None, r"(?:grey|gray) ?list\w*|come back"),
    _rule(
        Side.POLICY,
        Reason.POLICY_BLOCK,
        r"<many_complaints> … <period>|<period> … <many_complaints>",
    ),
    _rule(Side.MAILBOX, Reason.MAILBOX_DISABLED, r"mailbox (?:stopped|not used) … <period>"),
    _rule(
        Side.ROUTE,
        Reason.SENDING_LIMIT,
        r"<period> … <over>",
        r"<over> … <period>",
        r"sender mailbox (?:too )?full|rate ?limit exceeded for (?:mailbox|user|account|sender|domain)",
        r"exceeded (?:\w+ )?(?:sending|outgoing|outbound|submission) (?:\w+ )?(?:limit|quota)",
        r"exceeded … (?:it|you|they) (?:may|can|could) send",
    ),
    _rule(
        Side.MAILBOX,
        Reason.MAILBOX_FULL,
        r"(?:mailbox|inbox|folder|disk) (?:(?:size|storage|disk|space) )?(?:limit|size|quota) exceeded",
        r"(?:mailbox|inbox) exceeded (?:local |its |their )?(?:limits?|quota|capacity)",
        r"recipient quota exceeded|(?:recipient|mailbox) exceeded (?:\w+ ){0,2}?quota",
        r"exceeded … (?:mailbox|storage|folder)|(?:mailbox|inbox) exceeded … size",
        r"(?:mailbox|inbox) (?:too )?(?:full|large)",
        r"<store> … over (?:its |his |their )?storage|<store> … allocation exceeded",
    ),
    _rule(
        Side.MESSAGE,
        Reason.MESSAGE_REFUSED,
        r"lines? (?:length|too long)",
        r"(?:missing|duplicate|multiple|malformed) (?:\w+ ){0,4}?headers?|headers? (?:missing|malformed)",
        r"(?:not rfc|rfc) 5322 (?:section (?:\d+ ){0,3})?compliant",
    ),
    _rule(
        Side.MESSAGE,
        Reason.MESSAGE_TOO_LARGE,
        r"(?:message|mail|attachments?|content) (?:too (?:large|big|long)|larger than|oversized)",
        r"(?:message|mail|maximum|max|total|fixed|allowed) size",
        r"size … (?:limit|exceeded)",
        r"exceeded … (?:size|databytes)",
    ),
    # A mailbox, a group or a list that takes mail from some senders only: the recipient's decision
    _rule(
        Side.MAILBOX,
        Reason.RECIPIENT_REFUSED,
        r"resolver rst",
        r"sender … (?:to|for) (?:(?:this|that) )?(?:group|list|mailbox|distribution)",
        r"not allowed to send (?:\w+ )?to (?:(?:this|that) )?<group>",
        r"only (?:accepts?|receives?) … from",
        r"only (?:members|allowed senders)",
        r"allowed senders list",
        r"recipient not accept … sender",
        r"not allowed to (?:receive|(?:mail|message|contact|write to) (?:(?:this|that) )?<group>)",
        r"external mails? not allowed|<group> only accepted from",
        r"no smtp service|<them> owner changed",
    ),
    _rule(
        Side.ROUTE,
        Reason.SENDING_LIMIT,
        r"<our> (?:<no_store> ){0,3}?<amount> … (?:exceeded|over|maximum|used|refused|throttl\w*|too high)",
        r"(?:exceeded|maximum|throttl\w*|too) … <our> (?:<no_store> ){0,2}?<amount>",
        r"exceeded … <amount> (?:of|for) <our>",
        r"(?:sending|outgoing|outbound|submission) (?:limit|quota)",
        r"rate ?limit … (?:account|sender)|sender (?:(?!ip|host|server)\w+ ){0,4}?rate ?limit\w*",
        r"sender sending too (?:many|much|fast|quickly)|too (?:many|much) recipients for (?:this )?sender",
        r"you used \d+ of|quota for sent",
        r"you (?:sending|sent) too (?:many|much|fast)",
        r"used … credits",
        r"(?:you|your <entity>|your (?:domain|server)|(?:this )?(?:sender|tenant|customer)) (?:already )?"
        r"(?:exceeded|out of|run out|sent (?:too|more)|over) … <messages>",
        r"(?:you|your <entity>|account|user|sender) sent (?:too|more)",
        r"(?:no|insufficient|not enough|maximum|out of) credits?",
        r"credits? … exceeded",
        r"<too_many> … (?:sent|from (?:you|@|sender|this (?:user|account|sender)))",
        r"<too_many> (?:sent|from (?:you|your <entity>|sender))",
        r"(?:messages|mails?) per (?:sender|user|account) … exceeded",
        r"(?:sender|your <entity>) (?:rate ?limited|throttled|exceeded)",
    ),
    _rule(
        Side.ROUTE,
        Reason.ACCOUNT_SUSPENDED,
        r"<sending> (?:(?:<no_host>|@) ){0,4}?(?:stopped|blocked|held|pending)",
        r"blocked by your <entity>",
        r"(?:stopped|blocked) (?:from|for) <sending>",
        r"your (?:\w+ ){0,3}?<entity> … (?:stopped|blocked|pending|held|compromised|hijacked)",
        r"your domain … stopped",
        r"your <entity> not (?:\w+ )?(?:allowed|permission)",
        r"sender (?:\w+ ){0,2}?<entity> … (?:stopped|blocked)",
        r"service stopped|smtp account stopped",
        r"(?:account|user|sender) … (?:compromised|hijacked)",
        r"unusual (?:sending )?activity",
        r"bad outbound sender|outbound spam",
        r"(?<!their )(?:free|trial|test|demo) (?:accounts?|plans?|domains?)|test purposes|sandbox|only send testing",
        r"configuration set … (?:unknown|stopped)",
        r"spam abuse detected",
        r"unregistered domain",
    ),
    _rule(
        Side.ROUTE,
        Reason.AUTH_REQUIRED,
        r"<sign_in> (?:command )?(?:required|first)",
        r"required (?:smtp )?<sign_in>",
        r"<must> (?:auth|sign in|signed in|issue (?:starttls|auth)|use (?:starttls|tls))",
        r"not (?:auth|signed in)",
        r"unauthenticated|anonymous",
        r"without (?:smtp )?auth|from (?:auth|signed in) (?:users?|clients?|senders?)",
        r"turn on smtp auth",
        r"pop ?3? (?:before|first)|check (?:for )?new mail",
    ),
    _rule(
        Side.ROUTE,
        Reason.RELAY_REFUSED,
        r"relay(?:ing|ed|s)? (?:(?:\w+|#|@) ){0,3}?(?:refused|blocked|<not_enabled>)",
        r"(?:not allowed|unable|can not|will not|not(?: configured)?|refused?|open|attempt\w*|unauthorized) "
        r"(?:(?:to|for) )?(?:mail )?"
        r"relay(?:ing)?",
        r"unknown relay(?! #)|no relay(?:ing)?(?! host)",
        r"rcpthosts",
        r"non ?accepted domain",
        r"not gateway",
        r"not allowed to (?:send through|use) (?:this )?(?:server|relay|gateway|service)",
        r"forwarding to remote hosts",
        r"unauthorized ip address",
    ),
    _rule(
        Side.ROUTE,
        Reason.SENDER_REFUSED,
        r"send as refused|not send (?:\w+ )?(?:as|from)",
        r"(?:permissions?|allowed|right) to (?:send|use) (?:\w+ ){0,2}?(?:as|from|on behalf|sender)",
        r"sender (?:address )?verif\w* … fail\w*",
        r"sender verif\w* fail\w*",
        r"(?:callout|callback) … sender",
        r"<sender> … <not_ours>(?! (?:by|in) recipient)",
        r"(?<!user )(?<!account )(?<!mailbox )(?<!recipient )(?<!address )unknown (?:envelope )?(?:sender|return path)",
        r"domain of sender",
        r"unknown from (?:address|header|domain|field)",
        r"(?<!user )(?<!account )(?<!mailbox )(?<!recipient )(?<!address )(?<!domain )unknown mail from",
        r"mail from # not accepted … mx|domain name required for sender",
        r"domain(?: #)? (?:not allowed in … from|must (?:verified|validated))",
        r"sender address refused stopped",
        r"(?:from|mail|domain|identity|identities)(?: address)?(?: @| #)? <unverified>",
        r"(?:not )?verified (?:sender )?identit(?:y|ies)",
        r"not verified sender",
        r"identit\w+ failed",
        r"(?:unconfigured|unverified) (?:sending |sender )?(?:domain|sender|mail|identity)",
        r"from specified address",
    ),
    _rule(
        Side.ROUTE,
        Reason.ACCOUNT_SUSPENDED,
        r"not (?:allowed|able) to (?:send|perform|submit)(?! (?:mail )?(?:directly )?to)",
    ),
    _rule(
        Side.ROUTE,
        Reason.SENDER_REFUSED,
        r"sending from … not allowed",
    ),
    _rule(
        Side.MAILBOX,
        Reason.MAILBOX_FULL,
        r"over (?:its |his |their )?quota|overquota",
        r"<store> … (?:full|out of (?:storage|space)|quota|no space)",
        r"exceeded … (?:storage|quota)",
        r"quota (?:exceeded|full)",
    ),
    _rule(
        Side.MAILBOX,
        Reason.RECIPIENT_UNKNOWN,
        r"unknown (?:\w+ ){0,3}?<them>s?",
        r"<them>s? … unknown",
        r"(?:no|bad|not our|not valid) (?:\w+ ){0,2}?<them>",
        r"(?:domain|(?<!client )host)(?: #)?(?: \w+){0,2} unknown",
        r"unknown (?:\w+ )?(?:domain|host)|bad (?:destination )?(?:domain|host)",
        r"(?:can not|could not|unable to|not able to|weren t able to) (?:find|locate)(?! your) … "
        r"(?:user|recipient|mailbox|address|domain|host|mx)",
        r"possibly unknown|user moved|not by that name",
        r"user … moved",
        r"no mx|mx records? … unknown|domain of recipient",
        r"unknown (?:at|in)(?= #)",
        r"not # account|user not (?:\w+ ){0,2}?account",
    ),
    _rule(
        Side.MAILBOX,
        Reason.MAILBOX_DISABLED,
        r"<them>s? … (?<!delivery )(?<!of mail )(?<!of message )stopped",
        r"stopped (?:\w+ )?<them>s?",
    ),
    _rule(
        Side.MAILBOX,
        Reason.RECIPIENT_REFUSED,
        r"(?:recipient|address|mailbox) … suppressed",
        r"suppression list",
        r"previously bounced address",
    ),
)
"""What counts whatever the code is."""

WEAK = (
    _rule(
        Side.POLICY,
        Reason.POLICY_BLOCK,
        r"(?:block|black|deny|reject) ?list\w*",
        r"rbl|rbls|dnsbl|spamhaus|spamcop|sorbs|reputation|spam\w*|virus\w*|malware|phish\w*|junk\w*|unsolicited|bulk",
        r"(?:anti )?spoof\w*",
        r"\w*polic(?:y|ies)",
        r"administrative(?:ly)? (?:prohibition|refused)",
        r"abuse|complaints?|suspicious|dangerous|harmful",
        r"security (?:issue|reason|risk)s?",
        r"content (?:\w+ )?(?:refused|filter\w*|blocked|not accepted)",
        r"bad ?mail ?from",
        r"blocked using",
        r"attachments? (?:\w+ )?(?:refused|blocked|not allowed)",
        r"(?:envelope|client host|host|ip|client|connection) … (?:blocked|refused)",
        r"blocked (?:senders?|sending ip)",
        r"\w*server # (?:refused|blocked)",
        r"helo|ehlo|fqdn|spm",
        r"(?:delivery|message) not allowed",
        r"permanently deferred",
        r"refused by (?:destination|recipient)",
    ),
    _rule(
        Side.NOBODY,
        Reason.RATE_LIMITED,
        r"rate ?limit\w*",
        r"too (?:many|much) (?:mails?|messages) from",
        r"(?:unusual|excessive|unexpected) (?:rate|volume)",
        r"(?:rate|frequency) control",
        r"exceeded allowed limits",
    ),
    _rule(
        Side.NOBODY,
        None,
        r"temporar\w+",
        r"try(?:ing)? (?:again|later)",
        r"(?:grey|gray) ?list\w*",
        r"too many recipients",
        r"later",
        r"server busy",
    ),
    _rule(
        Side.ROUTE,
        Reason.SENDER_REFUSED,
        r"<sender>(?: address| domain| mail)?(?: @| #)? (?:refused|blocked|not accepted)(?! by)",
        r"(?:bad|refused|forged|unauthorized) (?:envelope )?(?:sender|from)",
    ),
    _rule(
        Side.MAILBOX,
        Reason.RECIPIENT_REFUSED,
        r"(?:recipients?|rcpt|mailbox) … (?:refused|blocked|not (?:allowed|accepted|enabled))",
        r"address(?:es)? refused",
        r"(?:mailbox|user|recipient|account|address) (?:currently )?(?:not available|unavailable|blocked|refused)",
        r"not accept(?:ing)? (?:any )?(?:mails?|messages)",
        r"mailing list|blocked recipients?|bad ?(?:rcpt|recipient)\w*",
    ),
    _rule(
        Side.POLICY, Reason.POLICY_BLOCK, r"access refused", r"blocked", r"your (?:ip|\w*server)|ip(?= #| address #)"
    ),
)
"""What counts if neither the words nor the codes above say anything."""
