//! Spelling: wire names into the cases of the languages.

/// `operation_type`, `OPERATION_TYPE`, `operationType` -> `OperationType`. A word in mixed case keeps its inside.
pub(crate) fn pascal(text: &str) -> String {
    text.split(|c: char| !c.is_alphanumeric()).map(capital).collect()
}

fn capital(word: &str) -> String {
    let shouted = !word.chars().any(char::is_lowercase);
    let mut chars = word.chars();
    let Some(first) = chars.next() else { return String::new() };
    let rest = chars.as_str();
    first.to_uppercase().chain(if shouted { rest.to_lowercase() } else { rest.to_owned() }.chars()).collect()
}

/// `Idempotency-Key`, `payAuthNo`, `a__b` -> `idempotency_key`, `pay_auth_no`, `a_b`.
pub(crate) fn snake(text: &str) -> String {
    let mut out = String::new();
    let mut previous = '_';
    for c in text.chars() {
        let starts_word = c.is_uppercase() && (previous.is_lowercase() || previous.is_ascii_digit());
        if (starts_word || !c.is_alphanumeric()) && !out.ends_with('_') {
            out.push('_');
        }
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        }
        previous = c;
    }
    out
}

/// The name of one element of a list: `fapiao_download_info_list` -> `fapiao_download_info`, `filters` -> `filter`.
pub(crate) fn singular(text: &str) -> String {
    if let Some(stem) = text.strip_suffix("_list").or_else(|| text.strip_suffix("_lists")) {
        return stem.to_owned();
    }
    if ["ss", "us", "is", "goods", "news"].iter().any(|end| text.ends_with(end)) {
        return text.to_owned();
    }
    if let Some(stem) = text.strip_suffix("ies") {
        return format!("{stem}y");
    }
    if ["sses", "xes", "ches", "shes"].iter().any(|end| text.ends_with(end)) {
        return text[..text.len() - 2].to_owned();
    }
    text.strip_suffix('s').unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{pascal, singular, snake};

    #[test]
    fn cases() {
        assert_eq!(pascal("JSAPI_AND_MINIPROGRAM"), "JsapiAndMiniprogram");
        assert_eq!(pascal("operation_type"), "OperationType");
        assert_eq!(pascal("payAuthNo"), "PayAuthNo");
        assert_eq!(snake("Idempotency-Key"), "idempotency_key");
        assert_eq!(snake("payAuthNo"), "pay_auth_no");
        assert_eq!(snake("med_refund__gov_fee"), "med_refund_gov_fee");
        assert_eq!(snake("AdvertisingIndustryFilter"), "advertising_industry_filter");
    }

    #[test]
    fn singulars() {
        for (many, one) in [
            ("advertising_industry_filters", "advertising_industry_filter"),
            ("fapiao_download_info_list", "fapiao_download_info"),
            ("categories", "category"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("status", "status"),
            ("goods", "goods"),
            ("data", "data"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
