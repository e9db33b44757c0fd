//! A merchant's key that lies elsewhere: whoever waits for a call answers what it asks. Over real sockets.

#![allow(clippy::unwrap_used, reason = "in a test a failure should panic")]

mod common;

use std::collections::BTreeMap;
use std::sync::{Barrier, LazyLock};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Handle;
use wechatpay_bridge::{
    Answer, Call, Client, Completions, ErrorRecord, Event, Key, KeyError, Reply, Said, Task, Waited, wait,
};
use wechatpay_sdk::crypto::PrivateKey;

use common::Local;

const TICK: Duration = Duration::from_millis(50);
const OPERATION: &str = "new_tax_control_fapiao.merchant.check_status";
const PARAMS: &[u8] = br#"{"sub_mchid": "1900000110"}"#;
const PARALLEL: usize = 32;

struct World {
    client: Client,
    local: Client,
    key: PrivateKey,
    options: Value,
    _local: Local,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let local = Local::start();
    let open = |options: &Value, key| Client::from_json(options.to_string().into_bytes(), key).unwrap();
    let pem = std::fs::read_to_string(local.private_key_path.as_str().unwrap()).unwrap();
    World {
        client: open(&local.options, Key::Elsewhere),
        local: open(&local.with_key(), Key::InOptions),
        key: PrivateKey::from_pem(&pem).unwrap(),
        options: local.options.clone(),
        _local: local,
    }
});

fn call() -> Call {
    WORLD.client.call(OPERATION, PARAMS)
}

/// Hears what a call asks.
fn with(mut answer: impl FnMut(Task, &[u8]) -> Answer) -> impl FnMut(Said) {
    move |said| {
        let Said::Asks(question) = said else { panic!("{said:?}") };
        let given = answer(question.task, &question.input);
        question.answer(given);
    }
}

fn without(_: Task, _: &[u8]) -> Answer {
    Err(KeyError::unsupported())
}

fn run(call: Call, answer: impl FnMut(Task, &[u8]) -> Answer) -> Result<Reply, Box<ErrorRecord>> {
    match wait(call, TICK, || true, with(answer)).unwrap() {
        Waited::Done(outcome) => outcome,
        Waited::GivenUp(_) => panic!("nobody gave up"),
    }
}

fn sign(task: Task, message: &[u8]) -> Answer {
    assert_eq!(task, Task::Sign);
    Ok(WORLD.key.sign(message).unwrap())
}

#[test]
fn the_thread_that_waits_answers_outside_of_every_runtime() {
    let here = std::thread::current().id();
    let mut asked: Vec<ThreadId> = Vec::new();
    let reply = run(call(), |task, message| {
        asked.push(std::thread::current().id());
        // A call of another client, as a KMS over HTTP would make one.
        let inner = WORLD.local.call(OPERATION, PARAMS);
        assert_eq!(run(inner, without).unwrap().status, 200);
        sign(task, message)
    });
    assert_eq!(reply.unwrap().status, 200);
    assert_eq!(asked, [here]);
}

/// None comes out of the key before all are inside: one that held up the others' calls would never end.
#[test]
fn many_threads_are_asked_at_once() {
    let inside = Barrier::new(PARALLEL);
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                let reply = run(call(), |task, message| {
                    inside.wait();
                    sign(task, message)
                });
                assert_eq!(reply.unwrap().status, 200);
            });
        }
    });
}

/// While one thread waits for its key, another one's call goes on.
#[test]
fn a_slow_answer_holds_up_nobody_else() {
    let (asked, answer) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let reply = run(call(), |task, message| {
                asked.wait();
                answer.wait();
                sign(task, message)
            });
            assert_eq!(reply.unwrap().status, 200);
        });
        asked.wait();
        assert_eq!(run(WORLD.local.call(OPERATION, PARAMS), without).unwrap().status, 200);
        answer.wait();
    });
}

