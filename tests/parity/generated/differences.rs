//! Templates on which warp differs from ansible-core knowingly: each entry is one row of docs/compatibility.md.

use fancy_regex::Regex;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::sync::LazyLock;

/// A difference.
pub struct Difference {
    /// The first cell of its row.
    pub reason: &'static str,
    /// Templates that show it; `when: ` begins a conditional.
    pub examples: &'static [&'static str],
    /// Whether it is what these answers differ in.
    is: fn(&Case) -> bool,
}

/// A template and what both make of it; an error is a text, a value is none.
struct Case<'a> {
    text: &'a str,
    theirs: &'a Json,
    ours: &'a Json,
}

impl Case<'_> {
    /// Both errors match, each its own pattern.
    fn errors(&self, theirs: &str, ours: &str) -> bool {
        let is = |answer: &Json, pattern: &str| {
            let pattern = Regex::new(&format!("(?s)^{pattern}$")).unwrap();
            answer["error"].as_str().is_some_and(|error| pattern.is_match(&*plain(error)).unwrap())
        };
        is(self.theirs, theirs) && is(self.ours, ours)
    }

    /// Both give values that are the same after this.
    fn values(&self, as_seen: fn(&str) -> String) -> bool {
        let seen = |answer: &Json| as_seen(&answer["value"].to_string());
        self.theirs["error"].is_null() && self.ours["error"].is_null() && seen(self.theirs) == seen(self.ours)
    }
}

/// Where a failure is told: of a template or expression, or of one of its plugins.
const FRAME: &str = r"(Error rendering (template|expression)|The (filter|test) plugin '[\w.]+' failed): ";

