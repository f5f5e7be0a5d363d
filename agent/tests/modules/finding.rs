//! `find` and `assemble`, each case under both.

use crate::oracle::{self, Case};

/// Files of several kinds, sizes and permissions. One directory has one entry, so that its order is known.
const TREE: &str = r"mkdir -p a/b/c a/.h; printf 'one\012two\012' > a/one.txt; chmod 640 a/one.txt; printf 'x' > a/b/two.log; \
    dd if=/dev/zero of=a/b/c/big bs=1024 count=8 2>/dev/null; ln -s one.txt a/link; printf h > a/.h/hidden";

/// Fragments, one without a newline at its end, one hidden.
const PARTS: &str = r"mkdir d; printf 'one\012' > d/10-a; printf 'two' > d/20-b; printf 'three\012' > d/30-c; \
    printf 'h\012' > d/.hid; mkdir d/40-dir";

const CASES: &[Case] = &[
    (TREE, "find", r#"{"paths": "@/a/b/c"}"#),
    (TREE, "find", r#"{"paths": "@/a", "patterns": "*.txt"}"#),
    (TREE, "find", r#"{"paths": "@/a", "patterns": "*.txt,*.log", "recurse": true}"#),
    (TREE, "find", r#"{"paths": "@/a", "patterns": ["^o.*t$"], "use_regex": true}"#),
    (TREE, "find", r#"{"paths": "@/a/b", "recurse": true, "excludes": "big"}"#),
    (TREE, "find", r#"{"paths": "@/a/b", "recurse": true, "size": "2k", "get_checksum": true}"#),
    (
        TREE,
        "find",
        r#"{"paths": "@/a/b", "recurse": true, "size": "-2k", "checksum_algorithm": "md5", "get_checksum": true}"#,
    ),
    (TREE, "find", r#"{"paths": "@/a", "file_type": "link"}"#),
    (TREE, "find", r#"{"paths": "@/a", "file_type": "directory"}"#),
    (TREE, "find", r#"{"paths": "@/a", "file_type": "directory", "depth": 1, "recurse": true}"#),
    (TREE, "find", r#"{"paths": "@/a/b", "file_type": "any"}"#),
    (TREE, "find", r#"{"paths": "@/a/.h", "hidden": true}"#),
    (TREE, "find", r#"{"paths": "@/a", "contains": "tw"}"#),
    (TREE, "find", r#"{"paths": "@/a", "contains": "wo"}"#),
    (TREE, "find", r#"{"paths": "@/a", "contains": "one.two", "read_whole_file": true}"#),
    (TREE, "find", r#"{"paths": "@/a", "contains": "one\ntwo", "read_whole_file": true}"#),
    (TREE, "find", r#"{"paths": "@/a", "contains": "x", "encoding": "nope"}"#),
    (TREE, "find", r#"{"paths": "@/a", "mode": "0640"}"#),
    (TREE, "find", r#"{"paths": "@/a", "mode": "0004", "exact_mode": false}"#),
    (TREE, "find", r#"{"paths": "@/a", "mode": "u=rw,g=r"}"#),
    (TREE, "find", r#"{"paths": "@/a", "mode": 640}"#),
    (TREE, "find", r#"{"paths": "@/a", "age": "1h"}"#),
    (TREE, "find", r#"{"paths": "@/a", "age": "-1h", "patterns": "one*"}"#),
    (TREE, "find", r#"{"paths": "@/a", "age": "abc"}"#),
    (TREE, "find", r#"{"paths": "@/a", "size": "9q"}"#),
    (TREE, "find", r#"{"paths": "@/a", "limit": 0}"#),
    (TREE, "find", r#"{"paths": "@/a", "limit": 1, "recurse": true}"#),
    (TREE, "find", r#"{"paths": ["@/nowhere", "@/a"]}"#),
    (TREE, "find", r#"{"paths": "@/a", "patterns": "("}"#),
    (PARTS, "assemble", r#"{"src": "@/d", "dest": "@/f"}"#),
    (PARTS, "assemble", r##"{"src": "@/d", "dest": "@/f", "delimiter": "--- \\x41\\n"}"##),
    (PARTS, "assemble", r#"{"src": "@/d", "dest": "@/f", "delimiter": "--", "ignore_hidden": true}"#),
    (PARTS, "assemble", r#"{"src": "@/d", "dest": "@/f", "regexp": "^[12]"}"#),
    (PARTS, "assemble", r#"{"src": "@/d", "dest": "@/f", "regexp": "("}"#),
    (PARTS, "assemble", r#"{"src": "@/d", "dest": "@/f", "mode": "0600"}"#),
    (PARTS, "assemble", r#"{"src": "@/d", "dest": "@/f", "validate": "grep -q one %s"}"#),
    (PARTS, "assemble", r#"{"src": "@/d", "dest": "@/f", "validate": "grep -q nope %s"}"#),
    (PARTS, "assemble", r#"{"src": "@/d", "dest": "@/f", "validate": "true"}"#),
    (PARTS, "assemble", r#"{"src": "@/nowhere", "dest": "@/f"}"#),
    (PARTS, "assemble", r#"{"src": "@/d/10-a", "dest": "@/f"}"#),
    (
        r"mkdir d; printf 'a\012' > d/1; printf 'a\012' > f",
        "assemble",
        r#"{"src": "@/d", "dest": "@/f", "backup": true}"#,
    ),
];

#[test]
fn files_are_found_and_assembled_as_ansible_does() {
    oracle::compare(CASES);
}
