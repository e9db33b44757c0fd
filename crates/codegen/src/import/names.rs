//! Names of components: short where a word is used for one shape only, prefixed by what is around it elsewhere.

use std::collections::{HashMap, HashSet};

use crate::Result;

/// Words that say nothing without what is around them.
const GENERIC: [&str; 13] = [
    "Content", "Data", "Detail", "Info", "Item", "List", "Meta", "Result", "Source", "State", "Status", "Type", "Unit",
];

/// What makes two places share a component.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Key {
    /// The name to begin with.
    pub(crate) own: String,
    /// An object of a reply; objects of requests and replies are never one component.
    pub(crate) reply_object: bool,
    /// The shape as canonical text.
    pub(crate) shape: String,
}

/// A place where a component is needed.
pub(crate) struct Site {
    pub(crate) key: Key,
    /// What can stand before the name, from the outermost in.
    pub(crate) context: Vec<String>,
    /// Whether the place is in a reply.
    pub(crate) reply: bool,
}

struct Group<'a> {
    site: &'a Site,
    uses: usize,
    level: usize,
    suffix: bool,
}

impl Group<'_> {
    fn name(&self) -> String {
        let mut name = self.site.key.own.clone();
        for part in self.site.context.iter().rev().take(self.level) {
            if !name.starts_with(part.as_str()) {
                name.insert_str(0, part);
            }
        }
        if self.suffix { name + "Reply" } else { name }
    }

    /// One step more specific.
    fn specify(&mut self) -> Result<()> {
        self.level += 1;
        if self.level > self.site.context.len() {
            if self.suffix || !self.site.reply {
                return Err(format!("no free name for component {}: rename one of the two", self.name()));
            }
            self.suffix = true;
            self.level = 0;
        }
        Ok(())
    }
}

/// Gives every shape its name: deterministic, and equal for equal sites.
pub(crate) fn resolve(sites: &[Site], reserved: &[String]) -> Result<HashMap<Key, String>> {
    let reserved: HashSet<&str> = reserved.iter().map(String::as_str).collect();
    let mut groups = group(sites);
    loop {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, group) in groups.iter().enumerate() {
            by_name.entry(group.name()).or_default().push(at);
        }
        let clashing: Vec<usize> = by_name
            .iter()
            .filter(|(name, members)| members.len() > 1 || reserved.contains(name.as_str()))
            .flat_map(|(name, members)| {
                let keeps = if reserved.contains(name.as_str()) { None } else { most_used(&groups, members) };
                members.iter().copied().filter(move |member| Some(*member) != keeps)
            })
            .collect();
        if clashing.is_empty() {
            return Ok(groups.iter().map(|group| (group.site.key.clone(), group.name())).collect());
        }
        for at in clashing {
            groups[at].specify()?;
        }
    }
}

fn group(sites: &[Site]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut at: HashMap<&Key, usize> = HashMap::new();
    for site in sites {
        let index = *at.entry(&site.key).or_insert_with(|| {
            let level = usize::from(GENERIC.contains(&site.key.own.as_str()));
            groups.push(Group { site, uses: 0, level, suffix: false });
            groups.len() - 1
        });
        groups[index].uses += 1;
    }
    let elsewhere: HashSet<&str> =
        sites.iter().filter(|site| !site.key.reply_object).map(|site| site.key.own.as_str()).collect();
    for group in &mut groups {
        group.suffix = group.site.key.reply_object && elsewhere.contains(group.site.key.own.as_str());
    }
    groups
}

/// The one that is used more than every other, if there is one.
fn most_used(groups: &[Group], members: &[usize]) -> Option<usize> {
    let most = members.iter().map(|at| groups[*at].uses).max()?;
    let mut winners = members.iter().copied().filter(|at| groups[*at].uses == most);
    winners.next().filter(|_| winners.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::{Key, Site, resolve};

    fn site(own: &str, shape: &str, context: &[&str], reply: bool) -> Site {
        let key = Key { own: own.to_owned(), reply_object: reply, shape: shape.to_owned() };
        Site { key, context: context.iter().map(|part| (*part).to_owned()).collect(), reply }
    }

    fn names(sites: &[Site], reserved: &[&str]) -> Vec<String> {
        let reserved: Vec<String> = reserved.iter().map(|name| (*name).to_owned()).collect();
        let names = resolve(sites, &reserved).unwrap();
        sites.iter().map(|site| names[&site.key].clone()).collect()
    }

    #[test]
    fn one_shape_is_one_name() {
        let sites = [site("Mode", "a", &["Open"], false), site("Mode", "a", &["Close"], false)];
        assert_eq!(names(&sites, &[]), ["Mode", "Mode"]);
    }

    #[test]
    fn the_most_used_shape_keeps_the_short_name() {
        let sites = [
            site("Mode", "b", &["Order", "Refund"], false),
            site("Mode", "a", &["Open"], false),
            site("Mode", "a", &["Close"], false),
        ];
        assert_eq!(names(&sites, &[]), ["RefundMode", "Mode", "Mode"]);
        assert_eq!(names(&sites, &["Mode"]), ["RefundMode", "OpenMode", "OpenMode"]);
        assert_eq!(names(&sites, &["RefundMode"])[0], "OrderRefundMode");
    }

    #[test]
    fn a_reply_object_is_told_from_a_request_object() {
        let sites = [site("Payer", "a", &["Order"], false), site("Payer", "a", &["Order"], true)];
        assert_eq!(names(&sites, &[]), ["Payer", "PayerReply"]);
    }

    #[test]
    fn a_word_that_says_nothing_takes_what_is_around_it() {
        assert_eq!(names(&[site("Status", "a", &["Order"], false)], &[]), ["OrderStatus"]);
    }

    #[test]
    fn without_a_free_name_it_is_an_error() {
        let error = resolve(&[site("Mode", "a", &[], false)], &["Mode".to_owned()]).unwrap_err();
        assert!(error.contains("Mode"), "{error}");
    }
}
