//! Random text without modulo bias.

use aws_lc_rs::rand;

/// Fills `bytes` from the system's generator.
pub(crate) fn fill(bytes: &mut [u8]) {
    rand::fill(bytes).expect("the operating system gives random bytes");
}

/// `length` characters of `[0-9A-Za-z]`.
pub(crate) fn alphanumeric(length: usize) -> String {
    text(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", length)
}

/// `length` decimal digits.
pub(crate) fn digits(length: usize) -> String {
    text(b"0123456789", length)
}

/// `length` upper-case hex digits.
pub(crate) fn hex(length: usize) -> String {
    text(b"0123456789ABCDEF", length)
}

fn text(alphabet: &[u8], length: usize) -> String {
    // A byte from the incomplete last round of the alphabet is thrown away: it would favour the first letters.
    let limit = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut pool = [0; 64];
    while text.len() < length {
        fill(&mut pool);
        let fair = pool.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < limit);
        text.extend(fair.take(length - text.len()).map(|byte| char::from(alphabet[byte % alphabet.len()])));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_as_likely() {
        let drawn = alphanumeric(62 * 1000);
        for letter in ('0'..='9').chain('A'..='Z').chain('a'..='z') {
            let count = drawn.chars().filter(|other| *other == letter).count();
            assert!((800..1200).contains(&count), "{letter} came {count} times of 1000");
        }
    }
}
