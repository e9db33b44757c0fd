//! Whom we trust in TLS: Mozilla's roots (a machine without CA certificates still works), the system's, the caller's.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::Error;
use crate::options::{Options, text_or_file};
use crate::per_process::PerProcess;

pub(crate) fn config(options: &Options) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::clone(&*usual()?);
    for certificate in further(options)? {
        roots.add(certificate).map_err(|_| bad_ca("holds a certificate that cannot be read"))?;
    }
    let mut config = ClientConfig::builder_with_provider(provider()?)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal(format!("the TLS provider knows no usable version: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Read once per process: they are many, and an event loop waits for a client to be made.
fn usual() -> Result<Arc<RootCertStore>, Error> {
    static USUAL: PerProcess<Arc<RootCertStore>> = PerProcess::new();
    let read = || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Ok(Arc::new(roots))
    };
    USUAL.with(read, Clone::clone)
}

fn further(options: &Options) -> Result<Vec<CertificateDer<'static>>, Error> {
    let ca = text_or_file("ca_pem", options.ca_pem.as_deref(), "ca_path", options.ca_path.as_deref())?;
    let Some(pem) = ca else { return Ok(Vec::new()) };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    found
        .ok()
        .filter(|found| !found.is_empty())
        .ok_or_else(|| bad_ca("holds no PEM certificate; give the certificate of the authority to trust"))
}

fn bad_ca(problem: &str) -> Error {
    Error::config("ca_pem", "bad_certificate", problem)
}

/// The application's choice, else the library that signs.
fn provider() -> Result<Arc<CryptoProvider>, Error> {
    if let Some(provider) = CryptoProvider::get_default() {
        return Ok(Arc::clone(provider));
    }
    #[cfg(feature = "aws-lc")]
    return Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(not(feature = "aws-lc"))]
    Err(Error::config(
        "tls",
        "no_tls_provider",
        "needs a rustls provider, since this build has none: install one with CryptoProvider::install_default() first",
    ))
}

#[cfg(all(test, not(feature = "aws-lc")))]
mod tests {
    #[test]
    fn a_build_without_a_tls_provider_says_so_and_does_not_panic() {
        let error = super::config(&crate::Options::default()).expect_err("nobody installed one");
        assert_eq!((error.kind(), error.code()), (crate::ErrorKind::Config, "no_tls_provider"), "{error}");
    }
}
