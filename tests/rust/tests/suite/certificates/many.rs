//! Issue: "One refresh per merchant and process, also for thousands of merchants".

use serde_json::json;
use wechatpay_sdk::{Client, Options};
use wechatpay_suite::Local;

const MERCHANTS: usize = 2000;
const AT_ONCE: usize = 50;

/// Threads of the SDK's own in this process.
fn workers() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux");
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim() == "wechatpay").count()
}

fn merchant(first: &Client, local: &Local, mchid: &str) -> Client {
    let mut options = local.options_with(&json!({
        "mchid": mchid, "public_key_id": null, "platform_public_key_path": null, "auto_certificates": true,
    }));
    for shared in ["base_url", "backup_url", "timeout", "cool_down"] {
        options.remove(shared);
    }
    let options = Options::from_json(&serde_json::to_vec(&options).expect("plain data")).expect("good options");
    first.for_merchant(&options).expect("another merchant")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_merchants_download_once_each_and_need_no_thread_of_their_own() {
    let local = Local::start();
    let certificate = std::fs::read_to_string(&local.info.merchant_certificate_path).expect("its certificate");
    // Many at once on two busy processors: what is shown is that it is one each, not how fast.
    let first = local.client_with(&json!({"timeout": 120}));
    let numbers: Vec<String> = (0..MERCHANTS).map(|number| format!("17{number:08}")).collect();
    let mut clients = Vec::new();
    for some in numbers.chunks(AT_ONCE) {
        let mut running = Vec::new();
        for mchid in some {
            local.admin.register(mchid, &certificate).await;
            let client = merchant(&first, &local, mchid);
            // Twice at the same time, from two clones.
            for client in [client.clone(), client.clone()] {
                running.push(tokio::spawn(async move { client.refresh_platform_keys().await }));
            }
            clients.push(client);
        }
        for refresh in running {
            assert_eq!(refresh.await.expect("no panic").expect("verified").keys.len(), 1);
        }
    }
    assert!(workers() <= std::thread::available_parallelism().map_or(1, usize::from), "{} threads", workers());
    let journal = local.admin.journal().await;
    let callers: std::collections::BTreeSet<_> = journal.iter().map(|entry| entry["mchid"].to_string()).collect();
    assert_eq!((journal.len(), callers.len()), (MERCHANTS, MERCHANTS), "one download each");
    assert!(journal.iter().all(|entry| entry["target"] == "/v3/certificates" && entry["authorized"] == true));
    assert!(clients.iter().all(|client| client.platform_keys().last_error.is_none()));
}
