//! Uploads: the file must be what `meta` says of it.

use serde_json::{Value, json};

use crate::client::{Client, Reply, openssl};

const BOUNDARY: &str = "----sandbox";

/// Sends a form by hand: `meta`, of which alone the signature is, and a file.
async fn upload(client: &Client, target: &str, meta: &Value, filename: &str, content: &[u8]) -> Reply {
    let meta = meta.to_string();
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n{meta}\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\
         Content-Type: image/jpeg\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let mut headers = client.headers("POST", target, meta.as_bytes());
    headers.retain(|(name, _)| *name != "content-type");
    headers.push(("content-type", format!("multipart/form-data; boundary={BOUNDARY}")));
    client.send(&client.info().base_url, "POST", target, &headers, body).await.unwrap()
}

fn hash(algorithm: &str, bytes: &[u8]) -> String {
    let said = String::from_utf8(openssl(&["dgst", algorithm, "-r"], bytes)).unwrap();
    said.split(' ').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn digest_and_name_are_those_of_the_file() {
    let client = Client::start().await;
    let content = [&[0xff, 0xd8, 0xff, 0xe0][..], &[7; 1000]].concat();
    let sha256 = hash("-sha256", &content);
    let sm3 = hash("-sm3", &content);
    let media = "/v3/merchant/media/upload";
    let fapiao = "/v3/new-tax-control-fapiao/fapiao-applications/upload-fapiao-file";
    let with_sm3 = |digest: &str| json!({"file_type": "PDF", "digest_alogrithm": "SM3", "digest": digest});
    for (target, meta, field) in [
        (media, json!({"filename": "商户.jpg", "sha256": sha256}), None),
        (media, json!({"filename": "商户.jpg", "sha256": sm3}), Some("/body/meta/sha256")),
        (media, json!({"filename": "other.jpg", "sha256": sha256}), Some("/body/meta/filename")),
        (fapiao, with_sm3(&sm3), None),
        (fapiao, with_sm3(&sha256), Some("/body/meta/digest")),
        (
            "/v3/ecommerce/account/cancel-applications/media",
            json!({"file_name": "商户.jpg", "file_digest": sha256}),
            None,
        ),
        (
            "/v3/ecommerce/account/cancel-applications/media",
            json!({"file_name": "商户.jpg", "file_digest": "00"}),
            Some("/body/meta/file_digest"),
        ),
        ("/v3/global/merchant-storage/file/upload", json!({"filename": "商户.jpg", "digest": sha256}), None),
    ] {
        let reply = upload(&client, target, &meta, "商户.jpg", &content).await;
        match field {
            None => assert_eq!(reply.status, 200, "{target}: {}", reply.json()),
            Some(field) => {
                assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()), "{target}");
                assert_eq!(reply.json()["detail"]["field"], field);
            }
        }
        assert_eq!(client.signed_with(&reply), "public_key");
    }
    let quoted = json!({"filename": "a \"b\".jpg", "sha256": sha256});
    assert_eq!(upload(&client, media, &quoted, "a %22b%22.jpg", &content).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_tells_a_file_by_its_hash() {
    let client = Client::start().await;
    let target = "/v3/merchant/media/video_upload";
    for content in [vec![0xff; 1000], vec![0xff; 1 << 20]] {
        let sha256 = hash("-sha256", &content);
        let meta = json!({"filename": "商户.mp4", "sha256": sha256});
        assert_eq!(upload(&client, target, &meta, "商户.mp4", &content).await.status, 200);
        let journal = client.admin_ok("GET", "/journal", Value::Null).await;
        let entry = journal.as_array().unwrap().last().unwrap();
        let file =
            json!({"filename": "商户.mp4", "content_type": "image/jpeg", "bytes": content.len(), "sha256": sha256});
        assert_eq!(entry["form"], json!({"meta": meta, "file": file}));
        assert_eq!(entry.get("body_base64").is_some(), content.len() == 1000, "a large one is told by its parts only");
        assert_eq!(entry.get("body"), None);
    }
}
