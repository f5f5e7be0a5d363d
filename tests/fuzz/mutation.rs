//! Changes to texts: bytes, runs of bytes, words of the languages, and pieces of other texts.

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// What breaks readers.
const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "\n",
    "\n\n",
    "  ",
    "\t",
    ": ",
    "- ",
    "? ",
    "|",
    ">",
    "|+2\n",
    "&a ",
    "*a",
    "!!map ",
    "!vault |\n",
    "<<: ",
    "'",
    "\"",
    "\\",
    "#",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ",",
    "%",
    "@",
    "\0",
    "\r",
    "\u{feff}",
    "\u{85}",
    "é",
    "\u{1f600}",
    "--- ",
    "...",
    "0x",
    "1e999",
    "99999999999999999999999999999999999999999",
    "-",
    "**",
    "//",
    "~",
    "|map('",
    "|int",
    " is ",
    " in ",
    " if ",
    " for ",
    "loop",
    "range(99999999)",
    "*9999999",
    "[0:10]",
    "$ANSIBLE_VAULT;1.1;AES256\n",
    "[a:b]",
    "a[00:99]",
    "a[0:99999999]",
    "a[a:z][a:z][a:z][a:z]",
    "[*a,*a,*a,*a,*a,*a,*a,*a]",
    "'x' * 10**10",
    "range(10**9)",
    " | list",
    " | product(b)",
    "(a+)+$",
    " ** ",
    "{{ m() }}",
    ":children]",
    ":vars]",
    "=",
    "\u{2028}",
    "\\x",
    "\\u",
    "%s",
    "ansible_",
    "null",
    "true",
    "{% raw %}",
    "{% endraw %}",
    "{% macro m() %}",
    "{% endfor %}",
    "{% set x = ",
    "0",
    "_",
    ".",
];

/// The longest input.
const LONGEST: usize = 16 << 10;

/// An endless stream of inputs.
pub struct Mutator {
    random: TestRng,
    texts: Vec<Vec<u8>>,
}

impl Mutator {
    /// Of these texts.
    pub fn new(seed: u64, texts: Vec<Vec<u8>>) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Mutator { random: TestRng::from_seed(RngAlgorithm::ChaCha, &bytes), texts }
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.random.next_u64() % limit.max(1) as u64) as usize
    }

    /// A range of bytes of a text.
    fn range(&mut self, of: &[u8]) -> std::ops::Range<usize> {
        let start = self.below(of.len() + 1);
        let most = if self.below(4) == 0 { of.len() } else { 16 };
        start..(start + self.below(most + 1)).min(of.len())
    }

    /// The next input.
    pub fn next(&mut self) -> Vec<u8> {
        let which = self.below(self.texts.len());
        let mut input = self.texts[which].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let range = self.range(input);
        match self.below(8) {
            0 => drop(input.drain(range)),
            1 if !range.is_empty() => input[range.start] = self.below(256) as u8,
            1..=3 => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(range.start..range.start, word.bytes());
            }
            4 => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(range, word.bytes());
            }
            5 => {
                let piece: Vec<u8> = input[range.clone()].to_vec();
                let times = if self.below(8) == 0 { 400 } else { 1 + self.below(6) };
                input.splice(range.end..range.end, piece.repeat(times));
            }
            6 => {
                let other = self.below(self.texts.len());
                let other = self.texts[other].clone();
                let piece = other[self.range(&other)].to_vec();
                input.splice(range, piece);
            }
            _ => input.truncate(range.start),
        }
    }
}
