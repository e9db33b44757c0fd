//! Exports what calls tell through OpenTelemetry: `cargo run -p wechatpay-examples --bin opentelemetry`.
//!
//! Makes one call with the options of the `WECHATPAY_*` variables, and prints its span and the attempts in it. Where there
//! is a collector, `opentelemetry-otlp` has the exporter, and `with_batch_exporter` sends in the background.
#![expect(clippy::print_stdout, reason = "where this example exports to")]

use std::error::Error;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;
use wechatpay_sdk::Client;
use wechatpay_sdk::pay::transactions::jsapi::Create;
use wechatpay_sdk::pay::{Amount, PayTransactionJsapiPayer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = SdkTracerProvider::builder().with_simple_exporter(Stdout).build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("shop"))
        .with_location(false)
        .with_target(false)
        .with_threads(false)
        .with_tracked_inactivity(false);
    // Attempts are told at DEBUG, where the libraries below tell of each connection.
    let told = Targets::new().with_default(LevelFilter::INFO).with_target("wechatpay_sdk", LevelFilter::DEBUG);
    tracing_subscriber::registry().with(layer.with_filter(told)).init();
    let outcome = prepay().await;
    provider.shutdown()?;
    outcome
}

async fn prepay() -> Result<(), Box<dyn Error>> {
    let client = Client::from_env()?;
    let (amount, payer) = (Amount::new(100), PayTransactionJsapiPayer::new("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"));
    let (appid, notify_url) = ("wxd678efh567hg6787", "https://www.example.com/notify");
    client.send(&Create::new(appid, client.mchid(), "tea", "TRACED-1", amount, notify_url, payer)).await?;
    Ok(())
}

#[derive(Debug)]
struct Stdout;

impl SpanExporter for Stdout {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        for span in spans {
            println!("{} kind={:?} {:?}{}", span.name, span.span_kind, span.status, text(&span.attributes));
            for event in span.events.iter() {
                println!("  {}{}", event.name, text(&event.attributes));
            }
        }
        Ok(())
    }
}

fn text(attributes: &[KeyValue]) -> String {
    attributes.iter().map(|attribute| format!(" {}={}", attribute.key, attribute.value)).collect()
}
