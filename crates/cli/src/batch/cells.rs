//! What is known of each step of each row: two bytes a step, so that a million rows fit.

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    /// It succeeded.
    Done,
    /// It was refused, or never sent.
    Failed,
    /// It may have taken effect.
    Unknown,
    /// An earlier step of the row stopped it.
    Skipped,
}

impl Outcome {
    pub(super) const ALL: [Self; 4] = [Self::Done, Self::Failed, Self::Unknown, Self::Skipped];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// What is known of a step of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// The newest recorded outcome.
    pub(super) outcome: Option<Outcome>,
    /// It was started and its outcome is not recorded yet.
    pub(super) in_flight: bool,
}

/// All cells of a batch.
pub(super) struct Cells {
    steps: usize,
    /// Bits 0 to 2: the outcome's place in [`Outcome::ALL`] plus one, or 0. The rest counts starts without an outcome.
    words: Vec<u16>,
}

const OUTCOME: u16 = 7;
const START: u16 = 8;

impl Cells {
    pub(super) fn new(rows: usize, steps: usize) -> Self {
        Self { steps, words: vec![0; rows * steps] }
    }

    /// `row` counts from 1, `step` from 0.
    pub(super) fn get(&self, row: u64, step: usize) -> Cell {
        let word = self.words[self.at(row, step)];
        let outcome = usize::from(word & OUTCOME).checked_sub(1).map(|at| Outcome::ALL[at]);
        Cell { outcome, in_flight: word >= START }
    }

    /// A start: its outcome follows.
    pub(super) fn start(&mut self, row: u64, step: usize) {
        let at = self.at(row, step);
        if let Some(more) = self.words[at].checked_add(START) {
            self.words[at] = more;
        }
    }

    /// A start that came to nothing: no outcome follows.
    pub(super) fn void(&mut self, row: u64, step: usize) {
        let at = self.at(row, step);
        if let Some(less) = self.words[at].checked_sub(START) {
            self.words[at] = less;
        }
    }

    /// An outcome. Every one but skipped answers a start.
    pub(super) fn record(&mut self, row: u64, step: usize, outcome: Outcome) {
        let at = self.at(row, step);
        let mut starts = self.words[at] & !OUTCOME;
        if outcome != Outcome::Skipped {
            starts = starts.saturating_sub(START);
        }
        self.words[at] = starts | (outcome as u16 + 1);
    }

    /// The cells of each row, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = Cell>> {
        let rows = self.words.len() / self.steps;
        (1..=rows as u64).map(move |row| (0..self.steps).map(move |step| self.get(row, step)))
    }

    fn at(&self, row: u64, step: usize) -> usize {
        (row as usize - 1) * self.steps + step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_outcome_counts_and_a_start_without_one_is_in_flight() {
        let mut cells = Cells::new(2, 3);
        cells.record(2, 1, Outcome::Skipped);
        assert_eq!(cells.get(2, 1), Cell { outcome: Some(Outcome::Skipped), in_flight: false });
        cells.start(2, 1);
        assert_eq!(cells.get(2, 1), Cell { outcome: Some(Outcome::Skipped), in_flight: true });
        cells.record(2, 1, Outcome::Failed);
        assert_eq!(cells.get(2, 1), Cell { outcome: Some(Outcome::Failed), in_flight: false });
        // All starts first, then all outcomes: as a resumed run reads them.
        cells.start(1, 0);
        cells.start(1, 0);
        assert!(cells.get(1, 0).in_flight);
        cells.record(1, 0, Outcome::Unknown);
        assert!(cells.get(1, 0).in_flight);
        cells.record(1, 0, Outcome::Done);
        assert_eq!(cells.get(1, 0), Cell { outcome: Some(Outcome::Done), in_flight: false });
        assert_eq!(cells.get(1, 2), Cell { outcome: None, in_flight: false });
        cells.start(1, 2);
        cells.void(1, 2);
        cells.void(1, 2);
        assert_eq!(cells.get(1, 2), Cell { outcome: None, in_flight: false });
    }
}
