//! What a file holds, and where it is downloaded.

use std::fmt::Write as _;
use std::io::Write as _;

use aws_lc_rs::digest::{self as sha, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use sm3::{Digest as _, Sm3};

use super::bill;

/// Which operation gives a file out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Bill,
    SignFile,
    ElecVoucher,
    Fapiao,
}

/// A file in plain.
pub(super) struct Content {
    pub(super) place: Place,
    pub(super) bytes: Bytes,
}

impl Place {
    /// The documents name the place of transfers' receipts and of invoices; all others come where bills do.
    fn of(operation: &str) -> Self {
        if operation.starts_with("new_tax_control_fapiao.") {
            Self::Fapiao
        } else if operation.contains(".elec_sign.") {
            Self::ElecVoucher
        } else if operation.contains("receipt") {
            Self::SignFile
        } else {
            Self::Bill
        }
    }

    pub(super) fn target(self, token: &str, gzip: bool) -> String {
        match self {
            Self::Bill if gzip => format!("/v3/billdownload/file?token={token}&tartype=GZIP"),
            Self::Bill => format!("/v3/billdownload/file?token={token}"),
            Self::SignFile => format!("/v3/transferdownload/signfile?token={token}"),
            Self::ElecVoucher => format!("/v3/transferdownload/elecvoucherfile?token={token}&source=elecsign"),
            Self::Fapiao => format!(
                "/v3/new-tax-control-fapiao/download?token={token}&mchid=1900000001\
                 &openid=plN5twRbHym_j-QcqCzstl0HmwEs&invoice_code=044001911211&invoice_no=12897794\
                 &fapiao_id=20200701123456"
            ),
        }
    }
}

impl Content {
    /// The same operation with the same parameters gives the same file.
    pub(super) fn of(operation: &str, parameters: &Value, rows: usize) -> Self {
        let place = Place::of(operation);
        let text = match place {
            Place::Bill => bill::bill(operation, parameters, rows),
            _ => format!(
                "%PDF-1.4\n% {operation} {} {} {}\n%%EOF\n",
                parameters["path"], parameters["query"], parameters["body"]
            ),
        };
        Self { place, bytes: text.into() }
    }

    /// In so many parts, each of whole lines.
    pub(super) fn split(&self, parts: usize) -> Vec<Self> {
        let end = |part: usize| {
            let least = self.bytes.len() * part / parts;
            let line = self.bytes[least..].iter().position(|byte| *byte == b'\n');
            line.map_or(self.bytes.len(), |line| least + line + 1)
        };
        let part = |part| Self {
            place: self.place,
            bytes: self.bytes.slice(if part == 0 { 0 } else { end(part) }..end(part + 1)),
        };
        (0..parts).map(part).collect()
    }

    pub(super) fn gzip(&self) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.bytes).expect("writing to a Vec");
        encoder.finish().expect("writing to a Vec").into()
    }

    /// What the document of the reply enumerates; else SHA1 for bills and SHA256 for receipts, as the documents say in
    /// words.
    pub(super) fn hash_type(&self, documented: Option<&str>) -> &'static str {
        let known = ["SHA1", "SHA256", "SM3"].into_iter().find(|name| documented == Some(name));
        known.unwrap_or(if self.place == Place::Bill { "SHA1" } else { "SHA256" })
    }
}

/// In lower-case hex.
pub(crate) fn digest(algorithm: &str, bytes: &[u8]) -> String {
    match algorithm {
        "SHA1" => hex(sha::digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref()),
        "SM3" => hex(&Sm3::digest(bytes)),
        _ => hex(sha::digest(&SHA256, bytes).as_ref()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        for (algorithm, wanted) in [
            ("SHA1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("SM3", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        ] {
            assert_eq!(digest(algorithm, b"abc"), wanted);
        }
    }

    #[test]
    fn parts_are_whole_lines_and_together_the_whole() {
        for rows in [0, 1, 2, 5] {
            let whole = Content::of("bill.trade_bill.get", &serde_json::json!({}), rows);
            let parts = whole.split(2);
            assert_eq!(parts.iter().flat_map(|part| part.bytes.clone()).collect::<Vec<_>>(), whole.bytes);
            assert!(parts.iter().all(|part| part.bytes.ends_with(b"\r\n")), "{rows} rows");
        }
    }
}
