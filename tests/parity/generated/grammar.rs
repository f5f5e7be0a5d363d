//! Templates of every kind of value, made up from Jinja's grammar and Ansible's filters and tests.

use proptest::prelude::*;
use proptest::strategy::Union;

/// Expressions by the type that they should have. What is made on one level is used by the next.
#[derive(Clone)]
struct Level {
    number: BoxedStrategy<String>,
    text: BoxedStrategy<String>,
    list: BoxedStrategy<String>,
    map: BoxedStrategy<String>,
    truth: BoxedStrategy<String>,
}

fn one(words: &'static [&'static str]) -> BoxedStrategy<String> {
    prop::sample::select(words).prop_map(str::to_owned).boxed()
}

/// `outer` with what `inner` makes in the places of `A`, `B`, `C`.
fn shaped(outer: &'static [&'static str], inner: [&BoxedStrategy<String>; 3]) -> BoxedStrategy<String> {
    let [a, b, c] = inner.map(Clone::clone);
    (prop::sample::select(outer), a, b, c)
        .prop_map(|(shape, a, b, c)| {
            let mut made = String::new();
            for part in shape.chars() {
                match part {
                    'A' => made += &a,
                    'B' => made += &b,
                    'C' => made += &c,
                    other => made.push(other),
                }
            }
            made
        })
        .boxed()
}

fn union(of: Vec<BoxedStrategy<String>>) -> BoxedStrategy<String> {
    Union::new(of).boxed()
}

impl Level {
    fn any(&self) -> BoxedStrategy<String> {
        union(vec![
            self.number.clone(),
            self.text.clone(),
            self.list.clone(),
            self.map.clone(),
            self.truth.clone(),
        ])
    }

    fn leaves() -> Self {
        Level {
            number: one(&[
                "1",
                "0",
                "-3",
                "2.5",
                "answer",
                "pi",
                "numbers[0]",
                "10",
                "lazy",
                "deep.n",
                "100000",
            ]),
            text: one(&[
                "'a'",
                "''",
                "word",
                "name",
                "greeting",
                "path",
                "'a,b,c'",
                "'Ünï'",
                "multi",
                "'1.2.3'",
                "'%s-%s'",
                "spaced",
                "'10'",
                "'yes'",
                "json",
                "unsafe_looking",
                "missing",
                "nothing",
            ]),
            list: one(&[
                "numbers",
                "words",
                "[]",
                "[1, 'a']",
                "people",
                "mixed",
                "lazy_list",
                "nested",
                "[none, true]",
            ]),
            map: one(&["conf", "{}", "{'a': 1}", "people[0]", "lazy_map", "{'a': {'b': [1]}}", "counts"]),
            truth: one(&[
                "true",
                "false",
                "flag",
                "1 == 1",
                "answer is defined",
                "missing is defined",
                "none",
            ]),
        }
    }

    fn next(&self) -> Self {
        let (n, t, l, m, b) = (&self.number, &self.text, &self.list, &self.map, &self.truth);
        let x = &self.any();
        Level {
            number: union(vec![
                n.clone(),
                shaped(NUMBERS, [n, n, b]),
                shaped(
                    &["A | length", "A | wordcount", "A | int", "A | float", "A.count('a')", "A.find('a')"],
                    [t, t, b],
                ),
                shaped(NUMBERS_OF_LISTS, [l, n, n]),
                shaped(&["A | length", "A.get('a', B)", "A | dict2items | length"], [m, n, n]),
            ]),
            text: union(vec![
                t.clone(),
                shaped(TEXTS, [t, t, n]),
                shaped(TEXTS_OF_LISTS, [l, t, n]),
                shaped(TEXTS_OF_ANY, [x, t, b]),
            ]),
            list: union(vec![
                l.clone(),
                shaped(LISTS, [l, l, n]),
                shaped(LISTS_OF_ANY, [x, x, n]),
                shaped(LISTS_OF_TEXTS, [t, t, n]),
                shaped(LISTS_OF_MAPS, [m, t, x]),
            ]),
            map: union(vec![m.clone(), shaped(MAPS, [m, m, x]), shaped(MAPS_OF_OTHERS, [l, t, x])]),
            truth: union(vec![
                b.clone(),
                shaped(TRUTHS, [x, x, b]),
                shaped(TRUTHS_OF_TEXTS, [t, t, b]),
                shaped(TRUTHS_OF_LISTS, [l, x, l]),
            ]),
        }
    }
}

