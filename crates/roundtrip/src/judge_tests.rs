//! The judge against requests and replies that are wrong by hand: each difference is found, and told at its place.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::judge::{Answer, judge};
use crate::right_run::{FILE, ORDER, Run, SERIAL, UPLOAD, arrival, requests};

/// What is done to a run, and the difference that must be told, or its beginning.
type Violation = (fn(&mut Run), &'static str);

const VIOLATIONS: &[Violation] = &[
    (|run| run.arrivals[ORDER].authorized = false, "order: its signature was refused"),
    (|run| run.arrivals[ORDER].method = "PUT".to_owned(), "order: no POST /v3/order/%E4%B8%AD%2F1 came"),
    (|run| run.arrivals[ORDER].path = "/v3/order/%E4%B8%AD/1".to_owned(), "POST /v3/order/%E4%B8%AD/1 came, which is"),
    (|run| run.arrivals.push(arrival(&requests()[FILE])), "file: came 2 times"),
    (|run| drop(run.arrivals.remove(FILE)), "file: no GET /v3/file/%E4%B8%AD%2F1 came"),
    // The query.
    (|run| run.query(|it| it.replace("%20", "+")), "order: query.note is a+b%26c, which is not percent-encoded"),
    (|run| run.query(|it| it.replace("a%20b", "a%20c")), "order: query.note is \"a c&c\" instead of \"a b&c\""),
    (|run| run.query(|it| it.replace("types=X&types=Y", "types=Y&types=X")), "order: query.types is \"Y\" instead of"),
    (|run| run.query(|it| it.replace("types=X&types=Y", "types=X,Y")), "order: query has 3 pairs instead of 4"),
    (|run| run.query(|it| it.replace("note=", "Note=")), "order: query has Note in the place of note"),
    (|run| run.query(|it| format!("{it}&more=1")), "order: query has 5 pairs instead of 4"),
    (
        |run| run.query(|it| it.split("phone").next().unwrap().to_owned() + "phone=137"),
        "order: query.phone is \"137\" and no",
    ),
    (|run| run.arrivals[FILE].query = Some("a=1".to_owned()), "file: query has 1 pairs instead of 0"),
    // Headers.
    (|run| run.header("accept", Some("*/*")), "order: header accept is \"*/*\" instead of"),
    (|run| run.header("idempotency-key", None), "order: header idempotency-key is null instead of \"k 1\""),
    (|run| run.header("wechatpay-serial", Some("other")), "order: header wechatpay-serial is \"other\""),
    (|run| run.header("content-type", Some("text/plain")), "order: header content-type is"),
    (|run| run.header("user-agent", Some("curl")), "order: header user-agent does not begin with"),
    (|run| run.header("accept-encoding", Some("gzip")), "order: header accept-encoding is too much"),
    // The body.
    (|run| run.body(|it| drop(it.as_object_mut().unwrap().remove("rate"))), "order: body.rate is missing"),
    (|run| run.body(|it| it["later"] = json!(1)), "order: body.later is too much"),
    (|run| run.body(|it| it["rate"] = json!(12.5)), "order: body.rate is 12.5 instead of 12.50"),
    (|run| run.body(|it| it["rate"] = json!("12.50")), "order: body.rate is \"12.50\" instead of 12.50"),
    (
        |run| run.body(|it| it["total"] = json!(9_007_199_254_740_992_u64)),
        "order: body.total is 9007199254740992 instead",
    ),
    (|run| run.body(|it| it["goods"][1]["id"] = json!("B")), "order: body.goods[1].id is \"B\" instead of \"b\""),
    (|run| run.body(|it| it["goods"].as_array_mut().unwrap().reverse()), "order: body.goods[0].id is \"b\" instead of"),
    (
        |run| run.body(|it| drop(it["goods"].as_array_mut().unwrap().pop())),
        "order: body.goods is [{\"id\":\"a\"}] instead",
    ),
    (|run| run.body(|it| it["name"] = json!("张三")), "order: body.name is \"张三\" and no ciphertext"),
    (
        |run| run.body(|it| it["attach"] = json!({"phone": "139", "n": 1})),
        "order: body.attach is {\"phone\":\"139\",\"n\":1} and no text",
    ),
    (|run| run.body(|it| it["attach"] = json!("{")), "order: body.attach is \"{\" and no JSON"),
    (
        |run| run.body(|it| it["attach"] = json!("{\"phone\":\"139\",\"n\":1}")),
        "order: body.attach.phone is \"139\" and no",
    ),
    (|run| run.arrivals[ORDER].understood["body"]["name"] = json!("李四"), "order: body.name, decrypted, is \"李四\""),
    (|run| run.arrivals[ORDER].understood["query"] = json!({}), "order: query.phone was not decrypted"),
    (|run| run.arrivals[ORDER].understood = Value::Null, "order: something travels encrypted that should not"),
    (|run| run.arrivals[FILE].understood = json!({}), "file: something travels encrypted that should not"),
    (|run| run.arrivals[ORDER].body = Bytes::from_static(b"a=1"), "order: body is no JSON"),
    (|run| run.arrivals[FILE].body = Bytes::from_static(b"{}"), "file: has a body"),
    // The form.
    (
        |run| run.arrivals[UPLOAD].form.as_mut().unwrap().reverse(),
        "upload: the form has the parts file, meta instead of",
    ),
    (|run| run.arrivals[UPLOAD].form = None, "upload: the form has the parts  instead of"),
    (|run| run.part(0).content = Bytes::from_static(b"{\"sha256\": \"00fe\"}"), "upload: part meta.sha256 is \"00fe\""),
    (|run| run.part(0).filename = Some("meta".to_owned()), "upload: part meta is application/json, and its file"),
    (|run| run.part(1).content = Bytes::from_static(b"\xff\n--x"), "upload: part file has other bytes"),
    (|run| run.part(1).filename = Some("1.png".to_owned()), "upload: part file is the file Some(\"1.png\")"),
    (|run| run.part(1).media_type = None, "upload: part file is the file Some(\"证.png\"), "),
    // Replies.
    (|run| drop(run.answers.remove("order")), "order: was not called"),
    (|run| run.answer("order", Answer::Error("no route".to_owned())), "order: failed: no route"),
    (|run| run.answer("order", Answer::Reply(json!({"phone": "138"}))), "order: reply.fee is missing"),
    (
        |run| run.answer("order", Answer::Reply(json!({"phone": "138", "fee": 9_007_199_254_740_992_u64}))),
        "order: reply.fee is 9007199254740992 instead of 9007199254740993",
    ),
    (
        |run| run.answer("order", Answer::Reply(json!({"phone": "cipher", "fee": 9_007_199_254_740_993_u64}))),
        "order: reply.phone is \"cipher\" instead of \"138\"",
    ),
    (|run| run.answer("order", Answer::Reply(Value::Null)), "order: reply is null instead of"),
    (|run| run.answer("upload", Answer::Reply(json!({}))), "upload: reply is {}"),
    (|run| run.answer("upload", Answer::File(vec![])), "upload: reply is another file of 0 bytes"),
    (|run| run.answer("file", Answer::File(b"{\"a\":1}".to_vec())), "file: reply is another file of 7 bytes"),
    (|run| run.answer("file", Answer::Reply(json!({"a": 1}))), "file: reply is {\"a\":1}"),
];

#[test]
fn what_is_right_holds() {
    let verdict = Run::right().verdict();
    assert_eq!(verdict.differences, Vec::<String>::new());
    assert_eq!((verdict.called, verdict.exact, verdict.whole), (3, 3, 3));
    assert!(verdict.holds());
    assert!(!judge(&[], vec![], &HashMap::new(), SERIAL).holds(), "nothing was judged");
}

#[test]
fn whatever_is_wrong_is_told() {
    for (spoil, told) in VIOLATIONS {
        let mut run = Run::right();
        spoil(&mut run);
        let verdict = run.verdict();
        assert!(!verdict.holds(), "{told}");
        let found = verdict.differences.iter().any(|difference| difference.starts_with(told));
        assert!(found, "{told} is not among {:#?}", verdict.differences);
    }
}
