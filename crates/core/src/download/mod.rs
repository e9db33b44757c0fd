//! Files from the platform: bills, receipts, images. They stream to the disk, and take their place there only when their hash
//! is the one of the signed reply that gave their address.

mod address;
mod saving;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio::time::Instant;
use url::Url;
use zeroize::Zeroizing;

use crate::bind::{Bound, bind};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Retryability};
use crate::file_hash::Algorithm;
use crate::operation::{Call, Method, Operation, ReplyKind};
use crate::send::Outgoing;
use crate::sensitive;
use address::{Address, addresses};
pub(crate) use saving::Saving;
use saving::{Plan, Seal, Watcher};

/// Where a file goes, and what is done with it on the way.
#[derive(Clone)]
pub struct SaveTo {
    path: PathBuf,
    gunzip: bool,
    hash: Option<(String, String)>,
    watcher: Option<Watcher>,
}

impl SaveTo {
    /// A file at this path; one that is there is replaced when the new one is whole.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), gunzip: false, hash: None, watcher: None }
    }

    /// Inflates it. Where the request says `tar_type: GZIP`, that is done without being asked for.
    #[must_use]
    pub fn gunzip(mut self, gunzip: bool) -> Self {
        self.gunzip = gunzip;
        self
    }

    /// Its hash, where it is not in a reply that the client reads: `SHA1`, `SHA256` or `SM3`, and the value in hex. It is that
    /// of the inflated file.
    #[must_use]
    pub fn hash(mut self, hash_type: impl Into<String>, hash_value: impl Into<String>) -> Self {
        self.hash = Some((hash_type.into(), hash_value.into()));
        self
    }

    /// Is told how far it is: every 256 KiB, and at the end. An attempt that is repeated begins anew. It is called on the
    /// thread that drives the call, so it must not wait for anything.
    #[must_use]
    pub fn progress(mut self, watcher: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.watcher = Some(Arc::new(watcher));
        self
    }
}

impl<P: AsRef<Path>> From<P> for SaveTo {
    fn from(path: P) -> Self {
        Self::new(path.as_ref())
    }
}

impl fmt::Debug for SaveTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaveTo").field("path", &self.path).field("gunzip", &self.gunzip).finish_non_exhaustive()
    }
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that have come, compressed if the file is.
    pub received: u64,
    /// Bytes that will come, where the platform says so.
    pub total: Option<u64>,
}

/// A file that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its length in bytes, inflated.
    pub length: u64,
    /// The algorithm that it was checked with; None where the platform gives no hash.
    pub hash_type: Option<&'static str>,
}

impl Client {
    /// Downloads what an operation gives: the file that it answers with, or the files whose addresses stand in its reply
    /// (`download_url`), as those of bills and receipts do. Their hashes are checked against that signed reply; encrypted ones
    /// are decrypted. Of several, the second goes to `bill.2.csv` where the first goes to `bill.csv`; all of them are saved, or
    /// none. The client's timeout holds until the file begins to come, and then for each pause in it.
    ///
    /// ```no_run
    /// # #[cfg(feature = "bill")] {
    /// # async fn run(client: &wechatpay_sdk::Client) -> Result<(), wechatpay_sdk::Error> {
    /// use wechatpay_sdk::bill::{TarType, trade_bill::Get};
    ///
    /// let bill = Get::new("2026-11-25").tar_type(TarType::Gzip);
    /// let files = client.download(&bill, "2026-11-25.csv").await?;
    /// # Ok(()) }
    /// # }
    /// ```
    ///
    /// # Errors
    /// Any kind; integrity (`hash_mismatch`, `not_gzip`, `no_file`) and config (`cannot_write`) among them.
    pub async fn download<C: Call>(&self, call: &C, to: impl Into<SaveTo>) -> Result<Vec<SavedFile>, Error> {
        self.download_from(C::operation(), self.record_of(call)?, to.into()).await
    }

    /// [`Client::download`] by operation id, with a flat record of parameters.
    ///
    /// # Errors
    /// As [`Client::download`].
    pub async fn download_by_id(
        &self,
        operation: &str,
        params: Map<String, Value>,
        to: impl Into<SaveTo>,
    ) -> Result<Vec<SavedFile>, Error> {
        self.download_from(Self::operation_of(operation)?, params, to.into()).await
    }

    /// Downloads from an address that the platform gave. Only WeChat Pay's own hosts, or the client's, are asked.
    ///
    /// # Errors
    /// As [`Client::download`]; invalid request (`foreign_url`).
    pub async fn download_url(&self, url: &str, to: impl Into<SaveTo>) -> Result<SavedFile, Error> {
        let to = to.into();
        self.observed("download_url", async {
            let saving = Saving::new(to.plan(None, None)?)?;
            self.fetch(url, saving).await?.persist()
        })
        .await
    }

