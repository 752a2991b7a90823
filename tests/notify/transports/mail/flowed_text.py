"""How a mail program reads flowed text."""


def joined(text: str) -> str:
    """Read flowed text as RFC 3676, 4.1 and 4.4 say, without quotes."""
    unstuffed = (line.removeprefix(" ") for line in text.split("\n"))
    return "".join(line if line.endswith(" ") else f"{line}\n" for line in unstuffed).removesuffix("\n")
