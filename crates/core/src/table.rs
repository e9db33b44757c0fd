//! The tables of operations: generated text (`generated/tables/`), read when an operation of the product is first asked for.
//!
//! As statics they would be pointers mostly, each with a relocation three times its size in a shared library, and every
//! process would resolve those of a thousand operations to call two. As text they are a third, and cost nothing at start.
//!
//! A line is a schema or an operation, its parts separated by tabs; lines that begin with `#` are comments. Schemas are
//! counted from 0, and refer to earlier ones only:
//! - `=`, literals: an enumeration,
//! - `{`, fields: an object; a field is its name, `!` (required) or `?`, and a type,
//! - an operation: id, title, method, path, host, document, a letter each for body, reply and `i` (idempotent), encrypted
//!   fields of the reply separated by spaces, what reads it back, how its list is paged (`i`, `p` or `t`: by item, page or token;
//!   then list, moving parameter, size, total and next token, `-` for none), and its parameters: `p`, `q`, `h` or `b` (path, query, header, body) before
//!   what makes a field.
//!
//! A type is a letter (`t` text, `e` encrypted text, `i` integer, `n` number, `b` boolean, `f` file, `a` anything), the
//! number of a schema, or `[` (a list of) or `j` (JSON text that holds) before a type. `c` and what it is worked out from is a
//! text that may be left out: `cname`, `csha256`, `csm3`, or `c=` and a literal.

use crate::kept::Kept;
use crate::operation::{BodyKind, Computed, Field, Operation, Paging, Param, Place, ReplyKind, Schema, Step};

/// The operations of one product.
pub(crate) struct Table {
    /// What all their ids begin with.
    pub(crate) namespace: &'static str,
    text: &'static str,
    operations: Kept<&'static [Operation]>,
}

impl Table {
    /// Without text it is known, but not built in.
    pub(crate) const fn new(namespace: &'static str, text: &'static str) -> Self {
        Self { namespace, text, operations: Kept::new() }
    }

    pub(crate) fn is_built_in(&self) -> bool {
        !self.text.is_empty()
    }

    /// The cargo feature that builds it in, and the types of its operations.
    pub(crate) fn feature(&self) -> String {
        self.namespace.replace(['.', '_'], "-")
    }

    /// Its operations, sorted by id. They live as long as the process.
    pub(crate) fn operations(&self) -> &'static [Operation] {
        self.operations.get(|| read(self.text).leak())
    }
}

fn read(text: &'static str) -> Vec<Operation> {
    let (mut schemas, mut operations): (Vec<&'static Schema>, Vec<Operation>) = (Vec::new(), Vec::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split('\t');
        match parts.next() {
            Some("=") => {
                schemas.push(leak(Schema::String { values: parts.collect::<Vec<_>>().leak(), encrypted: false }))
            }
            Some("{") => {
                let fields: Vec<Field> = parts.map(|part| field(part, &schemas)).collect();
                schemas.push(leak(Schema::Object(fields.leak())));
            }
            Some(id) => operations.push(operation(id, parts, &schemas)),
            None => {}
        }
    }
    operations
}

fn operation(id: &'static str, mut parts: std::str::Split<'static, char>, schemas: &[&'static Schema]) -> Operation {
    let mut next = || parts.next().unwrap_or_default();
    let (title, method, path, host, doc_url, kinds, encrypted, read_back, paging) =
        (next(), next(), next(), next(), next(), next(), next(), next(), next());
    Operation {
        id,
        title,
        method: method.parse().expect("the generator writes methods"),
        path,
        host: Some(host).filter(|host| !host.is_empty()),
        params: parts.map(|part| param(part, schemas)).collect::<Vec<_>>().leak(),
        body: match kinds.as_bytes() {
            [b'J', ..] => BodyKind::Json,
            [b'M', ..] => BodyKind::Multipart,
            _ => BodyKind::None,
        },
        reply: match kinds.as_bytes() {
            [_, b'J', ..] => ReplyKind::Json,
            [_, b'B', ..] => ReplyKind::Binary,
            _ => ReplyKind::Empty,
        },
        encrypted_reply: encrypted.split_ascii_whitespace().collect::<Vec<_>>().leak(),
        idempotent: kinds.ends_with('i'),
        read_back: Some(read_back).filter(|id| !id.is_empty()),
        paging: self::paging(paging),
        doc_url,
    }
}

fn paging(text: &'static str) -> Option<Paging> {
    let mut parts = text.split(' ').map(|part| Some(part).filter(|part| *part != "-"));
    let mut next = || parts.next().flatten();
    let (by, items, at, size, total, token) = (next()?, next()?, next()?, next()?, next(), next());
    if by.is_empty() {
        return None;
    }
    let step = match (by, token) {
        ("i", _) => Step::Item,
        ("t", Some(token)) => Step::Token(token),
        _ => Step::Page,
    };
    Some(Paging { items, at, size, total, step })
}

fn param(part: &'static str, schemas: &[&'static Schema]) -> Param {
    let (place, rest) = part.split_at(1);
    let Field { name, required, schema } = field(rest, schemas);
    let place = match place {
        "p" => Place::Path,
        "q" => Place::Query,
        "h" => Place::Header,
        _ => Place::Body,
    };
    Param { name, place, required, schema }
}

fn field(part: &'static str, schemas: &[&'static Schema]) -> Field {
    let (name, ty) = part.split_once(['!', '?']).expect("the generator writes a mark after each name");
    Field { name, required: part.as_bytes()[name.len()] == b'!', schema: schema(ty, schemas) }
}

fn schema(ty: &'static str, schemas: &[&'static Schema]) -> &'static Schema {
    static LEAVES: [Schema; 7] = [
        Schema::String { values: &[], encrypted: false },
        Schema::String { values: &[], encrypted: true },
        Schema::Integer,
        Schema::Number,
        Schema::Boolean,
        Schema::Binary,
        Schema::Any,
    ];
    if let Some(leaf) = ["t", "e", "i", "n", "b", "f", "a"].iter().position(|letter| *letter == ty) {
        return &LEAVES[leaf];
    }
    let (kind, rest) = ty.split_at(1);
    match kind {
        "[" => leak(Schema::Array(schema(rest, schemas))),
        "j" => leak(Schema::JsonText(schema(rest, schemas))),
        "c" => leak(Schema::Computed(match rest {
            "name" => Computed::FileName,
            "sha256" => Computed::Sha256,
            "sm3" => Computed::Sm3,
            literal => Computed::Literal(literal.trim_start_matches('=')),
        })),
        _ => schemas[ty.parse::<usize>().expect("the generator counts schemas")],
    }
}

fn leak(schema: Schema) -> &'static Schema {
    Box::leak(Box::new(schema))
}