/// All of them.
pub const ALL: &[Difference] = &[
    Difference {
        reason: "names of Ansible's own classes in messages (`_AnsibleLazyTemplateDict`)",
        examples: &["{{ words + answer }}", "{{ conf - 1 }}", "{{ answer[0] }}"],
        is: |case| {
            let said = |answer: &Json| answer["error"].as_str().map(|error| plain(error).into_owned());
            said(case.theirs).is_some() && said(case.theirs) == said(case.ours)
        },
    },
    Difference {
        reason: "place of the value in a broken conditional's message",
        examples: &["when: answer"],
        is: |case| {
            let place = Regex::new(" at '<unknown>(:\\d+:\\d+)?'\\.").unwrap();
            let said =
                |answer: &Json| Some(place.replace(&plain(answer["error"].as_str()?), ".").into_owned());
            let same = said(case.theirs) == said(case.ours);
            same && case.ours["error"].as_str().is_some_and(|error| error.starts_with("Conditional result"))
        },
    },
    Difference {
        reason: "a failed operand of a Python operation",
        examples: &["{{ words + missing }}", "{{ missing in 'text' }}"],
        is: |case| case.errors(".*(UndefinedMarker|CapturedExceptionMarker).*", ".*"),
    },
    Difference {
        reason: "a list times what is no number",
        examples: &["{{ words * 'a' }}"],
        is: |case| {
            case.errors(
                "Error rendering .*: '\\w+' object cannot be interpreted as an integer",
                "Error rendering .*: can't multiply sequence by non-int of type '\\w+'",
            )
        },
    },
    Difference {
        reason: "what is no list, added to a list of variables",
        examples: &["{{ 1 + words }}", "{{ nested | sum }}"],
        is: |case| case.errors(&format!("{FRAME}'NotImplementedType' object is not iterable"), ".*"),
    },
    Difference {
        reason: "a `+` before what is no number",
        examples: &["{{ +'a' }}"],
        is: |case| case.theirs["error"].as_str().is_some_and(|e| e.contains("bad operand type for unary +")),
    },
    Difference {
        reason: "arguments of filters, tests and methods that are too many, too few or unknown",
        examples: &[
            "{{ 1 | upper(2) }}",
            "{{ 'abc' | replace }}",
            "{{ 'abc' | title(x=1) }}",
            "{{ conf.get() }}",
        ],
        is: |case| {
            case.errors(
                &format!(r"{FRAME}[\w.]+\(?\)? (takes|missing|got|expected) .*"),
                &format!(r"{FRAME}(\w+\(\) (takes|got) .*|missing 1 required .*|\w+ expected .*)"),
            )
        },
    },
    Difference {
        reason: "words of errors in regular expressions",
        examples: &["{{ 'a' | regex_search('(') }}"],
        is: |case| {
            let ours = format!("{FRAME}invalid regular expression .*");
            case.errors(&format!("{FRAME}.* at position \\d+.*"), &ours)
        },
    },
    Difference {
        reason: "words of errors in values of YAML",
        examples: &["{{ '{[1]: 2}' | from_yaml }}", "{{ 'a: *x' | from_yaml }}"],
        is: |case| {
            let of = |words: &str| {
                format!(r"The filter plugin 'ansible\.builtin\.from_yaml(_all)?' failed: {words}")
            };
            case.errors(&of(".*in \"<unicode string>\".*"), &of(r".* \(line \d+ column \d+\)"))
        },
    },
    Difference {
        reason: "a tuple as a key of a map",
        examples: &["{{ dict([1] | zip([2]) | zip([3])) }}"],
        is: |case| case.ours["error"].as_str().is_some_and(|e| e.ends_with("unhashable type: 'tuple'")),
    },
    Difference {
        reason: "which of two lists without an order is told first",
        examples: &["{{ [1, 'a'] < [words, 1] | unique }}"],
        is: |case| {
            let told = Regex::new("'(.)' not supported between instances of '(\\w+)' and '(\\w+)'$").unwrap();
            let parts = |answer: &Json| {
                let error = plain(answer["error"].as_str()?).into_owned();
                let found = told.captures(&*error).unwrap()?;
                let part = |i: usize| found.get(i).map(|part| part.as_str().to_owned());
                Some((part(1)?, part(2)?, part(3)?))
            };
            let (Some(theirs), Some(ours)) = (parts(case.theirs), parts(case.ours)) else { return false };
            theirs.0 != ours.0 && theirs.1 == ours.2 && theirs.2 == ours.1
        },
    },
    Difference {
        reason: "`urlsplit` of nothing",
        examples: &["{{ none | urlsplit }}"],
        is: |case| {
            let nothing =
                "urlsplit' failed: '(NoneType|bool|int|float|list|dict)' object has no attribute 'decode'";
            let said = |answer: &Json| answer["error"].as_str().map(str::to_owned).unwrap_or_default();
            Regex::new(nothing).unwrap().is_match(&*said(case.ours)).unwrap()
                && said(case.theirs) != said(case.ours)
        },
    },
    Difference {
        reason: "an unknown filter or test in the condition of an `if`",
        examples: &["{% if 1 | nosuch %}{% endif %}", "{{ 1 if 1 is nosuch else 2 }}"],
        is: |case| {
            case.errors(
                r"Error rendering template: No (filter|test) named '.*' found\.",
                r"Syntax error in template: No (filter|test) named '.*'\.",
            )
        },
    },
    Difference {
        reason: "`union`, `intersect`, `difference`, `symmetric_difference` of hashable items",
        examples: &[],
        is: |case| {
            let filters = ["union(", "intersect(", "difference("];
            let unordered =
                "The filter plugin 'ansible.builtin.(sort|min|max)' failed: .* not supported between .*";
            filters.iter().any(|filter| case.text.contains(filter)) && case.errors(unordered, unordered)
        },
    },
    Difference {
        reason: "words of rare syntax errors",
        examples: &["when: 'Ünï' is match(''Ünï'')"],
        is: |case| !case.text.is_ascii() && case.errors("Syntax error in .*", "Syntax error in .*"),
    },
    Difference {
        reason: "`a is b is c`",
        examples: &["{{ 1 is defined is defined }}"],
        is: |case| case.theirs["error"].as_str().is_some_and(|e| e.contains("cannot chain multiple tests")),
    },
    Difference {
        reason: "`x is TEST not in y`",
        examples: &["{{ 'urn:a' is urn not in [1] }}"],
        is: |case| {
            let taken = Regex::new(r"is \w+(\(.*\))? (not )?in ").unwrap();
            taken.is_match(case.text).unwrap()
                && [case.ours, case.theirs].iter().any(|answer| {
                    let error = answer["error"].as_str().unwrap_or_default();
                    error.contains("() takes ")
                        || error.contains("'in' is undefined")
                        || error.contains("Syntax error")
                })
        },
    },
    Difference {
        reason: "`true` and `1`, or `1` and `1.0`, as keys of one map",
        examples: &["{{ {1: 'a', true: 'b'} | length }}"],
        is: |case| {
            let keys = ["mixed", "true", "1"];
            let maps = ["zip(", "{", "items2dict", "dict("];
            keys.iter().any(|key| case.text.contains(key))
                && maps.iter().any(|map| case.text.contains(map))
                && case.theirs["error"].is_null()
                && case.ours["error"].is_null()
        },
    },
    Difference {
        reason: "text that was escaped for HTML",
        examples: &["{{ ('<' | e) | type_debug }}", "{{ ('<' | e) is escaped }}"],
        is: |case| {
            let made = Regex::new(r"\| *(e|escape|forceescape|tojson|xmlattr)\b").unwrap();
            let refused = ["a string or stream input is required", "cannot represent an object"];
            let refused = |answer: &Json| {
                answer["error"].as_str().is_some_and(|e| refused.iter().any(|words| e.contains(words)))
            };
            let asked = case.text.contains("is escaped")
                && case.values(|shown| shown.to_lowercase().replace("true", "false"));
            made.is_match(case.text).unwrap() && (asked || refused(case.theirs))
                || made.is_match(case.text).unwrap()
                    && case.values(|shown| {
                        let mut shown = shown.replace("Markup", "str");
                        loop {
                            let opened =
                                shown.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
                            let opened = opened
                                .replace("&#34;", "\\\"")
                                .replace("&#39;", "'")
                                .replace("&quot;", "\\\"");
                            if opened == shown {
                                return shown;
                            }
                            shown = opened;
                        }
                    })
        },
    },
    Difference {
        reason: "a number as a path",
        examples: &[],
        is: |case| {
            let asked = Regex::new(r"is (is_)?(exists|file|directory|same_file)\b").unwrap();
            asked.is_match(case.text).unwrap()
                && case.values(|shown| shown.to_lowercase().replace("true", "false"))
        },
    },
];

/// An error with the names of Python's types instead of Ansible's classes for them.
fn plain(error: &str) -> Cow<'_, str> {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(ansible\.[\w.]+\.)?_Ansible(Tagged|LazyTemplate|LazyAccess)(\w+)|markupsafe\.Markup|Markup",
        )
        .unwrap()
    });
    CLASS.replace_all(error, |found: &fancy_regex::Captures<str>| {
        found.get(3).map_or("str".to_owned(), |class| class.as_str().to_lowercase())
    })
}

/// The reasons for which two answers may differ.
pub fn all(text: &str, theirs: &Json, ours: &Json) -> Vec<&'static str> {
    let case = Case { text, theirs, ours };
    ALL.iter().filter(|known| (known.is)(&case)).map(|known| known.reason).collect()
}

/// The first of them.
pub fn known(text: &str, theirs: &Json, ours: &Json) -> Option<&'static str> {
    all(text, theirs, ours).first().copied()
}
