"""How much a client wants what it names in a list, as in `Accept-Language: de, en;q=0.5` (RFC 9110, 12.4.2). Pure."""


def weight_of(text: str) -> float:
    """Return the weight after a name, such as `q=0.5`, as a number; 1 for nothing, and 0 for what is no weight."""
    name, _, value = text.partition("=")
    if not text.strip():
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
