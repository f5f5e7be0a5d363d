//! `git`, each case under both.

use crate::harness::{Agent, CHECK, DIFF, PROGRAM, inner, msg};
use crate::oracle::{self, Case, World};
use std::path::Path;
use std::process::Command;
use warp_agent::wire::Mode;

/// Nothing of this machine's configuration, and the same commits each time.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_COUNT", "3"),
    // Submodules that are directories are refused else.
    ("GIT_CONFIG_KEY_0", "protocol.file.allow"),
    ("GIT_CONFIG_VALUE_0", "always"),
    ("GIT_CONFIG_KEY_1", "init.defaultBranch"),
    ("GIT_CONFIG_VALUE_1", "master"),
    ("GIT_CONFIG_KEY_2", "gpg.ssh.allowedSignersFile"),
    ("GIT_CONFIG_VALUE_2", "../signers"),
    ("GIT_AUTHOR_NAME", "a"),
    ("GIT_AUTHOR_EMAIL", "a@example.com"),
    ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
    ("GIT_COMMITTER_NAME", "a"),
    ("GIT_COMMITTER_EMAIL", "a@example.com"),
    ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
];

/// Three commits on master with tags of both kinds, a branch beside it, a project with a submodule, a signed commit.
const BASE: &str = r#"
git init -q origin; cd origin
echo one > f; git add f; git commit -qm one; git tag light
echo two > f; git commit -qam two; git tag -m two heavy
git checkout -q -b side/way light; echo side > g; git add g; git commit -qm side
git checkout -q master; echo three > f; git commit -qam three
cd ..; git init -q sub; cd sub; echo s > s; git add s; git commit -qm s
cd ..; git init -q super; cd super; git submodule --quiet add ../sub inner; git commit -qm super
cd ..; ssh-keygen -q -t ed25519 -N '' -f key; echo "a@example.com $(cat key.pub)" > signers
git clone -q origin signed; cd signed
git -c gpg.format=ssh -c user.signingKey=../key.pub commit -q -S --allow-empty -m signed
cd ..; rm -rf signed/.git/hooks origin/.git/hooks"#;

/// The commit before the last of master.
const SECOND: &str = "ff9c254787217b6678f15fdfd48dc0e46c0822d1";

/// What a repository is, but for what is never equal.
const TELL: &str = r#"
for d in d sep d/inner; do
    [ -e $d ] || continue
    echo "== $d"; cd $d
    git status -b --porcelain; git rev-parse HEAD; git for-each-ref; git config --local -l
    git log --oneline | wc -l
    [ -e .git ] && find . -name .git -prune -o -type f -printf '%p %m ' -exec head -n1 '{}' ';' | sort
    cd - >/dev/null
done 2>&1
[ -f d/.git ] && cat d/.git
for a in *.tar*; do [ -e $a ] && tar tf $a; done
ls -ld */ | cut -c1-10
true"#;

fn tell(at: &Path) -> String {
    let output = Command::new("sh")
        .args(["-c", TELL])
        .current_dir(at)
        .envs(ENVIRONMENT.iter().copied())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\n', "; ")
}

/// A clone that is up to date.
const CLONED: &str = "git clone -q file://$PWD/origin d";
/// A clone that lacks the last commit.
const BEHIND: &str = "git clone -q file://$PWD/origin d; cd origin; echo four > f; git commit -qam four";

