//! A line of the output.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wechatpay_sdk::ambient::{Ambient as _, System};
use wechatpay_sdk::{Error, Response};

use super::cells::Outcome;

pub(super) const COLUMNS: [&str; 11] = [
    "row",
    "key",
    "step",
    "outcome",
    "kind",
    "code",
    "message",
    "status",
    "request_id",
    "may_have_taken_effect",
    "attempted_at",
];

/// What became of a step.
pub(super) struct Line<'a> {
    row: u64,
    key: &'a str,
    step: &'a str,
    pub(super) outcome: Outcome,
    pub(super) kind: &'static str,
    pub(super) code: String,
    message: String,
    status: Option<u16>,
    request_id: Option<String>,
    attempted_at: i64,
}

impl<'a> Line<'a> {
    /// A step that was attempted at this Unix time; `open` if this or an earlier attempt may have taken effect.
    pub(super) fn of_attempt(
        row: u64,
        key: &'a str,
        step: &'a str,
        attempted_at: i64,
        result: Result<Response, Error>,
        open: bool,
    ) -> Self {
        match result {
            Ok(reply) => Self {
                status: Some(reply.status),
                request_id: reply.request_id,
                attempted_at,
                ..Self::bare(row, key, step, Outcome::Done)
            },
            Err(error) => Self {
                kind: error.kind().as_str(),
                code: error.code().to_owned(),
                message: match open && !error.may_have_taken_effect() {
                    true => format!("{}; an earlier attempt may have taken effect", message(&error)),
                    false => message(&error),
                },
                status: error.status(),
                request_id: error.request_id().map(str::to_owned),
                attempted_at,
                ..Self::bare(
                    row,
                    key,
                    step,
                    match open {
                        true => Outcome::Unknown,
                        false => Outcome::Failed,
                    },
                )
            },
        }
    }

    /// A step that was under way when an earlier run ended.
    pub(super) fn interrupted(row: u64, key: &'a str, step: &'a str, repeatable: bool) -> Self {
        let advice = match repeatable {
            true => "it is sent again",
            false => "it is not sent again, since that could act twice: query its result",
        };
        Self {
            kind: "interrupted",
            code: "in_flight".to_owned(),
            message: format!("the batch ended while this step was under way; {advice}"),
            ..Self::bare(row, key, step, Outcome::Unknown)
        }
    }

    /// A step that is not sent because of an earlier one.
    pub(super) fn skipped(row: u64, key: &'a str, step: &'a str, because: &str) -> Self {
        Self {
            code: "earlier_step".to_owned(),
            message: format!("not sent, because of step {because}"),
            ..Self::bare(row, key, step, Outcome::Skipped)
        }
    }

    fn bare(row: u64, key: &'a str, step: &'a str, outcome: Outcome) -> Self {
        Self {
            row,
            key,
            step,
            outcome,
            kind: "",
            code: String::new(),
            message: String::new(),
            status: None,
            request_id: None,
            attempted_at: System.now(),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let may_have_taken_effect = match self.outcome {
            Outcome::Done => "",
            Outcome::Unknown => "true",
            Outcome::Failed | Outcome::Skipped => "false",
        };
        let at = OffsetDateTime::from_unix_timestamp(self.attempted_at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let mut writer = csv::Writer::from_writer(Vec::new());
        let written = writer.write_record([
            &self.row.to_string(),
            &one_line(self.key),
            self.step,
            self.outcome.as_str(),
            self.kind,
            &one_line(&self.code),
            &one_line(&self.message),
            &self.status.map(|status| status.to_string()).unwrap_or_default(),
            &one_line(self.request_id.as_deref().unwrap_or_default()),
            may_have_taken_effect,
            &at.format(&Rfc3339).expect("a Unix time of this millennium has a date"),
        ]);
        written.expect("a vector takes any line");
        writer.into_inner().expect("a vector takes any line")
    }
}

/// The message with field and issue, which say more than the platform's words.
fn message(error: &Error) -> String {
    let mut message = error.message().to_owned();
    if error.status().is_some()
        && let Some(detail) = error.detail()
    {
        for part in [&detail.field, &detail.issue].into_iter().flatten() {
            message.push_str("; ");
            message.push_str(part);
        }
    }
    message
}

/// A torn line is found by its missing line break: there must be none inside.
fn one_line(text: &str) -> String {
    text.replace(|character: char| character.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_of_eleven_cells() {
        let error = Error::internal("a, \"b\"\r\nc");
        let line = Line::of_attempt(7, "k\ney", "step", 1_760_000_000, Err(error), false).to_bytes();
        let text = String::from_utf8(line).unwrap();
        assert_eq!(text.matches('\n').count(), 1);
        let expected = "7,k ey,step,failed,internal,internal,\"a, \"\"b\"\"  c\",,,false,2025-10-09T08:53:20Z\n";
        assert_eq!(text, expected);
    }
}
