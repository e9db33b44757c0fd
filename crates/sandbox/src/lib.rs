//! A local WeChat Pay APIv3.
//!
//! It listens on 127.0.0.1 only: a main and a backup host that serve the API, and an admin listener that arms faults,
//! edits the state and shows what came in. It is written after the platform's documents, not after a client: it checks
//! `Authorization` over the exact bytes, answers errors in the documented shapes and signs every reply with the key that
//! `Wechatpay-Serial` asks for. Any APIv3 client can be pointed at it.
//!
//! ```no_run
//! # async fn example() -> Result<(), wechatpay_sandbox::Error> {
//! use wechatpay_sandbox::{Options, Sandbox};
//!
//! let sandbox = Sandbox::start(Options::new("target/sandbox")).await?;
//! println!("{}", sandbox.info().base_url);
//! sandbox.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Directory
//! `DIR/keys` holds the merchant's key and certificate, the platform's public key and certificate with their private
//! halves, and `identity.json` (mchid, APIv3 key, public key ID); it is made at the first start and used again. All
//! files have mode 0600. `DIR/sandbox.json` ([`Info`]) appears, at once and whole, when the listeners answer.
//!
//! # Behaviour
//! `GET /v3/certificates` answers with the platform's certificates, each encrypted under the APIv3 key of the directory.
//! The operations of the Gold Plan and the check of a sub-merchant's invoice status act on [`State`], and so do
//! transfers to users (`fund_app.mch_transfer.transfer_bills`: create, cancel and both queries), complaints
//! (`merchant_service.complaints_v2`: list by date and merchant in pages, get, histories, answer, completion and approval
//! of refunds; `complaint_notifications`) and applications of sub-merchants (`applyment4sub.applyment`). Prepays, queries,
//! closing and reversing of `pay.transactions` and `pay.partner.transactions` act on orders, which the admin listener
//! pays. What is paid is refunded (`refund.domestic.refunds`) and shared (`profitsharing`: receivers, orders, unfreezing,
//! returns and what is left), and the amounts add up: no more goes back than was paid, less what others have got of it.
//! Batches of transfers (`transfer.batches`) must add up, too.
//!
//! Refunds, profit sharing, returns and batches are `PROCESSING` for ten seconds of the business clock, and a transfer
//! waits a day for its user; `POST /settle` ends them at once. What has ended is told to the `notify_url` of the request,
//! of complaints to the merchant's URL of complaint notifications, once, where that is on loopback.
//! All other operations of `spec/` answer with an example of the documented reply and the header
//! `Sandbox-Behaviour: example`.
//!
//! Lists in pages hold 23 elements, made from the documented one, and go by `offset` and `limit` (`count`, `page_size`),
//! `page_index` or `page_token`. A reply with a `download_url` leads to a file of this sandbox: bills with
//! [`State::bill_rows`] rows, of which there are as many parts as a reply has places for, compressed and encrypted as
//! asked for, and PDFs. Its token is good for five minutes of the business clock; [`State::files`] are there for good.
//! Uploads must be what their `meta` says of them: digest and file name. A form is shown in the journal as
//! `"form": {"meta": …, "file": {"filename", "content_type", "bytes", "sha256"}}`, a large one without its `body`.
//!
//! Fields that travel encrypted are decrypted and encrypted as on the platform; files come without a signature. Of a
//! request with encrypted fields the journal shows under `understood` what the sandbox read, `{"path", "query", "header",
//! "body"}` in plain text: null where there were none or they could not be decrypted.
//!
//! # Admin listener
//! Requests and replies are JSON; a request that is refused answers 4xx with `{"error": "…"}`.
//!
//! | Request | Body | Reply |
//! |---|---|---|
//! | `GET /` | | [`Info`] |
//! | `POST /reset` | | `{}`; seed state, clock, merchants, certificates, faults and journal as at the start |
//! | `GET /state` | | [`State`] |
//! | `PUT /state` | [`State`] | the new [`State`] |
//! | `PATCH /state` | merge patch (RFC 7396) | the new [`State`] |
//! | `POST /clock` | `{"advance_seconds"?, "off_by_seconds"?}` | `{"now", "advanced_seconds", "off_by_seconds", "notifications"?}`; the first moves business rules and ends what is due, the second sets how far the clock of signatures is off |
//! | `POST /merchants` | `{"mchid", "certificate_pem"}` | `{"mchid", "serial_no"}` |
//! | `GET /faults` | | `[{"id", "match", "times", "fault"}]`, `times` counted down |
//! | `POST /faults` | `{"match"?, "times"?, "fault"}` | `{"id"}` |
//! | `DELETE /faults` | `{"id"}`, or nothing: all of them | `{}`; refused listeners open again |
//! | `GET /journal` | | `[{"seq", "host", "method", "target", "headers", "body" or "body_base64", "operation", "mchid", "authorized", "executed", "status", "fault", "understood", "form"?}]`; `?after=SEQ`: only what came later |
//! | `DELETE /journal` | | `{}` |
//! | `GET /orders` | | all orders as a query shows them, with their `prepay_id` |
//! | `POST /cashier` | `{"record"}` | `{"out_trade_no", "description", "total", "currency"}`; refused where WeChat would not open it |
//! | `POST /orders/pay` | `{"out_trade_no", "mchid"?, "sub_mchid"?, "openid"?}` | `{"order", "notification": {"id", "headers", "body", "answer"}}` |
//! | `POST /settle` | `{"number"?, "outcome"?}` | `{"notifications": [{"id", "headers", "body", "answer"}]}`; ends what the merchant calls by this number, or all that is pending |
//! | `POST /complaints` | `{"complaint"?, "mchid"?}` | `{"complaint", "notifications"}`; a user files it, and what is left out is as usual |
//! | `POST /notifications` | `{"event" or "event_type" and "resource", "original_type"?, "signed_with"?, "seconds"?, "apiv3_key"?, "envelope"?, "headers"?, "body"?, "url"?, "redeliver"?, "header_case"?}` | `{"id", "headers", "body", "answer", "deliveries"}` |
//! | `GET /certificates` | | `{"available", "certificates": [{"serial_no", "starts_in", "ends_in", "signing"}]}` |
//! | `POST /certificates` | `{"serial_no"?, "starts_in"?, "ends_in"?, "signing"?}` | the same, with a new one |
//! | `PATCH /certificates` | `{"serial_no"?, "starts_in"?, "ends_in"?, "signing"?, "available"?}` | the same, changed |
//! | `DELETE /certificates` | `{"serial_no"}` | the same, without that one |
//!
//! Certificates can be rotated while clients are running. A new one has a key of its own and is valid from `starts_in` to
//! `ends_in`, in seconds from now (a day ago, five years); `PATCH` dates one anew (the one that signs, where `serial_no` is
//! left out), and so lets it expire. The one with `signing` signs the replies to requests that ask for no key, what the
//! fault `certificate_signed` strikes, and notifications `signed_with` the certificate; there always is one, so that it
//! cannot be removed. Not `available`: `GET /v3/certificates` answers 404, as it does to new merchants.
//!
//! A notification carries `resource` (JSON, or a text as it is) encrypted under the merchant's APIv3 key, or under
//! `apiv3_key`. `event` is the id of one in `spec/webhooks.json` and gives an example of it, with fields encrypted for the
//! merchant where the documents say so; `resource` and the others take the place of its parts. `envelope` is a merge patch
//! of the body before it is signed with the `public_key` or the `certificate`, `seconds` from now. What comes after is
//! spoilt: `headers` replaces (or, null, removes) some, `body` is another one.
//!
//! With `url` it is delivered there, and `answer` is what the receiver said within 5 seconds: `{"status", "body",
//! "taken"}`, or `{"error"}`. With `redeliver`, `{"scale": N}`, it comes again until an answer is 2xx, at most 15 times
//! after 15 s, 15 s, 30 s, 3, 10, 20, 30, 30, 30 and 60 minutes, and 3, 3, 3, 6 and 6 hours, as from the platform;
//! `scale` is what each of these seconds lasts (0.0001: nine seconds for the whole day). Every delivery is signed
//! afresh, and spoilt like the first; `deliveries` tells all of them, `[{"after_seconds", "answer"}]`, and the reply
//! comes after the last. `header_case` is `lower` (as gateways write names) or `title`. A probe is a delivery with
//! `"headers": {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/…"}`.
//!
//! `outcome` is how it ends: `SUCCESS`, where nothing is said; of a refund `CLOSED` or `ABNORMAL`, of profit sharing
//! `CLOSED`, of a return `FAILED`, of a transfer `FAIL`, of a batch `PARTIAL` (its last transfer fails), `FAIL` or `CLOSED`.
//!
//! An order is paid by nobody but `POST /orders/pay`, which notifies its merchant (`TRANSACTION.SUCCESS`): at the order's
//! `notify_url` where that is on loopback, and in the answer alone where it is not, since nothing is ever sent elsewhere.
//! `POST /cashier` takes what a front end would hand to WeChat and says which order would be paid, or what is wrong with
//! it: fields, signature, age, prepay id, app id, merchant. Orders go with `POST /reset`.
//!
//! `match` holds any of `operation` (id), `method`, `path` (without query), `host` (`main` or `backup`) and `contains` (a
//! text in the target or the body, such as a call's own number); a fault
//! strikes the next `times` (1) calls that match, one fault a call, the first armed first. `fault` is one of
//!
//! | `kind` | Members | Effect |
//! |---|---|---|
//! | `delay` | `ms` | the request takes effect, the reply comes later |
//! | `status` | `status`, `body`?, `content_type`?, `headers`?, `signed`? (true), `after`? (`read`) | this reply instead; `after: "work"`: once the request has had its effect |
//! | `refused` | | the listener of `match.host` is closed, its connections too, until `DELETE /faults` or `POST /reset` |
//! | `reset` | `after`? (`read`) | the connection is reset without a reply, in the middle of the request (`part`), before (`read`) or after (`work`) the effect |
//! | `half_reply` | | head with `Content-Length`, half of the body, end of connection |
//! | `wrong_signature` | | a valid signature of other bytes |
//! | `stale_timestamp` | `seconds`? (600) | signed that long ago; negative: in the future |
//! | `unknown_serial` | | properly signed, under a serial that nobody knows |
//! | `signtest_probe` | | `Wechatpay-Signature: WECHATPAY/SIGNTEST/…` |
//! | `oversized_body` | `bytes`? (32 MiB) | the reply, signed, padded with spaces and sent in chunks |
//! | `html_502` | | a gateway's page, unsigned, without effect |
//! | `unsigned` | | no signature headers |
//! | `missing_header` | `name` | one reply header is left out |
//! | `reply` | `status`?, `body` | a properly signed reply with this body; a string is sent as it is |
//! | `replay` | `now`, `headers`, `body_base64`, `signed`? | a golden reply moved from `now` to this moment, signed anew by `signed`: `{"key_pem", "timestamp", "nonce", "body_base64"}` |
//! | `certificate_signed` | | signed with the platform certificate that signs, whatever was asked for |
//! | `other_certificate` | | the encrypted fields of the reply are encrypted for another certificate than the merchant's |
//! | `corrupt` | | one byte in the middle of the body is changed after it was signed; files, which are not signed, too |

mod admin;
mod behaviours;
mod business;
mod cashier;
mod certificates;
mod clock;
mod complaints;
mod deliver;
mod error;
mod faults;
mod files;
mod host;
mod identity;
mod info;
mod journal;
mod listener;
mod notify;
mod orders;
mod owner;
mod pending;
mod platform;
mod random;
mod refunds;
mod replay;
mod sandbox;
mod settle;
mod sharing;
mod spec;
mod state;
mod transfers;

pub use error::Error;
pub use info::Info;
pub use sandbox::{Options, Sandbox, Seed};
pub use state::{Advertising, Fapiao, GoldPlan, PayScene, ServiceProvider, State, SubMerchant, Switch};