    async fn download_from(
        &self,
        operation: &'static Operation,
        record: Map<String, Value>,
        to: SaveTo,
    ) -> Result<Vec<SavedFile>, Error> {
        let to = SaveTo { gunzip: to.gunzip || record.get("tar_type").is_some_and(|it| it == "GZIP"), ..to };
        if operation.reply == ReplyKind::Binary {
            return self
                .observed(operation.id, self.download_reply(operation, record, to))
                .await
                .map(|file| vec![file]);
        }
        // The place is looked at before a reply is asked for, whose address may be good only once.
        Saving::new(to.plan(None, None)?).map_err(|error| error.with_operation(operation.id))?;
        let reply = self.invoke(operation, record, Ok).await?;
        self.observed(operation.id, async {
            let reply = reply.json()?;
            let found = addresses(&reply);
            if found.is_empty() {
                let message = "the reply names no file: the operation gives none, or none yet; look at its reply, and ask again later";
                return Err(Error::new(ErrorKind::Integrity, "no_file", message).with_retry(Retryability::Never));
            }
            let mut finished = Vec::new();
            for (at, address) in found.into_iter().enumerate() {
                let to = SaveTo { path: numbered(&to.path, at), ..to.clone() };
                let seal = self.unseal(operation, &address, at).await?;
                let saving = Saving::new(to.plan(address.hash, seal)?)?;
                finished.push(self.fetch(&address.url, saving).await?);
            }
            finished.into_iter().map(saving::Finished::persist).collect()
        })
        .await
        .map_err(|error| if operation.method == Method::Get { error } else { error.with_effect(true) })
    }

    async fn download_reply(
        &self,
        operation: &'static Operation,
        record: Map<String, Value>,
        to: SaveTo,
    ) -> Result<SavedFile, Error> {
        let started = Instant::now();
        let saving = Saving::new(to.plan(None, None)?)?;
        self.keys_ready(started).await?;
        let bound = bind(operation, record, self.encryption(&self.merchant.platform.keys())?, None)?;
        let outgoing =
            Outgoing { saving: Some(Mutex::new(saving)), ..Outgoing::new(operation.method, bound, Some(operation)) };
        self.saved(outgoing, started).await?.persist()
    }

    async fn fetch(&self, url: &str, saving: Saving) -> Result<saving::Finished, Error> {
        let bad = |problem: &str| Error::invalid("url", "foreign_url", problem);
        let url = Url::parse(url).map_err(|_| bad("must be the absolute URL that the platform gave"))?;
        if !self.shared.hosts.may_serve(&url) {
            return Err(bad("must be at a host of WeChat Pay, or of this client; a signature is sent to nobody else"));
        }
        let bound =
            Bound { target: url[url::Position::BeforePath..url::Position::AfterQuery].to_owned(), ..Bound::default() };
        let outgoing = Outgoing {
            saving: Some(Mutex::new(saving)),
            address: Some(url),
            ..Outgoing::new(Method::Get, bound, None)
        };
        self.saved(outgoing, Instant::now()).await
    }

    async fn saved(&self, mut outgoing: Outgoing, started: Instant) -> Result<saving::Finished, Error> {
        self.dispatch(&outgoing, started).await?;
        let saving = outgoing.saving.take().ok_or_else(|| Error::internal("a download must have a file"))?;
        saving.into_inner().unwrap_or_else(PoisonError::into_inner).finish()
    }

    /// The key of an encrypted file. Where the operation marks it as encrypted, the reply has it in plaintext already.
    async fn unseal(&self, operation: &Operation, address: &Address, at: usize) -> Result<Option<Seal>, Error> {
        let Some((key, nonce)) = &address.seal else { return Ok(None) };
        let path = format!("download_bill_list[{at}].encrypt_key");
        let key = match operation.encrypted_reply.iter().any(|path| path.ends_with("encrypt_key")) {
            true => Zeroizing::new(key.clone()),
            false => Zeroizing::new(sensitive::decrypt(&self.merchant.signer.key, key, &path, self.timeout).await?),
        };
        let key = key.as_bytes().try_into().map_err(|_| {
            let message = format!("{path} must hold 32 bytes, but holds {}", key.len());
            Error::new(ErrorKind::Integrity, "bad_file_key", message)
        })?;
        Ok(Some(Seal { key: Zeroizing::new(key), nonce: nonce.clone().into_bytes() }))
    }
}

impl SaveTo {
    /// `hash` is that of the signed reply, which is told before what the caller says.
    fn plan(&self, hash: Option<(String, String)>, seal: Option<Seal>) -> Result<Plan, Error> {
        let from_reply = hash.is_some();
        let hash = hash.or_else(|| self.hash.clone()).map(|(name, value)| match Algorithm::named(&name) {
            Some(algorithm) => Ok((algorithm, value)),
            None if from_reply => {
                let message = format!("the reply names the hash {name}, which this SDK does not know; download_url takes the file unchecked");
                Err(Error::new(ErrorKind::Integrity, "unknown_hash_type", message))
            }
            None => Err(Error::invalid("hash_type", "unknown_hash_type", "must be SHA1, SHA256 or SM3")),
        });
        Ok(Plan {
            to: self.path.clone(),
            gunzip: self.gunzip,
            hash: hash.transpose()?,
            seal,
            watcher: self.watcher.clone(),
        })
    }
}

/// The place of the file at this index: `bill.csv`, `bill.2.csv`, `bill.3.csv`.
fn numbered(path: &Path, at: usize) -> PathBuf {
    if at == 0 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}.{}{extension}", at + 1))
}
