"""Writes python_re.json, what Python 3.11's re says of the patterns below: `python3.11 python_re.py > python_re.json`."""
import json
import re

SEARCHES = [
    (r"^foo=(.*)$", "", "foo=bar\n"), (r"foo$", "", "foo\n"), (r"foo\Z", "", "foo\n"), (r"^b", "m", "a\nb"),
    (r"a$", "m", "a\nb"), (r"a.b", "", "a\nb"), (r"a.b", "s", "a\nb"), (r"(?i)FOO", "", "xfoo"),
    (r"\<tag\>", "", "a <tag> b"), (r"{{ x }}", "", "y {{ x }} z"), (r"a{2}", "", "caab"), (r"a{,2}b", "", "aaab"),
    (r"a{2,}", "", "aaaa"), (r"a{", "", "a{"), (r"a{x}", "", "a{x}"), (r"[]a]+", "", "x]a"), (r"[^]a]+", "", "]xa"),
    (r"[[]x", "", "[x"), (r"[a&&b]+", "", "&&a"), (r"[a~~b]+", "", "~a"), (r"[\w-]+", "", "+a-b+"), (r"[a-]+", "", "--a"),
    (r"[+--]+", "", "+,-."), (r"(?P<n>a)(?P=n)", "", "xaa"), (r"(a)|b", "", "b"), (r"(a)(b)?\1", "", "aba aa"),
    (r"(?<=x)y", "", "yxy"), (r"(?<!x)y", "", "xyy"), (r"a(?!b)", "", "abac"), (r"(?#note)a", "", "ba"),
    (r"(?x) a b # c", "", "ab"), (r"(?x)[ a]+", "", " a "), (r"(?i:A)b", "", "ab AB"), (r"(?s:.)b", "", "\nb"),
    (r"a\.b\-c\/d", "", "a.b-c/d"), (r"\x41\101\n", "", "AA\n"), (r"\"q\"", "", "\"q\""), (r"a++b", "", "aab"),
    (r"(?>a+)b", "", "aab"), (r"(a)?(?(1)b|c)", "", "ab"), (r"(a)?(?(1)b|c)", "", "c"), (r"(?P<q>a)?(?(q)b|c)", "", "c"),
    (r"", "", "abc"), (r"a*", "", "baa"), (r"\bfoo\b", "", "a foo b"), (r"\Bo", "", "oo"), (r"^\s*$", "", "\n"),
    (r"é+", "", "éé"), (r"[é]", "", "é"), (r"\w+", "", "né"), (r".", "", "é"), (r"a|^$", "", ""), (r"(?m)^", "", "a"),
    (r"(", "", "a"), (r")", "", "a"), (r"[a", "", "a"), (r"*a", "", "a"), (r"a**", "", "a"), (r"\q", "", "a"),
    (r"[b-a]", "", "a"), (r"a(?i)b", "", "ab"), ("a\\", "", "a"), (r"(?P<n", "", "a"), (r"\400", "", "a"),
    (r"^\s*#?\s*PermitRootLogin\s+(yes|no)", "", "#PermitRootLogin yes\n"), (r"^[^#]*\[(\w+)\]", "", "[main]\n"),
]
SUBS = [
    (r"x*", "", "-", "abxd"), (r"b+", "", r"<\g<0>>", "abbc"), (r"(a)(b)", "", r"\2\1", "abab"), (r"(?P<k>\w+)=", "", r"\g<k>:", "a=1 b=2"),
    (r"$", "m", "!", "a\nb\n"), (r"^", "m", "> ", "a\nb"), (r"a", "", r"\n\t\\", "a"), (r"a", "", r"\.", "a"), (r"a", "", r"\q", "a"),
    (r"(a)", "", r"\2", "a"), (r"(a)?b", "", r"[\1]", "b"), (r"a", "", r"\g<nope>", "a"), (r"a", "", r"\0", "a"), (r"a", "", r"\101", "a"),
    (r"a", "", "\\", "a"), (r"", "", "-", "é"), (r"(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)", "", r"\11\10", "abcdefghijkl"), (r"(a)", "", r"\g<1>0", "a"),
    (r"a", "", r"$1 ${x}", "a"), (r"foo\n", "", "", "foo\nbar\nfoo\n"),
]


def flags(text):
    return sum((getattr(re, c.upper()) for c in text), re.RegexFlag(0))


def attempt(function):
    try:
        return function()
    except (re.error, IndexError):
        return "error"


rows = {"searches": [], "subs": []}
for kind in ("bytes", "text"):
    cast = (lambda s: s.encode()) if kind == "bytes" else (lambda s: s)
    size = (lambda s: len(s)) if kind == "bytes" else (lambda s: len(s.encode()))
    for pattern, letters, subject in SEARCHES:
        def search():
            found = re.search(cast(pattern), cast(subject), flags(letters))
            whole = cast(subject)
            span = lambda i: None if found.start(i) < 0 else [size(whole[: found.start(i)]), size(whole[: found.end(i)])]
            return found and [span(i) for i in range(found.re.groups + 1)]
        rows["searches"].append([kind, pattern, letters, subject, attempt(search)])
    for pattern, letters, template, subject in SUBS:
        def sub():
            out, count = re.subn(cast(pattern), cast(template), cast(subject), flags=flags(letters))
            return [out.decode(errors="replace") if kind == "bytes" else out, count]
        rows["subs"].append([kind, pattern, letters, template, subject, attempt(sub)])
print("{\n" + ",\n".join(f'"{k}": [\n' + ",\n".join(json.dumps(r, ensure_ascii=False) for r in v) + "\n]" for k, v in rows.items()) + "\n}")
