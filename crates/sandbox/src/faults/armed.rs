//! Faults that are armed, and the calls that run into them.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Fault;
use crate::host::Host;

/// Which calls a fault is for; what is left out matches everything.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    operation: Option<String>,
    method: Option<String>,
    path: Option<String>,
    host: Option<Host>,
    /// A text in the target or the body: what is called by a number of its own can be told from all others.
    contains: Option<String>,
}

/// What is known of a request when a fault may strike it; of the body perhaps only a part.
pub(crate) struct Seen<'a> {
    pub(crate) host: Host,
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) operation: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

impl Rule {
    fn matches(&self, seen: &Seen<'_>) -> bool {
        let path = seen.target.split_once('?').map_or(seen.target, |(path, _)| path);
        let holds = |wanted: &str| {
            seen.target.contains(wanted) || seen.body.windows(wanted.len()).any(|part| part == wanted.as_bytes())
        };
        self.operation.as_deref().is_none_or(|wanted| seen.operation == Some(wanted))
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(seen.method))
            && self.path.as_deref().is_none_or(|wanted| wanted == path)
            && self.host.is_none_or(|wanted| wanted == seen.host)
            && self.contains.as_deref().is_none_or(holds)
    }
}

/// The body of `POST /faults`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[serde(default, rename = "match")]
    rule: Rule,
    times: Option<u64>,
    fault: Value,
}

/// A fault and the calls it is still for.
struct Armed {
    id: u64,
    rule: Rule,
    /// Calls left; `None` until it is taken away.
    times: Option<u64>,
    fault: Arc<Named>,
    order: Value,
}

/// A fault with the name of its kind, for the journal.
pub(crate) struct Named {
    pub(crate) kind: String,
    pub(crate) fault: Fault,
}

/// All armed faults, in the order in which they came.
#[derive(Default)]
pub(crate) struct Faults {
    last_id: u64,
    armed: Vec<Armed>,
}

impl Faults {
    /// Arms what `POST /faults` describes. Gives its id and the fault.
    pub(crate) fn arm(&mut self, order: Value, knows: impl Fn(&str) -> bool) -> Result<(u64, Arc<Named>), String> {
        let Order { rule, times, fault } = serde_json::from_value(order.clone()).map_err(|error| error.to_string())?;
        if let Some(id) = rule.operation.as_deref().filter(|id| !knows(id)) {
            return Err(format!("match.operation {id:?} is not in spec/"));
        }
        if times == Some(0) {
            return Err("times must be at least 1".to_owned());
        }
        if rule.contains.as_deref() == Some("") {
            return Err("match.contains must not be empty".to_owned());
        }
        let kind = fault["kind"].as_str().unwrap_or_default().to_owned();
        let fault = Fault::parse(fault, rule.host)?;
        let refused = matches!(fault, Fault::Refused { .. });
        if refused
            && (times.is_some()
                || rule.operation.is_some()
                || rule.method.is_some()
                || rule.path.is_some()
                || rule.contains.is_some())
        {
            return Err("refused closes a listener until DELETE /faults or POST /reset: \
                        it takes match.host and nothing else"
                .to_owned());
        }
        self.last_id += 1;
        let id = self.last_id;
        let fault = Arc::new(Named { kind, fault });
        let times = if refused { None } else { Some(times.unwrap_or(1)) };
        self.armed.push(Armed { id, rule, times, fault: Arc::clone(&fault), order });
        Ok((id, fault))
    }

    /// Whether any strikes before the whole body is there.
    pub(crate) fn early(&self) -> bool {
        self.armed.iter().any(|armed| armed.fault.fault.is_early())
    }

    /// The first armed fault that is for this call, used up by one; `early`: of those that strike before the whole body
    /// is there.
    pub(crate) fn take(&mut self, seen: &Seen<'_>, early: bool) -> Option<Arc<Named>> {
        let at = self.armed.iter().position(|armed| {
            armed.times.is_some() && armed.fault.fault.is_early() == early && armed.rule.matches(seen)
        })?;
        let armed = &mut self.armed[at];
        let fault = Arc::clone(&armed.fault);
        armed.times = armed.times.map(|times| times - 1);
        if armed.times == Some(0) {
            self.armed.remove(at);
        }
        Some(fault)
    }

    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    /// Takes one away. Whose listener may open again: of one that was refused, unless another fault refuses it, too.
    pub(crate) fn disarm(&mut self, id: u64) -> Option<Host> {
        let at = self.armed.iter().position(|armed| armed.id == id)?;
        let refused = |armed: &Armed| match armed.fault.fault {
            Fault::Refused { host } => Some(host),
            _ => None,
        };
        let host = refused(&self.armed.remove(at))?;
        (!self.armed.iter().any(|armed| refused(armed) == Some(host))).then_some(host)
    }

    /// What `GET /faults` shows: the orders, `times` counted down.
    pub(crate) fn list(&self) -> Value {
        let show = |armed: &Armed| {
            json!({
                "id": armed.id,
                "match": armed.order.get("match").cloned().unwrap_or_else(|| json!({})),
                "times": armed.times,
                "fault": armed.order["fault"],
            })
        };
        self.armed.iter().map(show).collect()
    }
}
