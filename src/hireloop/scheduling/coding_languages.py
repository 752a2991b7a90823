"""Coding languages, by the names that people have for them, and the one way of writing each: `csharp` for `C#`. Pure.

They are those that code editors colour, under the names that editors have for them.
"""

import re
import unicodedata

from hireloop.wording.phrases import FilledPhrase, phrase

# What else each is called; a name is read in small letters, without blanks, dots and dashes.
_OTHER_NAMES = {
    "any": "anylanguage candidateschoice",
    "abap": "",
    "ada": "",
    "apex": "",
    "apl": "",
    "assembly": "asm assembler assemblylanguage nasm",
    "awk": "gawk",
    "bash": "sh shell shellscript zsh ksh",
    "c": "ansic clang",
    "clojure": "clj clojurescript",
    "cobol": "",
    "coffeescript": "coffee",
    "cpp": "c++ cplusplus cxx cc",
    "crystal": "",
    "csharp": "c# cs .net .netcore dotnet dotnetcore",
    "css": "scss sass less",
    "cuda": "cudac cudac++",
    "d": "dlang",
    "dart": "flutter",
    "delphi": "objectpascal",
    "elixir": "ex",
    "elm": "",
    "erlang": "erl",
    "fortran": "f90",
    "fsharp": "f# fs",
    "gleam": "",
    "go": "golang",
    "graphql": "gql",
    "groovy": "",
    "hack": "hhvm",
    "haskell": "hs",
    "haxe": "",
    "hcl": "terraform",
    "html": "html5",
    "java": "jdk javase",
    "javascript": "js ecmascript node nodejs es6 jsx",
    "json": "",
    "julia": "jl",
    "kotlin": "kt kts",
    "lisp": "commonlisp cl",
    "lua": "luajit",
    "matlab": "octave",
    "nim": "",
    "objective-c": "objectivec objc",
    "ocaml": "ml",
    "pascal": "freepascal",
    "perl": "pl",
    "php": "hhphp",
    "plsql": "pl/sql",
    "postscript": "",
    "powershell": "ps1 pwsh",
    "prolog": "swiprolog",
    "python": "py cpython python3",
    "r": "rlang",
    "racket": "",
    "raku": "perl6",
    "ruby": "rb rails rubyonrails",
    "rust": "rs rustlang",
    "sas": "",
    "scala": "",
    "scheme": "",
    "smalltalk": "",
    "solidity": "sol",
    "sql": "mysql postgresql postgres pgsql sqlite tsql t/sql plpgsql pl/pgsql",
    "swift": "swiftui",
    "tcl": "",
    "typescript": "ts tsx",
    "vbnet": "vb.net visualbasic.net",
    "verilog": "systemverilog",
    "vhdl": "",
    "visual-basic": "visualbasic vb vba",
    "wolfram": "mathematica",
    "xml": "",
    "yaml": "yml",
    "zig": "ziglang",
}
NAMES = tuple(_OTHER_NAMES)
_UNKNOWN = phrase("must be one coding language, or empty. Known are %(names)s")
_NONE = {"none", "n/a", "na", "null"}
_BETWEEN = re.compile(r"[\s._\-]+")
_VERSION = re.compile(r"(?<=[a-z+#])v?\d+$")  # `Python 3.12`, `C++17`


def name_of(text: str) -> str:
    """Return the name under which a coding language is stored, nothing for none; raises ValueError with all names."""
    squeezed = _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())
    if not squeezed or squeezed in _NONE:
        return ""
    known = _BY_ANY_NAME.get(squeezed) or _BY_ANY_NAME.get(_VERSION.sub("", squeezed))
    if known is None:
        raise ValueError(FilledPhrase(_UNKNOWN, names=", ".join(NAMES)))
    return known


_BY_ANY_NAME = {
    _BETWEEN.sub("", name): language
    for language, others in _OTHER_NAMES.items()
    for name in [language, *others.split()]
}
