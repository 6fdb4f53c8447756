use std::{fmt::Display, path::Path, sync::Arc};

use hyper_rustls::ConfigBuilderExt;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// Returns the configuration of TLS clients that trust the authorities in a PEM file, or else the public ones.
///
/// # Errors
/// A sentence about `SMTP_CA_FILE`.
pub(super) fn config(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let tls = tls.with_safe_default_protocol_versions().map_err(|error| format!("TLS: {error}"))?;
    let tls = match ca_file {
        None => tls.with_webpki_roots(),
        Some(file) => tls.with_root_certificates(authorities(file)?),
    };
    Ok(tls.with_no_client_auth())
}

/// Reads the certificates of authorities from a PEM file.
fn authorities(file: &Path) -> Result<RootCertStore, String> {
    let failed = |error: &dyn Display| format!("SMTP_CA_FILE {}: {error}", file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))? {
        roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
    }
    match roots.is_empty() {
        true => Err(failed(&"the file has no certificate in PEM")),
        false => Ok(roots),
    }
}
