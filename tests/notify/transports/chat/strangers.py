"""What strangers may call themselves: names that work as something in a chat, and names that are only names."""

# Each of these is alive in some chat service, or hides what is.
MENTIONS = [
    "@here", "@channel", "@everyone", "@all", "@room", "@online", "@group", "@asha", "@asha.rao",
    "@asha:hire.example", "x@here", ",@channel", "(@everyone)", "@\u200bhere", "\uff20here", "\ufe6bchannel", "@HERE",
    "@here,", "@here:", "<!channel>", "<!here>", "<!everyone>", "<!here|here>", "<!subteam^S0123|team>",
    "<@U024BE7LH>", "<@W1|asha>", "<#C024BE7LR>", "<#C1|general>", "<@&123456789>", "<@!123456789>", "<@123456789>",
    "<#123456789>", "</ban:1>", "@**all**", "@**everyone**", "@_**Asha|7**", "@*recruiters*", "@**topic**",
    "#**hiring**", "#**hiring>today**", '<at user_id="all">', '<at user_id="all"></at>', "<at>Asha</at>",
    '<at id="all"/>', "<at email='a@b.example'></at>", "<users/all>", "<users/123456789>", '@"user id"', "@'all'",
    "{mention-user1}", "~town-square", "#general", "#hiring", "@@here", "@[Asha](user:1)",
    "[@asha](mention://1/asha)", "!room:hire.example", "+group:hire.example", "#a:b.example",
    "<a href='https://matrix.to/#/@asha:hire.example'>x</a>", "https://matrix.to/#/@asha:hire.example",
]  # fmt: skip
LINKS = [
    "[Payroll](http://evil.example)", "[x](<http://evil.example>)", "[x][1]\n\n[1]: http://evil.example",
    "[x]: evil.example", "<http://evil.example|Payroll>", "<http://evil.example>",
    "<https://evil.example|https://hire.example>", "http://evil.example", "HTTPS://EVIL.EXAMPLE",
    "https://evil.example/?a=b&c=d#e", "http://user:pass@evil.example", "evil.example", "www.evil.example",
    "evil.com", "EVIL.COM", "evil.co.uk/pay", "a.b.c.example", "evil.example:8080", "x/evil.com", "(evil.com)",
    "'evil.com'", "evil.com.", "evil.com,x", "evil.com!", "-evil.com", "_evil.com", "evil-.com", "e\u00advil.com",
    "evil\u200b.com", "evil.\u200bcom", "evil\u2060.com", "evil\ufe0f.com", "evil\u034f.com", "evil\uff0ecom",
    "evil\u3002com", "evil\uff61com", "\uff45\uff56\uff49\uff4c\uff0e\uff43\uff4f\uff4d", "b\u00fccher.example",
    "\u4f8b\u3048.\u30c6\u30b9\u30c8", "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
    "\u0916\u0941\u0932\u0947.\u092d\u093e\u0930\u0924", "i\u2764.ws", "\U0001f4a9.la", "xn--e1afmkfd.xn--p1ai",
    "1.2.3.4", "http://[::1]/", "http:evil.example", "http:/evil.example", "http:\\\\evil.example", "//evil.example",
    "mailto:asha@evil.example", "asha@evil.example", "<asha@evil.example>", "<mailto:a@b.example|write>",
    "tel:+491761234567", "+491761234567", "sms:+49176", "javascript:alert(1)", "data:text/html,x",
    "file:///etc/passwd", "xmpp:a@b.example", "slack://open", "tg://resolve?domain=evil", "t.me/evil",
    "hxxp://evil.com", "ftp.evil.com", "evil.com/%0a", "evil.zip", "steam://run/1", "<tel:+49|call>",
    "[\u202eelpmaxe](http://evil.example)", "https://hire.example.evil.com", "https://hire.example@evil.com/",
    "https://hire.example/\u200b@evil.com",
]  # fmt: skip
PICTURES = [
    "![x](http://evil.example/x.png)", "![](evil.example/x.gif)", "![x][y]", "!avatar(asha@evil.example)",
    "!gravatar(asha@evil.example)", "<img src=http://evil.example/x.png>", "<img src=x onerror=alert(1)>",
    "[![x](http://a.example/x.png)](http://b.example)", "http://evil.example/x.png", "<svg onload=alert(1)>",
]  # fmt: skip
BLOCKS = [
    "# heading", "## heading", "#heading", "###### h", "-# small", "> quote", ">>> quote", ">quote", "- item",
    "* item", "+ item", "-", "1. item", "1) item", "999999999. x", "- [ ] task", "---", "***", "___", "===", "- - -",
    "```", "~~~", "```\ncode\n```", "```js x```", "    code", "\tcode", "| a | b |\n|---|---|", "|x|", ":--|--:",
    "\n# heading", "x\r\n> quote", "x\n\n- item", "x\x0b# h", "x\x0c> q", "x\x85- l", "x\u2028# h", "x\u2029> q",
    "x\n---", "x\n===", "/me waves", "/poll a\nb", "/todo", "/giphy x", "/start", "/invite @asha", ":::tip",
    "!!! note", "[^1]: note",
]  # fmt: skip
INLINE = [
    "*bold*", "**bold**", "***x***", "_italic_", "__under__", "~strike~", "~~strike~~", "`code`", "``code``",
    "||spoiler||", "$x^2$", "$$x$$", "\\(x\\)", "\\[x\\]", "==mark==", "^up^", "~down~", "++ins++",
    "{color:red}x{color}", "{{x}}", "${x}", "{% x %}", "{{DATE(2026-12-01,SHORT)}}", "<t:1700000000:R>",
    "<time:2026-12-01T10:00:00Z>", "<!date^1^{date}|x>", ":smile:", ":+1:", ":x:", "::x::", "a:x:b", "<:party:123>",
    "<a:party:123>", ":flag-de:", "2001:db8:100::1", "<b>x</b>", "<i>", "</b>", "<script>alert(1)</script>",
    '<a href="http://evil.example">x</a>', "<!-- x -->", "<br>", "<tg-spoiler>x</tg-spoiler>", "<blockquote>x",
    "<font size=99>x</font>", "<details>", "<card>", "<plaintext>", "&lt;b&gt;", "&#60;b&#62;", "&#x40;here",
    "&commat;here", "&#64;channel", "&amp;lt;", "&colon;x&colon;", "&nbsp;&shy;", "\\*x\\*", "\\", "\\n# h", "%0a%23",
    "\\u0040here", "&#8203;@here", "]", "](http://evil.example)", ")", "|", "`", "*", "**", "_", "__", "~~", "<", ">",
    "&", "[", "*x", "x*", "_x", "x_", "`x", "x`", "[x", "x](y", "$1,000", "$TSLA", "#1", "ABC-123 #456", "r/evil",
    "u/evil", "JIRA-1", "c:\\windows", "@media{}", "<?php ?>", "<![CDATA[x]]>", "*[\u202e]*",
]  # fmt: skip
UNSEEN = [
    "\u202egnp.exe", "\u202dx\u202c", "\u2066x\u2069", "\u2067x\u2069", "\u2068x\u2069", "\u2068x", "x\u2069",
    "\u200ex\u200f", "\u061cx", "a\u200bb", "a\u2060b", "a\ufeffb", "a\u00adb", "\u3164", "a\u115fb", "a\u180eb",
    "\u2800", "a\U000e0041b", "a\x00b", "a\x1b[31mb", "a\x08b", "a\u0300" + "\u0301" * 60, "\ue000", "\ufff9x\ufffbx",
    "\u2063", "a\u200cb", "a\u200db", "\ufe0f", "a\ufe00", "\U000e0100", "\u0378", "\U0001d173",
]  # fmt: skip
PAYLOADS = [*MENTIONS, *LINKS, *PICTURES, *BLOCKS, *INLINE, *UNSEEN]

