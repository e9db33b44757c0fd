//! Lists, page by page; that every list of `spec/` has all of its elements is tested beside the code.

use serde_json::{Value, json};

use crate::client::Client;

#[tokio::test(flavor = "multi_thread")]
async fn offset_and_limit_move_over_the_list() {
    let client = Client::start().await;
    let list = "/v3/smartguide/guides?store_id=1234";
    for (query, first, length) in [
        ("&offset=0&limit=10", Some(1), 10),
        ("&offset=10&limit=10", Some(11), 10),
        ("&offset=20&limit=10", Some(21), 3),
        ("&offset=23&limit=10", None, 0),
        ("&offset=4&limit=1", Some(5), 1),
    ] {
        let reply = client.call("GET", &format!("{list}{query}"), Value::Null).await;
        assert_eq!((reply.status, client.signed_with(&reply)), (200, "public_key"));
        let reply = reply.json();
        let data = reply["data"].as_array().unwrap();
        assert_eq!((data.len(), &reply["total_count"]), (length, &json!(23)), "{query}");
        assert_eq!(format!("&offset={}&limit={}", reply["offset"], reply["limit"]), query);
        let ends = data.first().map(|guide| guide["guide_id"].as_str().unwrap().to_owned());
        assert_eq!(ends.map(|id| id.ends_with(&format!("{:02}", first.unwrap()))), first.map(|_| true), "{query}");
    }
    let refused = client.call("GET", &format!("{list}&offset=0&limit=0"), Value::Null).await;
    assert_eq!(refused.refusal(), (400, "PARAM_ERROR".to_owned()));
    assert_eq!(refused.json()["detail"]["field"], "/query/limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_page_numbers_lead_to_the_end() {
    let client = Client::start().await;
    let coupons = "/v3/marketing/partner/product-coupon/users/oUpF8uMuAJO_M2pxb1Q9zNjWeS6o/coupons?brand_id=120344&appid=wx233544546545989";
    let (mut lengths, mut token) = (Vec::new(), String::new());
    loop {
        let target = format!("{coupons}&page_size=9&page_token={}", token.replace('=', "%3D"));
        let reply = client.call("GET", &target, Value::Null).await.json();
        lengths.push(reply["user_coupon_list"].as_array().unwrap_or_else(|| panic!("{reply}")).len());
        token = reply["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(lengths, [9, 9, 5]);

    // Of some lists the documents say that the offset is the number of a page.
    for (offset, length) in [(0, 20), (1, 3), (2, 0)] {
        let target = format!("/v3/marketing/favor/stocks?stock_creator_mchid=1900000001&limit=20&offset={offset}");
        let reply = client.call("GET", &target, Value::Null).await.json();
        assert_eq!((&reply["offset"], reply["data"].as_array().unwrap().len()), (&json!(offset), length));
    }

    for (index, length) in [(1, 20), (2, 3), (3, 0)] {
        let target = format!("/v3/brand/card/card-links?brand_id=120344&page_size=20&page_index={index}");
        let reply = client.call("GET", &target, Value::Null).await.json();
        let told = (&reply["page_index"], &reply["page_size"], &reply["total_num"]);
        assert_eq!(told, (&json!(index), &json!(20), &json!(23)), "{reply}");
        assert_eq!(reply["active_link_list"].as_array().unwrap().len(), length);
    }
}
