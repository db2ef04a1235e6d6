"""AWS's patterns are Java's regular expressions: what Python needs to read them."""

import re
from functools import cache

# Unicode categories of Java, as the inside of a character class. The last three are near enough:
# they occur in descriptions, tags and URIs only, where AWS allows almost everything.
_CLASSES = {
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"\p{M}": "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u20d0-\u20ff",
    r"\p{P}": "!-/:-@\\[-`{-~\u00a1-\u00bf\u2010-\u205e\u3001-\u303f",
    r"\p{S}": "$+<-~\u00a2-\u00b8\u20a0-\u2bff",
}
# Characters beyond the basic plane, written as pairs of surrogates.
_SUPPLEMENTARY = (r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff")
# A repeated end of text, by which some shapes repeat their bounds of length.
_REPEATED_END = re.compile(r"\$\{\d+,\d+\}$")


def matches(pattern: str, text: str) -> bool:
    """Return whether all of `text` is as `pattern` (in Java's syntax) says."""
    return compiled(pattern).fullmatch(text) is not None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern of the service model as Python's."""
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(_REPEATED_END.sub("", pattern.replace(*_SUPPLEMENTARY)))
