//! Command lines: each line of an input is a word, the first names the program.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// The programs, as they may be started.
const PROGRAMS: &[&str] = &[
    "warp",
    "ansible",
    "ansible-config",
    "ansible-doc",
    "ansible-inventory",
    "ansible-playbook",
    "ansible-vault",
];

/// What their users write.
pub const SEEDS: &[&str] = &[
    "warp\nplay\n-i\nhosts,\n-e\n@vars.yml\n--tags\na,b\n--forks=5\n-vvv\n--output\ndefault\nplay.yml",
    "warp\nrun\nall\n-m\ncommand\n-a\necho 'x y' creates=/z\n-bK\n--become-user=root",
    "warp\ndeploy\novercloud\n--controllers\n3\n--lwd\n/tmp/x",
    "warp\ninventory\n--list\n--yaml\n--export\n--output\nfile",
    "warp\nvars\nexplain\nname\nhost\n-i\nhosts",
    "warp\nvault\nencrypt_string\n--name\nx\n--vault-id\na@prompt\n--stdin-name\ny",
    "warp\nssh\nundercloud\n--\nls\n-la",
    "warp\nimage\nls\nfile\n/etc",
    "warp\nagent\n--serve",
    "ansible\nall:!b:&c\n-m\nping\n-o\n-t\ndir\n-B\n60\n-P\n2\n-f10\n-e\na=1",
    "ansible-playbook\n--check\n--diff\n-l\n~a.*[0:2]\n--start-at-task=x\n--step\n-J\n--vault-password-file\nf\np.yml",
    "ansible-inventory\n--graph\ngroup\n--vars\n-i\na\n-i\nb,",
    "ansible-vault\nrekey\n--new-vault-id\nx@f\n--ask-vault-pass\na\nb",
    "ansible-doc\n-t\nmodule\n-s\ncopy\n--json\n-l",
    "ansible-config\ndump\n--only-changed\n--format\njson",
];

/// Asks whether it is understood, of the program that it names and of one more.
pub fn read(input: &[u8], _: &Path) {
    let words: Vec<OsString> =
        input.split(|byte| *byte == b'\n').map(|word| OsString::from_vec(word.to_vec())).collect();
    let _ = warp::cli::understood(&words);
    let other = input.iter().fold(0, |sum: usize, byte| sum.wrapping_add(usize::from(*byte)));
    let mut words = words;
    if let (Some(first), Some(program)) = (words.first_mut(), PROGRAMS.get(other % PROGRAMS.len())) {
        *first = OsString::from(*program);
    }
    let _ = warp::cli::understood(&words);
}