const NUMBERS: &[&str] = &[
    "A + B",
    "A - B",
    "A * B",
    "(A) / B",
    "(A) // B",
    "(A) % B",
    "-A",
    "(A) | abs",
    "(A) | round(1)",
    "(A) | int",
    "[A, B] | max",
    "(A) | round",
    "(A if C else B)",
    "(A) | float",
    "(A) | default(B)",
    "(A) ** 2",
    "+A",
    "(A) | root(2)",
    "(A) | pow(2)",
    "(A) | bool | int",
    "(A, B) | min",
    "(A) | string | length",
    "(A) | round(method='floor') | int",
    "(A) | log(10) | round(3)",
    "(C) | ternary(A, B)",
    "(A) | human_readable | length",
];
const NUMBERS_OF_LISTS: &[&str] = &[
    "A | length",
    "A | sum",
    "A | max",
    "A | min",
    "A[0]",
    "A.index(B)",
    "A.count(B)",
    "A | map('int') | sum",
    "A[-1]",
    "A | first",
    "A | last",
    "A | flatten | length",
    "A | sum(start=B)",
    "A | unique | count",
];
const TEXTS: &[&str] = &[
    "A ~ B",
    "A + B",
    "A | upper",
    "A | lower",
    "A | capitalize",
    "A | title",
    "A | trim",
    "A.strip()",
    "A | replace(B, 'x')",
    "A.replace('a', B)",
    "A | default(B)",
    "A | default(B, true)",
    "A[0:2]",
    "A[::-1]",
    "A | reverse",
    "A | quote",
    "A | b64encode",
    "A | hash('md5')",
    "A | checksum",
    "A | basename",
    "A | dirname",
    "A | regex_replace('[aeiou]', '<\\\\0>')",
    "A | urlencode",
    "A | regex_replace('(a)(.)?', '\\\\2\\\\1')",
    "A | center(9)",
    "A | indent(2)",
    "A | truncate(6)",
    "A | wordwrap(5)",
    "A.title()",
    "A | comment",
    "A | string",
    "A.join(['x', B])",
    "A | first",
    "A[C]",
    "'%s|%s' % (A, B)",
    "A | regex_escape",
    "A | to_uuid",
    "A | indent(first=true)",
    "A.upper()",
    "A.format(B, C)",
    "A.center(12, '*')",
    "A.zfill(5)",
    "A | striptags",
    "A | forceescape",
    "A.splitlines() | join('|')",
    "A | e",
    "A * 2",
    "A.partition('a') | join('/')",
    "A | expandvars",
    "A | regex_search('a.?')",
    "A.ljust(6) ~ '|'",
    "A | wordcount | string",
    "A | regex_replace('^', B)",
    "A.swapcase()",
    "A | b64encode | b64decode",
    "A.rjust(8, '.')",
    "A.expandtabs(4)",
    "A.casefold()",
    "A | win_basename",
    "A | commonpath | default('x')",
    "A | password_hash('sha512', 'saltsalt')",
];
const TEXTS_OF_LISTS: &[&str] = &[
    "A | join",
    "A | join(',')",
    "A | map('string') | join(B)",
    "A | join(', ', attribute='name')",
    "A | first",
    "A[C]",
    "A | string",
    "A | to_json",
    "A | to_nice_json",
    "A | to_yaml",
    "A | to_nice_yaml(indent=2)",
    "A | last",
    "A ~ ''",
    "A | sort | first",
    "A | to_json(sort_keys=true)",
    "A | map('upper') | join",
    "A | random(seed=1) | type_debug",
    "A | map('quote') | join(' ')",
    "A | path_join",
    "A | tojson",
];
const TEXTS_OF_ANY: &[&str] = &[
    "(A) | string",
    "(A) | to_json",
    "(A) | type_debug",
    "A ~ A",
    "'%s' % (A)",
    "'%r' % [A]",
    "(A) | to_nice_json",
    "(A) | to_yaml",
    "(A if C else B)",
    "(C) | ternary(A, B)",
    "'{}'.format(A)",
    "(A) | to_nice_yaml",
    "(A) | default('none', true)",
    "(A) | mandatory",
    "(A) | tojson",
    "(A) | urlencode",
    "A is mapping",
    "(A) | bool",
];
const LISTS: &[&str] = &[
    "A + B",
    "A | sort",
    "A | unique",
    "A | reverse | list",
    "A[1:]",
    "A[:C]",
    "A | flatten",
    "A | flatten(levels=1)",
    "A | map('string') | list",
    "A | select('defined') | list",
    "A | reject('none') | list",
    "A | zip(B) | list",
    "A | batch(2) | list",
    "A | slice(2) | list",
    "A | list",
    "A | union(B) | sort",
    "A | intersect(B) | sort",
    "A | difference(B) | sort",
    "A | symmetric_difference(B) | sort",
    "A | product(B) | list",
    "A | combinations(2) | list",
    "A | select('string') | list",
    "A | selectattr('name', 'defined') | list",
    "A | map(attribute='name') | list",
    "A | rejectattr('age', 'gt', C) | list",
    "A | select('gt', C) | list",
    "A | sort(reverse=true)",
    "A | sort(attribute='name')",
    "A | zip_longest(B, fillvalue=C) | list",
    "A | permutations(2) | list | first",
    "A | map('default', 'x') | list",
    "A | groupby('age') | list",
    "A | map(attribute='name', default='?') | list",
    "A | select | list",
    "A | map('type_debug') | list",
    "[A, B]",
    "A * 2",
    "(A, B)",
    "A | map('length') | list",
    "A | map('upper') | map('lower') | list",
    "A | unique(attribute='age')",
    "A | min | list",
    "A[::2]",
    "A | select('in', B) | list",
    "A | items2dict(key_name='name', value_name='age') | dict2items",
    "A | human_to_bytes | list",
    "A | map('extract', {'a': 1, 1: 'x'}) | list",
    "A | subelements('langs', skip_missing=true)",
    "A | rekey_on_member('name') | list",
    "A | map('combine', {'z': 1}) | list",
    "A | selectattr('age', '==', C)",
    "A | map('regex_replace', 'a', 'b') | list",
    "A | map(attribute='addr.city', default=none) | list",
    "A | sort(case_sensitive=true)",
    "A | random(seed=3) | list | length | list",
];
const LISTS_OF_ANY: &[&str] = &[
    "[A, B]",
    "[A]",
    "(A, B)",
    "[A] + [B]",
    "[A] * 2",
    "[A, B] | unique",
    "[[A], B] | flatten",
    "[A, B] | map('string') | list",
    "(A) | list",
    "[A, B] | map('to_json') | list",
    "range(C) | list",
    "[A, B] | select | list",
    "[A, B] | map('type_debug')",
    "[A, B, A] | unique",
    "range(1, C) | list",
    "range(0, 10, 3) | list",
    "[A, B] | map('bool') | list",
    "[A, B] | reject('defined') | list",
    "[A, B] | sort",
    "[A, B] | map('int') | list",
    "[A, B] | map('float') | list",
    "[A, B] | map('default', 0, true) | list",
    "[(A, B)]",
];
const LISTS_OF_TEXTS: &[&str] = &[
    "A.split(',')",
    "A | split",
    "A | split(B)",
    "A | list",
    "A.split()",
    "A | regex_findall('[a-c]')",
    "A | splitext",
    "A.splitlines()",
    "A.rsplit('.', 1)",
    "A | from_json",
    "A | from_yaml",
    "A.partition(',')",
    "A | from_yaml_all | list",
    "A | batch(2) | list",
    "[A, B] | sort",
    "[A, B] | select('search', 'a') | list",
    "[A, B] | select('match', 'a') | list",
    "A | map('upper') | list",
    "A | regex_search('(a)(.)', '\\\\1', '\\\\2')",
    "A | urlsplit | dict2items",
    "query('lines', 'echo ' ~ (A | quote))",
    "lookup('list', A, B)",
    "q('dict', {'k': A})",
    "query('sequence', 'count=3')",
];
const LISTS_OF_MAPS: &[&str] = &[
    "A | list",
    "A.keys() | list",
    "A.values() | list",
    "A.items() | list",
    "A | dict2items",
    "A | dictsort",
    "A | items | list",
    "A | dictsort(by='value')",
    "A | dict2items(key_name='k', value_name='v')",
    "A | map('upper') | list",
    "A | sort",
    "A | dictsort(reverse=true)",
    "query('dict', A)",
    "A | select('eq', 'a') | list",
    "A.items() | map('first') | list",
    "A.items() | sort",
    "A | length | list",
];
const MAPS: &[&str] = &[
    "A | combine(B)",
    "A | combine(B, recursive=true)",
    "A | combine({'z': C})",
    "A | combine(B, list_merge='append')",
    "dict(A)",
    "dict(A, z=C)",
    "A | dict2items | items2dict",
    "(A | to_json | from_json)",
    "(A | to_yaml | from_yaml)",
    "A | default({})",
    "(A if C else B)",
    "A | combine({'a': {'b': C}}, recursive=true)",
    "{'m': A, 'n': B}",
    "A.copy()",
    "A | combine(B, list_merge='prepend_rp', recursive=true)",
    "[A, B] | combine",
    "A | items2dict",
    "dict(A.items())",
    "(A.update(B), A)[1]",
];
const MAPS_OF_OTHERS: &[&str] = &[
    "{'k': A}",
    "{B: C}",
    "{'k': C, 'l': B}",
    "dict([['a', C]])",
    "dict(a=B, b=A)",
    "A | first",
    "A[0]",
    "dict(A | zip(A))",
    "A | items2dict(key_name='name', value_name='age')",
    "B | from_json",
    "B | from_yaml",
    "dict(A | map('list'))",
    "B | urlsplit",
    "{'k': B} | combine({B: C})",
];
const TRUTHS: &[&str] = &[
    "A == B",
    "A != B",
    "A < B",
    "A in [A, B]",
    "A in B",
    "not C",
    "C and A == A",
    "C or A != A",
    "A is defined",
    "A is none",
    "A is string",
    "A is number",
    "A is mapping",
    "A is sequence",
    "A is iterable",
    "A is sameas(B)",
    "A >= B",
    "(A) | bool",
    "A is boolean",
    "A is integer",
    "A is float",
    "A is truthy",
    "A is falsy",
    "A not in [B]",
    "A is undefined",
    "C",
    "A is truthy(convert_bool=true)",
    "A is callable",
    "1 < (A) | length < 4",
    "A is eq(B)",
    "A is ne B",
    "A is lt(B)",
    "not A is defined",
    "(A and B) is truthy",
];
const TRUTHS_OF_TEXTS: &[&str] = &[
    "A is match('a')",
    "A is search(B)",
    "A is regex('^.a')",
    "A.startswith('a')",
    "A.endswith(B)",
    "A is lower",
    "A is upper",
    "A in B",
    "A is version('1.2', '>=')",
    "'a' in A",
    "A.isdigit()",
    "A is version('1.10', '<', strict=false)",
    "A is abs",
    "A is file",
    "A is match('A', ignorecase=true)",
    "A.isalpha()",
    "A is exists",
    "A is version('1.2.3', version_type='semver')",
    "A is uri",
    "A is urn",
    "A is directory",
    "A is same_file('/')",
    "A is link",
    "A is vault_encrypted",
    "A is escaped",
    "A.isupper() or A.islower()",
    "A is mount",
];
const TRUTHS_OF_LISTS: &[&str] = &[
    "A is subset(C)",
    "A is superset(C)",
    "A is contains(B)",
    "A is all",
    "A is any",
    "B in A",
    "A == C",
    "A | length > 2",
    "A | select('defined') | list | length == 0",
    "B not in A",
    "A is issubset(C)",
    "A < C",
    "A is not any",
    "A[0] == C[0]",
];

