//! Random choices as Python's `random` module makes them: with a seed the same ones, by the same Mersenne Twister.

use super::fail::{Fail, R};
use super::val::Val;
use sha2::{Digest, Sha512};

/// A source of random numbers.
pub(crate) enum Source {
    /// The system's.
    System,
    /// The same for the same seed.
    Seeded(Box<Twister>),
}

impl Source {
    /// Python's `Random(seed)`; without a seed, `SystemRandom`.
    pub(crate) fn new(seed: Option<&Val>) -> R<Source> {
        let key = match seed {
            None | Some(Val::None) => return Ok(Source::System),
            Some(Val::Int(i)) => words(&i.unsigned_abs().to_be_bytes()),
            Some(Val::Bool(b)) => vec![u32::from(*b)],
            Some(Val::Float(f)) => words(&hash_of(*f).to_be_bytes()),
            Some(Val::Str(s)) => {
                let mut bytes = s.as_bytes().to_vec();
                bytes.extend(Sha512::digest(s.as_bytes()));
                words(&bytes)
            }
            Some(Val::Marker(f)) => return Err(f.clone()),
            Some(_) => {
                return Err(Fail::new(
                    "The only supported seed types are: None,\nint, float, str, bytes, and bytearray.",
                ));
            }
        };
        Ok(Source::Seeded(Box::new(Twister::new(&key))))
    }

    fn word(&mut self) -> R<u32> {
        match self {
            Source::System => getrandom::u32().map_err(|e| Fail::new(format!("no random numbers: {e}"))),
            Source::Seeded(twister) => Ok(twister.next()),
        }
    }

    /// A number of so many bits.
    fn bits(&mut self, count: u32) -> R<u128> {
        let mut made = 0;
        for place in (0..count).step_by(32) {
            let word = self.word()? >> 32u32.saturating_sub(count - place);
            made |= u128::from(word) << place;
        }
        Ok(made)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> R<usize> {
        let bits = usize::BITS - limit.leading_zeros();
        loop {
            let number = self.bits(bits)?;
            if number < limit.max(1) as u128 {
                return Ok(number as usize);
            }
        }
    }
}

/// A big number's 32-bit words, least first, without zeros at its end.
fn words(big_endian: &[u8]) -> Vec<u32> {
    let mut words: Vec<u32> =
        big_endian.rchunks(4).map(|chunk| chunk.iter().fold(0, |sum, b| sum << 8 | u32::from(*b))).collect();
    while words.len() > 1 && words.last() == Some(&0) {
        words.pop();
    }
    words
}

/// Python's `hash` of a float, as the unsigned number of the same bits.
fn hash_of(f: f64) -> u64 {
    const PRIME: u64 = (1 << 61) - 1;
    if f.is_infinite() {
        return if f > 0.0 { 314_159 } else { (-314_159i64) as u64 };
    }
    // mantissa * 2^exponent, modulo the prime: doubling is a rotation of 61 bits.
    let bits = f.abs().to_bits();
    let raw = (bits >> 52) as i64;
    let mantissa = bits & ((1 << 52) - 1) | if raw == 0 { 0 } else { 1 << 52 };
    let turns = (raw.max(1) - 1075).rem_euclid(61) as u32;
    let folded = mantissa % PRIME;
    let turned = ((folded << turns) | folded.checked_shr(61 - turns).unwrap_or(0)) & PRIME;
    match f < 0.0 {
        // Python's -1 means an error.
        true if turned == 1 => (-2i64) as u64,
        true => (turned as i64).wrapping_neg() as u64,
        false => turned,
    }
}

const SIZE: usize = 624;
const MIDDLE: usize = 397;

/// MT19937.
pub(crate) struct Twister {
    state: [u32; SIZE],
    at: usize,
}

#[expect(clippy::indexing_slicing, reason = "every index is a remainder of the array's size")]
impl Twister {
    fn new(key: &[u32]) -> Twister {
        let mut state = [0u32; SIZE];
        state[0] = 19_650_218;
        for i in 1..SIZE {
            state[i] =
                1_812_433_253u32.wrapping_mul(state[i - 1] ^ state[i - 1] >> 30).wrapping_add(i as u32);
        }
        let mut i = 1;
        let mut mixed = |i: &mut usize, factor: u32, plus: u32, minus: u32| {
            let before = state[*i - 1];
            state[*i] = (state[*i] ^ (before ^ before >> 30).wrapping_mul(factor))
                .wrapping_add(plus)
                .wrapping_sub(minus);
            *i += 1;
            if *i >= SIZE {
                state[0] = state[SIZE - 1];
                *i = 1;
            }
        };
        for j in (0..key.len().max(1)).cycle().take(SIZE.max(key.len())) {
            mixed(&mut i, 1_664_525, key.get(j).copied().unwrap_or(0).wrapping_add(j as u32), 0);
        }
        for _ in 1..SIZE {
            let minus = i as u32;
            mixed(&mut i, 1_566_083_941, 0, minus);
        }
        state[0] = 0x8000_0000;
        Twister { state, at: SIZE }
    }

    fn next(&mut self) -> u32 {
        if self.at >= SIZE {
            for i in 0..SIZE {
                let y = self.state[i] & 0x8000_0000 | self.state[(i + 1) % SIZE] & 0x7fff_ffff;
                let twist = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[i] = self.state[(i + MIDDLE) % SIZE] ^ y >> 1 ^ twist;
            }
            self.at = 0;
        }
        let mut y = self.state[self.at % SIZE];
        self.at += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c_5680;
        y ^= y << 15 & 0xefc6_0000;
        y ^ y >> 18
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python gives for `Random(seed)`: `[r._randbelow(1000) for _ in range(3)]`.
    #[test]
    fn seeds_give_what_python_gives() {
        let cases = [
            (Val::str("foo"), [465, 737, 282]),
            (Val::str(""), [983, 465, 609]),
            (Val::Int(42), [654, 114, 25]),
            (Val::Int(-5_000_000_000), [88, 977, 621]),
            (Val::Float(2.0), [978, 883, 970]),
            (Val::Float(-0.1), [931, 570, 437]),
            (Val::Float(1e300), [267, 38, 69]),
        ];
        for (seed, wanted) in cases {
            let mut source = Source::new(Some(&seed)).unwrap();
            let got = [(); 3].map(|()| source.below(1000).unwrap());
            assert_eq!(got, wanted);
        }
    }
}