const CASES: &[Case] = &[
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d"}"#),
    ("", "git", r#"{"repo": "file://@/origin", "dest": "@/deep/er/../d/"}"#),
    ("", "git", r#"{"repo": "@/nowhere", "dest": "@/d"}"#),
    ("", "git", r#"{"repo": "@/origin"}"#),
    ("", "git", r#"{"repo": "@/origin", "clone": false}"#),
    ("", "git", r#"{"repo": "@/origin", "clone": false, "version": "heavy"}"#),
    ("", "git", r#"{"repo": "@/origin", "clone": false, "version": "side/way", "dest": "@/d"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "version": "side/way"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "version": "light"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "version": "heavy"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "version": "COMMIT"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "version": "nothing"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "remote": "other"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "bare": true}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "bare": true, "remote": "other"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "depth": 1}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "depth": 1, "version": "side/way"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "depth": 1, "version": "heavy"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "depth": 1, "version": "COMMIT"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "single_branch": true, "version": "side/way"}"#),
    (
        "git -C origin update-ref refs/hidden/x light",
        "git",
        r#"{"repo": "@/origin", "dest": "@/d", "refspec": "+refs/hidden/*:refs/remotes/origin/hidden/*"}"#,
    ),
    ("git clone -q --bare origin ref", "git", r#"{"repo": "@/origin", "dest": "@/d", "reference": "@/ref"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "separate_git_dir": "@/sep"}"#),
    (CLONED, "git", r#"{"repo": "@/origin", "dest": "@/d", "separate_git_dir": "@/sep"}"#),
    (
        "git clone -q file://$PWD/origin d; mkdir sep",
        "git",
        r#"{"repo": "@/origin", "dest": "@/d", "separate_git_dir": "@/sep"}"#,
    ),
    ("mkdir d; echo nonsense > d/.git", "git", r#"{"repo": "@/origin", "dest": "@/d"}"#),
    ("mkdir d; echo 'gitdir: away' > d/.git", "git", r#"{"repo": "@/origin", "dest": "@/d"}"#),
    ("mkdir d; touch d/x", "git", r#"{"repo": "@/origin", "dest": "@/d"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/a/d", "umask": "0077"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "umask": 22}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "umask": "9"}"#),
    (CLONED, "git", r#"{"repo": "@/origin", "dest": "@/d"}"#),
    (CLONED, "git", r#"{"repo": "@/origin", "dest": "@/d", "version": "side/way"}"#),
    (CLONED, "git", r#"{"repo": "@/origin", "dest": "@/d", "version": "heavy"}"#),
    (CLONED, "git", r#"{"repo": "@/origin", "dest": "@/d", "version": "gone"}"#),
    (CLONED, "git", r#"{"repo": "@/origin", "dest": "@/d", "update": false, "version": "light"}"#),
    ("git clone -q origin d", "git", r#"{"repo": "file://@/origin", "dest": "@/d"}"#),
    ("git clone -q origin d; mv origin moved", "git", r#"{"repo": "@/moved", "dest": "@/d"}"#),
    (BEHIND, "git", r#"{"repo": "@/origin", "dest": "@/d"}"#),
    (BEHIND, "git", r#"{"repo": "@/origin", "dest": "@/d", "version": "master"}"#),
    (BEHIND, "git", r#"{"repo": "@/origin", "dest": "@/d", "update": false}"#),
    (
        "git clone -q --depth 1 file://$PWD/origin d; cd origin; echo 4 > f; git commit -qam 4",
        "git",
        r#"{"repo": "@/origin", "dest": "@/d", "depth": 1}"#,
    ),
    (
        "git clone -q --depth 1 file://$PWD/origin d",
        "git",
        r#"{"repo": "@/origin", "dest": "@/d", "depth": 1, "version": "side/way"}"#,
    ),
    (
        "git clone -q --depth 1 file://$PWD/origin d",
        "git",
        r#"{"repo": "@/origin", "dest": "@/d", "depth": 2, "version": "heavy"}"#,
    ),
    (
        "git clone -q file://$PWD/origin d; cd d; git checkout -q light",
        "git",
        r#"{"repo": "@/origin", "dest": "@/d"}"#,
    ),
    ("git clone -q file://$PWD/origin d; echo x > d/f", "git", r#"{"repo": "@/origin", "dest": "@/d"}"#),
    (
        "git clone -q file://$PWD/origin d; echo x > d/f",
        "git",
        r#"{"repo": "@/origin", "dest": "@/d", "force": true}"#,
    ),
    ("git clone -q file://$PWD/origin d; echo x > d/new", "git", r#"{"repo": "@/origin", "dest": "@/d"}"#),
    (
        "git clone -q --bare origin d; cd origin; echo four > f; git commit -qam four",
        "git",
        r#"{"repo": "@/origin", "dest": "@/d", "bare": true}"#,
    ),
    ("", "git", r#"{"repo": "@/super", "dest": "@/d"}"#),
    ("", "git", r#"{"repo": "@/super", "dest": "@/d", "recursive": false}"#),
    ("git clone -q file://$PWD/super d", "git", r#"{"repo": "@/super", "dest": "@/d"}"#),
    (
        "git clone -q --recursive file://$PWD/super d; cd sub; echo t > s; git commit -qam t; cd ../super; \
         git submodule --quiet sync; git -C inner pull -q; git commit -qam up",
        "git",
        r#"{"repo": "@/super", "dest": "@/d"}"#,
    ),
    (
        "git clone -q --recursive file://$PWD/super d; cd sub; echo t > s; git commit -qam t",
        "git",
        r#"{"repo": "@/super", "dest": "@/d", "track_submodules": true}"#,
    ),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "archive": "@/a.tar.gz"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "archive": "@/a.tar", "archive_prefix": "p/"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "archive": "@/a.rar"}"#),
    (
        "git clone -q file://$PWD/origin d; git -C d archive --output $PWD/a.tar HEAD",
        "git",
        r#"{"repo": "@/origin", "dest": "@/d", "archive": "@/a.tar"}"#,
    ),
    (
        "git clone -q file://$PWD/origin d; echo > a.tgz",
        "git",
        r#"{"repo": "@/origin", "dest": "@/d", "update": false, "archive": "@/a.tgz", "version": "light"}"#,
    ),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "verify_commit": true, "version": "heavy"}"#),
    ("", "git", r#"{"repo": "@/signed", "dest": "@/d", "verify_commit": true, "version": "master"}"#),
    ("", "git", r#"{"repo": "@/origin", "dest": "@/d", "executable": "/nowhere/git"}"#),
];

#[test]
fn checkouts_are_brought_to_a_version_as_ansible_brings_them() {
    let cases: Vec<String> = CASES.iter().map(|(_, _, args)| args.replace("COMMIT", SECOND)).collect();
    let cases: Vec<Case<'_>> =
        CASES.iter().zip(&cases).map(|((setup, module, _), args)| (*setup, *module, args.as_str())).collect();
    oracle::compare_in(
        &World {
            python: None,
            environment: ENVIRONMENT,
            base: BASE,
            modes: &[CHECK, DIFF],
            unequal: &[],
            listing: tell,
        },
        &cases,
    );
}

#[test]
fn check_mode_tells_the_difference_and_leaves_names_alone() {
    let dir = tempfile::tempdir().unwrap();
    let sh = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(dir.path()).envs(ENVIRONMENT.iter().copied());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    sh(BASE);
    sh(BEHIND);
    let before = sh("git -C d for-each-ref");
    let mut agent = Agent::start_by(Command::new(PROGRAM).envs(ENVIRONMENT.iter().copied()));
    let at = dir.path().display();
    for version in ["HEAD", "master", "side/way", "heavy"] {
        let args = format!(r#"{{"repo": "{at}/origin", "dest": "{at}/d", "version": "{version}"}}"#);
        let outcome = agent.call_in("git", &args, &Mode { check: true, diff: true });
        assert!(outcome.changed, "{}", msg(&outcome));
        let told = inner(&outcome, "diff", "prepared");
        assert!(told.as_str().unwrap().starts_with("diff --git a/f b/f"), "{told:?}");
    }
    assert_eq!(sh("git -C d for-each-ref"), before);
}
