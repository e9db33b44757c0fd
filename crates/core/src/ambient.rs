//! Time and randomness, injected: with a fixed [`Ambient`] every signature is a golden value.

use std::fmt::Debug;

/// What a client takes from its surroundings.
pub trait Ambient: Debug + Send + Sync {
    /// Unix time in seconds.
    fn now(&self) -> i64;
    /// Fills the buffer from a cryptographically secure generator.
    fn fill(&self, buffer: &mut [u8]);
}

/// The machine's clock and the operating system's generator.
#[derive(Debug, Clone, Copy)]
pub struct System;

impl Ambient for System {
    fn now(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
        let now = std::time::SystemTime::now();
        now.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
    }

    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system gives random bytes");
    }
}

const NONCE_LEN: usize = 32;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A nonce: 32 characters of `[0-9A-Za-z]`, each equally likely.
pub fn nonce(ambient: &dyn Ambient) -> String {
    // 248 = 4 * 62: a byte beyond it would make the first characters likelier, so it is thrown away.
    let mut nonce = String::with_capacity(NONCE_LEN);
    let mut buffer = [0; 48];
    loop {
        ambient.fill(&mut buffer);
        for byte in buffer.iter().filter(|byte| **byte < 248) {
            nonce.push(char::from(ALPHABET[usize::from(byte % 62)]));
            if nonce.len() == NONCE_LEN {
                return nonce;
            }
        }
    }
}

/// A number in `0..=max`, for jitter.
pub(crate) fn up_to(ambient: &dyn Ambient, max: u64) -> u64 {
    let mut bytes = [0; 8];
    ambient.fill(&mut bytes);
    u64::from_le_bytes(bytes) % (max + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_has_no_modulo_bias() {
        let mut counts = std::collections::HashMap::new();
        for _ in 0..4000 {
            let nonce = nonce(&System);
            assert_eq!(nonce.len(), 32);
            for character in nonce.chars() {
                assert!(character.is_ascii_alphanumeric());
                *counts.entry(character).or_insert(0_u32) += 1;
            }
        }
        // 128,000 draws over 62 characters: 2,064 each, standard deviation 45. Bias would give the first eight 25% more.
        assert_eq!(counts.len(), 62);
        assert!(counts.values().all(|count| (1750..2400).contains(count)), "{counts:?}");
    }
}
