//! Processes of their own, for tests that need one: `suite-helper fork`, `suite-helper fork-while-downloading` and
//! `suite-helper from-env`, which take the client from the environment; `suite-helper fork-seen URL` and
//! `suite-helper claim URL`, which use the store of that URL; `suite-helper call-for SECONDS`, which says how many calls
//! it made.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid};
use serde_json::json;
use wechatpay_sdk::blocking::{Client, Seen};
use wechatpay_sdk::goldplan::OperationType;
use wechatpay_sdk::goldplan::merchants::ChangeCustomPageStatus;

/// Whoever hangs is killed: that is what a forgotten lock or an inherited connection does.
const PATIENCE_SECONDS: u32 = 20;

fn main() -> ExitCode {
    nix::unistd::alarm::set(PATIENCE_SECONDS);
    let done = match std::env::args().nth(1).as_deref() {
        Some("fork") => fork_after_use(),
        Some("fork-while-downloading") => fork_while_downloading(),
        Some("from-env") => from_env(),
        Some("fork-seen") => fork_with_stores(),
        Some("claim") => redis().map(|seen| say(&told(&seen))),
        Some("call-for") => call_for(),
        _ => Err("usage: suite-helper fork|fork-while-downloading|from-env|fork-seen URL|claim URL|call-for SECONDS"
            .to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            say(&problem);
            ExitCode::FAILURE
        }
    }
}

fn from_env() -> Result<(), String> {
    call(&Client::from_env().map_err(|error| format!("{} {error}", error.code()))?)?;
    say("called");
    Ok(())
}

/// Calls in the parent, forks, and then calls in both, and in a child of the child.
fn fork_after_use() -> Result<(), String> {
    let client = Client::from_env().map_err(|error| error.to_string())?;
    let unused = client.clone();
    call(&client)?;
    say("parent before");
    let child = in_child(|| {
        call(&client)?;
        call(&client)?;
        say("child");
        let grandchild = in_child(|| {
            call(&unused)?;
            say("grandchild");
            Ok(())
        })?;
        call(&client)?;
        wait(grandchild)?;
        // The inherited client is dropped in the child too: that must not hang either.
        drop((client.clone(), unused.clone()));
        Ok(())
    })?;
    // At the same time as the child, over the connection that the child inherited.
    call(&client)?;
    wait(child)?;
    call(&client)?;
    say("parent after");
    Ok(())
}

/// Forks while certificates are being downloaded, when whoever reads the output says that it has come to that, and calls
/// in the child. The parent's download may go on: it is not waited for.
fn fork_while_downloading() -> Result<(), String> {
    let client = Client::from_env().map_err(|error| error.to_string())?;
    let parents = client.clone();
    std::thread::spawn(move || parents.refresh_platform_keys());
    say("downloading");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| error.to_string())?;
    let child = in_child(|| {
        call(&client)?;
        say("child");
        // It has the keys of the child, and does not download them once more.
        let grandchild = in_child(|| {
            call(&client)?;
            say("grandchild");
            Ok(())
        })?;
        wait(grandchild)
    })?;
    wait(child)
}

/// Calls again and again.
fn call_for() -> Result<(), String> {
    let seconds = std::env::args().nth(2).and_then(|text| text.parse().ok()).ok_or("a number of seconds is missing")?;
    let client = Client::from_env().map_err(|error| error.to_string())?;
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_secs(seconds) {
        call(&client)?;
        count += 1;
    }
    say(&count.to_string());
    Ok(())
}

fn call(client: &Client) -> Result<(), String> {
    let request = ChangeCustomPageStatus::new("1900000109", OperationType::Open);
    let reply = client.send(&request).map_err(|error| format!("process {}: {error}", std::process::id()))?;
    if reply.sub_mchid.as_deref() == Some("1900000109") { Ok(()) } else { Err(json!(reply).to_string()) }
}

/// Claims in the parent, asks in a child, and asks again.
fn fork_with_stores() -> Result<(), String> {
    let memory = wechatpay_sdk::Seen::memory(Duration::from_secs(60)).map(Seen::new);
    let stores = [("redis", redis()?), ("memory", memory.map_err(|error| error.to_string())?)];
    for (name, seen) in &stores {
        if told(seen) != "true" {
            return Err(format!("{name}: the parent must have it"));
        }
    }
    wait(in_child(|| {
        for (name, seen) in &stores {
            say(&format!("{name}: {}", told(seen)));
            seen.done("EV-1").map_err(|error| error.to_string())?;
        }
        Ok(())
    })?)?;
    for (name, seen) in &stores {
        say(&format!("{name} after the child: {}", told(seen)));
    }
    Ok(())
}

fn redis() -> Result<Seen, String> {
    let url = std::env::args().nth(2).ok_or("the URL of a store is missing")?;
    let seen = wechatpay_sdk::Seen::redis(&url, Duration::from_secs(60));
    seen.map(Seen::new).map_err(|error| error.to_string())
}

/// What a claim gives: `true`, `false`, or the code and the words of an error.
fn told(seen: &Seen) -> String {
    match seen.claim("EV-1") {
        Ok(claimed) => claimed.to_string(),
        Err(error) if error.code() == "seen_busy" => error.code().to_owned(),
        Err(error) => format!("{}: {error}", error.code()),
    }
}

/// Runs `work` in a forked child, which then ends.
fn in_child(work: impl FnOnce() -> Result<(), String>) -> Result<Pid, String> {
    #[expect(unsafe_code, reason = "fork is what is tested; the child uses only what a forked Python or PHP would")]
    let forked = unsafe { nix::unistd::fork() };
    match forked.map_err(|error| error.to_string())? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            nix::unistd::alarm::set(PATIENCE_SECONDS);
            let status = match work() {
                Ok(()) => 0,
                Err(problem) => {
                    say(&problem);
                    1
                }
            };
            std::process::exit(status);
        }
    }
}

fn wait(child: Pid) -> Result<(), String> {
    match waitpid(child, None) {
        Ok(WaitStatus::Exited(_, 0)) => Ok(()),
        other => Err(format!("the child ended with {other:?}")),
    }
}

#[expect(clippy::print_stdout, reason = "how it tells the test")]
fn say(text: &str) {
    println!("{text}");
}
