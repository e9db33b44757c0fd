//! What an operation is: the part of `spec/` that a call needs at run time.
//!
//! The tables themselves are generated (`crates/codegen`); this module only says what shape they have.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::generated::tables::TABLES;
use crate::kept::Kept;
use crate::table::Table;

/// An HTTP method of APIv3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates or acts.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// The method as it stands on the wire and in the signed message.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_uppercase().as_str() {
            "GET" => Ok(Self::Get),
            "POST" => Ok(Self::Post),
            "PUT" => Ok(Self::Put),
            "PATCH" => Ok(Self::Patch),
            "DELETE" => Ok(Self::Delete),
            _ => Err("must be one of GET, POST, PUT, PATCH, DELETE".to_owned()),
        }
    }
}

/// Where a parameter of the caller's flat record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Into the path template, percent-encoded as one segment.
    Path,
    /// Into the query string.
    Query,
    /// Into a request header of the same name.
    Header,
    /// Into the body: a member of the JSON object, or a part of the multipart form.
    Body,
}

/// The shape of a value, as far as a request is checked before it is sent.
#[derive(Debug)]
pub enum Schema {
    /// Anything.
    Any,
    /// A string.
    String {
        /// The documented literals, empty when free. An open set: newer literals pass.
        values: &'static [&'static str],
        /// Encrypted under the platform's public key before it is sent.
        encrypted: bool,
    },
    /// A whole number.
    Integer,
    /// A number; digits are kept as written.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list.
    Array(&'static Schema),
    /// An object with these fields.
    Object(&'static [Field]),
    /// A string that holds the JSON text of this value (the `meta` part of an upload).
    JsonText(&'static Schema),
    /// The bytes of a file.
    Binary,
    /// A text that is worked out where the caller leaves it out.
    Computed(Computed),
}

/// What an upload says of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Computed {
    /// Its name.
    FileName,
    /// Its SHA-256 in lower-case hex.
    Sha256,
    /// Its SM3 in lower-case hex.
    Sm3,
    /// The one literal that is documented.
    Literal(&'static str),
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    /// The wire name.
    pub name: &'static str,
    /// Whether a request must carry it.
    pub required: bool,
    /// Its shape.
    pub schema: &'static Schema,
}

/// A parameter of an operation.
#[derive(Debug)]
pub struct Param {
    /// The wire name.
    pub name: &'static str,
    /// Where it goes.
    pub place: Place,
    /// Whether a request must carry it.
    pub required: bool,
    /// Its shape.
    pub schema: &'static Schema,
}

/// What the request body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// Nothing is sent and an empty body is signed.
    None,
    /// A JSON object.
    Json,
    /// `multipart/form-data`; only the JSON of its `meta` part is signed.
    Multipart,
}

/// What a success reply holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyKind {
    /// No body (204, some 202): a signature over an empty body.
    Empty,
    /// A JSON object.
    Json,
    /// The bytes of a file, by contract not signed.
    Binary,
}

/// One operation of WeChat Pay APIv3.
#[derive(Debug)]
pub struct Operation {
    /// Dotted name, the same in every language, on the command line and in logs.
    pub id: &'static str,
    /// The official short title.
    pub title: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path template, `{name}` for path parameters.
    pub path: &'static str,
    /// Base URL of its own, where it is not served by the main host.
    pub host: Option<&'static str>,
    /// Parameters, in the order of the document.
    pub params: &'static [Param],
    /// What the request body is.
    pub body: BodyKind,
    /// What a success reply holds.
    pub reply: ReplyKind,
    /// Reply fields that the platform encrypts for the merchant, as paths (`items[].payer.name`).
    pub encrypted_reply: &'static [&'static str],
    /// Whether repeating the same request has the effect of sending it once.
    pub idempotent: bool,
    /// The GET that tells what became of it, callable with what its request holds.
    pub read_back: Option<&'static str>,
    /// How its list is read page by page, where it gives one.
    pub paging: Option<Paging>,
    /// The official document.
    pub doc_url: &'static str,
}