/// The variables of every case.
pub const VARS: &str = r#"
answer: 42
pi: 3.25
lazy: "{{ answer + 1 }}"
deep: {n: 7, s: "{{ word }}"}
word: alpha
name: "O'Brien"
greeting: "hello {{ name }}"
path: /etc/ansible/hosts.ini
multi: "line one\nline two\n"
spaced: "  two  words "
json: '{"a": [1, 2.5, null]}'
unsafe_looking: !unsafe "{{ answer }}"
nothing: null
flag: true
numbers: [3, 1, 2, 3]
words: [b, a, C, a]
mixed: [1, "1", true, null, 2.5]
nested: [1, [2, [3, []]], "x"]
lazy_list: ["{{ answer }}", "{{ name | upper }}", ["{{ pi }}"]]
people:
  - {name: ann, age: 30, langs: [c, rust], addr: {city: Oslo}}
  - {name: bob, age: 25, langs: []}
  - {name: cat, age: 30, langs: [go]}
conf: {a: x, b: [1], c: {d: y, e: null}}
counts: {b: 2, a: 1, C: 3}
lazy_map: {one: "{{ answer + 1 }}", two: {deep: "{{ lazy_list[1] }}"}, 3: three}
"#;

/// A made-up template: `(kind, text)`, as oracle.py has them.
pub fn templates() -> impl Strategy<Value = (&'static str, String)> {
    let first = Level::leaves().next();
    let second = first.next();
    let (any, shallow) = (second.any(), first.any());
    let statements = shaped(
        &[
            "{{ A }}",
            "{{ A }}{{ B }}",
            "<{{ A }}>",
            "{{ A }} and {{ B }}",
            "{% if A %}{{ B }}{% else %}no{% endif %}",
            "{% for x in A %}{{ loop.index }}:{{ x }},{% else %}none{% endfor %}",
            "{% set v = A %}{{ v }}",
            "{% set v = A %}{{ [v, v] }}",
            "{% for k, v in (A).items() %}{{ k }}={{ v }};{% endfor %}",
            "{% for x in A if x %}{{ x }}{% endfor %}",
            "{% macro m(p, q=1) %}[{{ p }}{{ q }}]{% endmacro %}{{ m(A) }}{{ m(B, q=2) }}",
            "{% filter upper %}{{ A }}{% endfilter %}",
            "{%- for x in A -%} {{ x }} {%- endfor -%} .",
            "{% set ns = namespace(n=0) %}{% for x in A %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
            "{% for x in A %}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.cycle('a', 'b') }}{% endfor %}",
            "{% set v %}x{{ A }}{% endset %}{{ v }}",
            "{# A #}{{ B }}",
            "{% raw %}{{ A }}{% endraw %}{{ B }}",
            "{% if A is defined and A %}y{% elif B %}z{% endif %}",
            "{% with v = A %}{{ v }}{% endwith %}",
            "{{ A }}\n{{ B }}\n",
        ],
        [&any, &shallow, &shallow],
    );
    prop_oneof![
        4 => any.prop_map(|e| ("template", format!("{{{{ {e} }}}}"))),
        2 => statements.prop_map(|t| ("template", t)),
        2 => second.truth.prop_map(|e| ("condition", e)),
    ]
}
