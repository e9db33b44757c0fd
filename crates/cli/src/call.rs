//! `wechatpay call` and `wechatpay request`: one request, its reply on standard output.

use std::fs;
use std::future::Future;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::{Map, Value};
use wechatpay_sdk::operation::{Method, ReplyKind};
use wechatpay_sdk::{Error, Response};

use crate::args::{CallArgs, RequestArgs};
use crate::failure::Failure;
use crate::output::{Sink, note};
use crate::values;

pub(crate) async fn call(args: CallArgs) -> Result<(), Failure> {
    let operation = values::operation(&args.id)?;
    let params = match &args.json {
        Some(path) => object(path)?,
        None => values::record(operation, &args.params)?,
    };
    let client = args.credentials.client()?.with_options(args.send.options());
    let sink = Sink::open(&args.send, operation.reply)?;
    let reply = unless_interrupted(client.call(operation.id, params), operation.id, operation.method).await?;
    deliver(args.send.verbose, sink, operation.method, &reply)
}

pub(crate) async fn request(args: RequestArgs) -> Result<(), Failure> {
    let mut query = Vec::new();
    for pair in &args.query {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| Error::bad_argument("--query", "must be written key=value"))?;
        query.push((name.to_owned(), value.to_owned()));
    }
    let body = args.body.as_deref().map(body).transpose()?;
    let client = args.credentials.client()?.with_options(args.send.options());
    let sink = Sink::open(&args.send, ReplyKind::Json)?;
    let sent = client.request(args.method, &args.path, &query, body.as_ref());
    let reply = unless_interrupted(sent, args.method.as_str(), args.method).await?;
    deliver(args.send.verbose, sink, args.method, &reply)
}

fn deliver(verbose: bool, sink: Sink, method: Method, reply: &Response) -> Result<(), Failure> {
    if verbose {
        note(&format!("status {}, Request-ID {}", reply.status, reply.request_id.as_deref().unwrap_or("none")));
    }
    sink.write(reply).map_err(|failure| failure.after_reply(method, reply))
}

/// Awaits a call, or gives it up on Ctrl-C: the request may have left already.
pub(crate) async fn unless_interrupted<T>(
    call: impl Future<Output = Result<T, Error>>,
    operation: &str,
    method: Method,
) -> Result<T, Failure> {
    tokio::select! {
        outcome = call => Ok(outcome?),
        _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted(Error::cancelled(operation, method != Method::Get))),
    }
}

fn object(path: &Path) -> Result<Map<String, Value>, Error> {
    let text = read("--json", path)?;
    serde_json::from_str(&text)
        .map_err(|error| Error::bad_argument("--json", format!("must be a JSON object, but it is not: {error}")))
}

fn body(given: &str) -> Result<Value, Error> {
    let text = match given.strip_prefix('@') {
        Some(path) => read("--body", Path::new(path))?,
        None if given == "-" => read("--body", Path::new("-"))?,
        None => given.to_owned(),
    };
    serde_json::from_str(&text)
        .map_err(|error| Error::bad_argument("--body", format!("must be JSON, but it is not: {error}")))
}

fn read(argument: &str, path: &Path) -> Result<String, Error> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    read.map_err(|error| Error::bad_argument(argument, format!("cannot be read from {}: {error}", path.display())))
}