#[test]
fn an_event_loop_is_asked_with_the_token_of_the_call() {
    let completions = Completions::new().unwrap();
    let count = u64::try_from(PARALLEL).unwrap();
    let _tickets: Vec<_> = (0..count).map(|token| completions.start(token, call()).unwrap()).collect();
    let (mut questions, mut statuses) = (BTreeMap::new(), BTreeMap::new());
    let deadline = Instant::now() + Duration::from_secs(60);
    while statuses.len() < PARALLEL {
        assert!(Instant::now() < deadline, "{} asked, {} ended", questions.len(), statuses.len());
        for news in completions.drain() {
            match news.event {
                Event::Says(Said::Asks(question)) => drop(questions.insert(news.token, Some(question))),
                Event::Done(result) => drop(statuses.insert(news.token, result.unwrap().status)),
                Event::Says(said) => panic!("{said:?}"),
            }
        }
        // All of them wait for an answer before one gets it.
        if questions.len() == PARALLEL {
            for question in questions.values_mut().filter_map(Option::take) {
                let given = sign(question.task, &question.input);
                question.answer(given);
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(statuses.values().all(|status| *status == 200));
}

#[test]
fn a_question_that_is_dropped_fails_the_call() {
    let (done, outcome) = std::sync::mpsc::channel();
    let _running = call().start(drop, move |result| drop(done.send(result))).unwrap();
    let error = outcome.recv().unwrap().unwrap_err();
    assert_eq!((error.code.as_str(), error.kind, error.retryability), ("signer_failed", "config", "safe"));
    assert!(error.message.contains("it gave no answer"), "{error}");
}

#[test]
fn what_the_key_says_is_told_and_nothing_is_sent() {
    let error = run(call(), |_, _| Err(KeyError::new("the vault is sealed"))).unwrap_err();
    assert_eq!((error.code.as_str(), error.field.as_deref()), ("signer_failed", Some("sign")));
    assert!(error.text.contains("the vault is sealed; nothing was sent"), "{error}");
}

#[test]
fn a_key_that_panics_is_an_internal_error() {
    let outcome = wechatpay_bridge::guard(|| wait(call(), TICK, || true, |_| panic!("spilt")).map(drop));
    assert_eq!(outcome.unwrap_err().kind, "internal");
    // The thread is as it was.
    assert!(Handle::try_current().is_err());
    assert_eq!(run(call(), sign).unwrap().status, 200);
}

#[test]
fn a_key_that_only_decrypts_is_refused() {
    assert_eq!(Key::given(true, true).unwrap(), Key::Elsewhere);
    assert_eq!(Key::given(false, false).unwrap(), Key::InOptions);
    let error = Key::given(false, true).unwrap_err();
    assert_eq!((error.kind, error.field.as_deref()), ("config", Some("decrypt")));
}

/// The child has the parent's call, but neither its sockets nor its timers.
#[test]
fn a_key_that_forks_ends_the_call_in_the_child() {
    let mut child = None;
    let outcome = wait(
        call(),
        TICK,
        || true,
        with(|task, message| {
            #[expect(unsafe_code, reason = "fork is what is tested")]
            let forked = unsafe { nix::unistd::fork() }.unwrap();
            if forked.is_child() {
                nix::unistd::alarm::set(20);
            }
            child = Some(forked);
            sign(task, message)
        }),
    );
    match child.unwrap() {
        nix::unistd::ForkResult::Child => std::process::exit(i32::from(!matches!(outcome, Ok(Waited::GivenUp(_))))),
        nix::unistd::ForkResult::Parent { child } => {
            assert!(matches!(outcome, Ok(Waited::Done(Ok(_)))));
            let ended = nix::sys::wait::waitpid(child, None).unwrap();
            assert_eq!(ended, nix::sys::wait::WaitStatus::Exited(child, 0));
        }
    }
}

#[test]
fn another_merchant_brings_another_key() {
    let mut own = WORLD.options.clone();
    own.as_object_mut().unwrap().remove("base_url");
    let derived = WORLD.local.for_merchant(own.to_string().into_bytes(), Key::Elsewhere).unwrap();
    assert_eq!(run(derived.call(OPERATION, PARAMS), sign).unwrap().status, 200);
    let error = run(derived.call(OPERATION, PARAMS), without).unwrap_err();
    assert_eq!(error.code, "signer_failed");
}
