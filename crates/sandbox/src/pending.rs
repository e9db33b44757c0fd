//! What the platform has taken on and not ended yet, and whom it tells when it has.

use serde_json::Value;

use crate::business::Business;
use crate::{refunds, sharing, transfers};

/// Seconds of the business clock that refunds, profit sharing and batches of transfers take. An assumption: the documents
/// only say that they do not end at once.
pub(crate) const TAKES: i64 = 10;

/// What ends later.
pub(crate) struct Pending {
    pub(crate) work: Work,
    /// The platform's own number of it.
    pub(crate) id: String,
    /// The merchant's number of it, by which the admin listener calls it.
    pub(crate) number: String,
    /// In Unix seconds of the business clock, where nobody ends it before.
    pub(crate) due: i64,
    /// How it ends then.
    pub(crate) outcome: &'static str,
    /// Who is told; empty: nobody.
    pub(crate) notify_url: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Refund,
    Sharing,
    Return,
    Bill,
    Batch,
}

/// A notification that is to be sent.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(crate) event_type: &'static str,
    pub(crate) original_type: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) resource: Value,
    pub(crate) url: String,
}

/// Everything that is pending, and the notices that nobody has sent yet.
#[derive(Default)]
pub(crate) struct Schedule {
    pending: Vec<Pending>,
    notices: Vec<Notice>,
}

impl Schedule {
    pub(crate) fn add(&mut self, pending: Pending) {
        self.pending.push(pending);
    }

    /// Takes one away that somebody else has ended.
    pub(crate) fn remove(&mut self, work: Work, id: &str) -> Option<Pending> {
        let at = self.pending.iter().position(|pending| pending.work == work && pending.id == id)?;
        Some(self.pending.remove(at))
    }

    pub(crate) fn tell(&mut self, notice: Notice) {
        self.notices.push(notice);
    }
}

impl Business {
    /// Ends what is due by the business clock.
    pub(crate) fn end_due(&mut self) {
        let now = self.now();
        while let Some(at) = self.schedule.pending.iter().position(|pending| pending.due <= now) {
            let pending = self.schedule.pending.remove(at);
            let outcome = pending.outcome;
            let ended = self.end(&pending, outcome);
            ended.expect("an outcome that is scheduled is a documented one");
        }
    }

    /// Ends the one that the merchant calls by this number, or all, in the way that is wanted: well, where none is named.
    pub(crate) fn end_now(&mut self, number: Option<&str>, outcome: Option<&str>) -> Result<(), String> {
        let wanted = |pending: &Pending| number.is_none_or(|number| pending.number == number);
        let chosen: Vec<(Work, String)> = {
            let chosen = self.schedule.pending.iter().filter(|pending| wanted(pending));
            chosen.map(|pending| (pending.work, pending.id.clone())).collect()
        };
        if let (Some(number), true) = (number, chosen.is_empty()) {
            return Err(format!("nothing is pending under the number {number:?}"));
        }
        for (work, id) in chosen {
            let Some(pending) = self.schedule.remove(work, &id) else { continue };
            if let Err(problem) = self.end(&pending, outcome.unwrap_or("SUCCESS")) {
                self.schedule.add(pending);
                return Err(problem);
            }
        }
        Ok(())
    }

    fn end(&mut self, pending: &Pending, outcome: &str) -> Result<(), String> {
        let ended = match pending.work {
            Work::Refund => refunds::end(self, pending, outcome),
            Work::Sharing => sharing::end(self, pending, outcome),
            Work::Return => sharing::end_return(self, pending, outcome),
            Work::Bill => transfers::end_bill(self, pending, outcome),
            Work::Batch => transfers::end_batch(self, pending, outcome),
        };
        let notices = ended.ok_or_else(|| format!("{:?} {} cannot end as {outcome}", pending.work, pending.number))?;
        self.schedule.notices.extend(notices);
        Ok(())
    }

    /// The notices that are to be sent, in the order in which things happened.
    pub(crate) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.schedule.notices)
    }
}
