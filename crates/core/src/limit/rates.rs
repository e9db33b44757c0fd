//! What may be sent per second: of everything, and of classes of operations.

use crate::error::Error;
use crate::operation::{all_namespaces, not_built_in, operations, operations_in};
use crate::suggest::closest;

/// Slower than a call in a quarter of an hour, or faster than any platform, is a mistake.
const BOUNDS: std::ops::RangeInclusive<f64> = 0.001..=1_000_000.0;

/// The option `rate_limit`: `50`, or `50, pay=20, pay.partner=5`.
///
/// A class is the beginning of operation ids, up to a dot, or a whole id. The longest that fits holds, and it alone: what
/// a class sends does not count for the others. The number without a class holds for everything else.
#[derive(Debug, PartialEq)]
pub(crate) struct Rates(Vec<Class>);

#[derive(Debug, PartialEq)]
pub(super) struct Class {
    /// Empty for everything else.
    pub(super) name: String,
    /// Calls per second.
    pub(super) rate: f64,
}

impl Rates {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut classes: Vec<Class> = Vec::new();
        for part in text.split(',') {
            let (name, number) = part.split_once('=').map_or(("", part), |(name, number)| (name.trim(), number));
            if part.contains('=') {
                check_name(name)?;
            }
            let rate = rate(number)?;
            if classes.iter().any(|class| class.name == name) {
                let of = if name.is_empty() { "all operations" } else { name };
                return Err(bad(&format!("limits {of} twice")));
            }
            classes.push(Class { name: name.to_owned(), rate });
        }
        Ok(Self(classes))
    }

    /// The class of an operation, or of a request that is none; none if it has no limit.
    pub(super) fn class_of(&self, operation: Option<&str>) -> Option<usize> {
        let fits = |class: &Class| class.name.is_empty() || operation.is_some_and(|id| belongs(id, &class.name));
        let fitting = self.0.iter().enumerate().filter(|(_, class)| fits(class));
        fitting.max_by_key(|(_, class)| class.name.len()).map(|(at, _)| at)
    }

    pub(super) fn classes(&self) -> &[Class] {
        &self.0
    }
}

fn belongs(id: &str, class: &str) -> bool {
    id.strip_prefix(class).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A class to which nothing belongs is misspelt: it would limit nothing. One whose table is not built in passes, since
/// programs with other features may read the same configuration.
fn check_name(name: &str) -> Result<(), Error> {
    if operations_in(name).next().is_some() || not_built_in(name).is_some() {
        return Ok(());
    }
    let beginnings = |id: &'static str| {
        let dots = id.match_indices('.').map(|(at, _)| &id[..at]);
        dots.chain([id])
    };
    let built_in = operations().iter().flat_map(|operation| beginnings(operation.id));
    let near = closest(name, all_namespaces().chain(built_in));
    let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Err(bad(&format!("names the class {name}, with which no operation's id begins{hint}")))
}

fn rate(text: &str) -> Result<f64, Error> {
    let number = text.trim();
    let number = number.strip_suffix("/s").unwrap_or(number);
    number.parse().ok().filter(|rate| BOUNDS.contains(rate)).ok_or_else(|| {
        bad("must be calls per second, from 0.001 to 1000000, like 50, or 50, pay=20 with classes of operations")
    })
}

fn bad(problem: &str) -> Error {
    Error::config("rate_limit", "bad_rate_limit", problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn the_longest_class_that_fits_holds() {
        let rates = Rates::parse("50, goldplan=20/s,goldplan.merchants = 0.5 ").expect("rates");
        let name = |operation| rates.class_of(operation).map(|at| (&*rates.0[at].name, rates.0[at].rate));
        assert_eq!(name(Some("goldplan.merchants.change_custom_page_status")), Some(("goldplan.merchants", 0.5)));
        assert_eq!(name(Some("goldplan.merchants")), Some(("goldplan.merchants", 0.5)));
        assert_eq!(name(Some("goldplan.merchants_of.others")), Some(("goldplan", 20.0)));
        assert_eq!(name(Some("goldplans.list")), Some(("", 50.0)));
        assert_eq!(name(None), Some(("", 50.0)));
        assert_eq!(Rates::parse("goldplan=1").expect("rates").class_of(Some("pay.x")), None);
    }

    #[test]
    fn what_limits_nothing_or_is_no_rate_is_refused() {
        for (text, says) in [
            ("", "must be calls per second"),
            ("0", "must be calls per second"),
            ("-1", "must be calls per second"),
            ("nan", "must be calls per second"),
            ("inf", "must be calls per second"),
            ("fast", "must be calls per second"),
            ("20/m", "must be calls per second"),
            ("5,", "must be calls per second"),
            ("goldplan=", "must be calls per second"),
            ("5, 6", "limits all operations twice"),
            ("goldplan=5, goldplan=6", "limits goldplan twice"),
            ("gold=5", "names the class gold, "),
            ("=5", "names the class , "),
            ("goldplan.=5", "names the class goldplan., "),
            ("goldplam=5", "did you mean goldplan?"),
        ] {
            let error = Rates::parse(text).expect_err(text);
            assert_eq!((error.kind(), error.code()), (ErrorKind::Config, "bad_rate_limit"), "{text}");
            assert!(error.message().contains(says), "{text}: {error}");
        }
    }
}
