//! The nearest known name to a misspelt one: for this SDK's own messages, in every language.

/// The known name within two edits of `name`, if there is one.
#[must_use]
pub fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, near)| near)
}