/// How a list is read page by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// The list in the reply.
    pub items: &'static str,
    /// The parameter that moves from page to page.
    pub at: &'static str,
    /// The parameter that says how many items a page has.
    pub size: &'static str,
    /// Where the reply tells the number of all items.
    pub total: Option<&'static str>,
    /// What moves it.
    pub step: Step,
}

/// What a page is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The items before it.
    Item,
    /// The pages before it; `page_index` begins at 1.
    Page,
    /// A text that the reply before it gave, in this field.
    Token(&'static str),
}

/// All operations whose tables are built in, sorted by id.
#[must_use]
pub fn operations() -> &'static [&'static Operation] {
    static ALL: Kept<&'static [&'static Operation]> = Kept::new();
    ALL.get(|| TABLES.iter().flat_map(|table| table.operations()).collect::<Vec<_>>().leak())
}

/// The namespaces that have tables of their own, such as `goldplan` or `marketing.bank`, sorted: those that are built in.
pub fn namespaces() -> impl Iterator<Item = &'static str> {
    TABLES.iter().filter(|table| table.is_built_in()).map(|table| table.namespace)
}

/// All namespaces that have tables of their own, built in or not.
pub(crate) fn all_namespaces() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|table| table.namespace)
}

/// The tables that hold what begins with `name`, or that it begins with; built in or not.
fn tables_of(name: &str) -> impl Iterator<Item = &'static Table> {
    TABLES.iter().copied().filter(move |table| inside(table.namespace, name) || inside(name, table.namespace))
}

fn inside(id: &str, outer: &str) -> bool {
    id.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.') || rest.is_empty())
}

/// The table that would say whether there is such an operation or namespace, where it is not built in.
pub(crate) fn not_built_in(name: &str) -> Option<&'static Table> {
    tables_of(name).find(|table| !table.is_built_in())
}

/// The operations inside of a namespace (`goldplan.merchants`), sorted by id. Reads no tables but those that it needs.
pub fn operations_in(namespace: &str) -> impl Iterator<Item = &'static Operation> {
    let tables = tables_of(namespace);
    tables.flat_map(|table| table.operations()).filter(move |operation| inside(operation.id, namespace))
}

/// The operation with this id, if its table is built in.
#[must_use]
pub fn find_operation(id: &str) -> Option<&'static Operation> {
    let behind = TABLES.partition_point(|table| table.namespace <= id);
    let operations = TABLES.get(behind.checked_sub(1)?)?.operations();
    operations.binary_search_by(|operation| operation.id.cmp(id)).ok().map(|at| &operations[at])
}

/// A typed request: generated, one per operation. [`crate::Client::send`] takes any of them.
pub trait Call: Serialize {
    /// What a success reply is parsed into; `()` where the reply has no body.
    type Reply: Reply;

    /// The operation that it calls.
    fn operation() -> &'static Operation;
}

/// What a verified success body is turned into.
pub trait Reply: Sized {
    /// Parses the body, whose signature is already verified.
    ///
    /// # Errors
    /// When the body is not of the documented shape.
    fn decode(body: Bytes) -> Result<Self, serde_json::Error>;
}

impl Reply for () {
    fn decode(_: Bytes) -> Result<Self, serde_json::Error> {
        Ok(())
    }
}

/// A file; not signed by contract, its integrity comes from the hash in the reply that gave its address.
impl Reply for Bytes {
    fn decode(body: Bytes) -> Result<Self, serde_json::Error> {
        Ok(body)
    }
}

/// Parses a JSON reply: what the generated `Reply` impls do.
#[allow(dead_code, reason = "without the feature of a product there are no types")]
pub(crate) fn decode_json<T: DeserializeOwned>(body: &Bytes) -> Result<T, serde_json::Error> {
    serde_json::from_slice(body)
}