# Each of these arrives as it was written.
NAMES = [
    "C++", "O'Brien (Jr.)", "R&D", "C#", ".NET", "C#/.NET", "A/B", "C/C++", "F#", "UI/UX", "24/7", "AT&T",
    "Q&A (24/7)", "M\u00fcller-L\u00fcdenscheidt", "D\u2019Angelo", "\u674e\u96f7",
    "\u4f60\u597d\u3002\u6211\u662f\u674e\u96f7", "\u0645\u062d\u0645\u062f",
    "\u092e\u0939\u0930\u094d\u0937\u093f \u0930\u093e\u0935", "\u0915\u094d\u200d\u0937", "Nguy\u1ec5n Th\u1ecb",
    "\u05d3\u05d5\u05d3", "\u0e2a\u0e21\u0e0a\u0e32\u0e22", "\u1112\u1161\u11ab".encode().decode(), "Jos\u00e9",
    "Acme, Inc.", "Sr. Engineer (Python 3.11)", "Yahoo!", "100% remote", "\u201cThe\u201d Company \u2013 Berlin",
    "\u00bfQu\u00e9?", "50 \u20ac", "\u2122", "\U0001f469\u200d\U0001f680 Ann", "\u2764\ufe0f",
    "\U0001f44d\U0001f3fd", "It's 10:30", "x_y", "a=b", "Smith; Jones", "and/or", "either / or", "PL/SQL",
    "Web+Mobile", "\u845b\U000e0100",
]  # fmt: skip
