//! Where a signed reply says that its files are.

use serde_json::Value;

/// One file that a reply names.
#[derive(Debug, PartialEq)]
pub(super) struct Address {
    pub(super) url: String,
    /// Its type and value.
    pub(super) hash: Option<(String, String)>,
    /// The key, encrypted for the merchant, and the nonce.
    pub(super) seal: Option<(String, String)>,
}

/// All files that a reply names: one by `download_url` (`url` beside a hash), or those of a list.
pub(super) fn addresses(reply: &Value) -> Vec<Address> {
    if let Some(address) = address(reply) {
        return vec![address];
    }
    let lists = reply.as_object().into_iter().flatten().filter_map(|(_, member)| member.as_array());
    lists.flatten().filter_map(address).collect()
}

fn address(reply: &Value) -> Option<Address> {
    let text = |name: &str| reply.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let both = |one: &str, other: &str| Some((text(one)?, text(other)?));
    let hash = both("hash_type", "hash_value");
    let url = text("download_url").or_else(|| text("url").filter(|_| hash.is_some()))?;
    Some(Address { url, hash, seal: both("encrypt_key", "nonce") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_files_of_a_reply_are_found() {
        let hash = Some(("SHA1".to_owned(), "ab".to_owned()));
        let plain = |url: &str, hash| Address { url: url.to_owned(), hash, seal: None };
        assert_eq!(
            addresses(&json!({"hash_type": "SHA1", "hash_value": "ab", "download_url": "https://a/b"})),
            [plain("https://a/b", hash.clone())]
        );
        assert_eq!(
            addresses(&json!({"url": "https://a/b", "hash_type": "SHA1", "hash_value": "ab"})),
            [plain("https://a/b", hash)]
        );
        assert_eq!(addresses(&json!({"download_url": "https://a/b"})), [plain("https://a/b", None)]);
        let list = json!({"download_bill_count": 2, "download_bill_list": [
            {"download_url": "https://a/1", "encrypt_key": "k", "nonce": "n"}, {"download_url": "https://a/2"},
        ]});
        let found = addresses(&list);
        assert_eq!(found.iter().map(|address| &*address.url).collect::<Vec<_>>(), ["https://a/1", "https://a/2"]);
        assert_eq!(found[0].seal, Some(("k".to_owned(), "n".to_owned())));
        for nothing in [json!({"state": "GENERATING", "download_url": ""}), json!({"url": "https://a/b"}), json!([])] {
            assert_eq!(addresses(&nothing), [], "{nothing}");
        }
    }
}
