//! TLS, with the certificates that the machine trusts.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, SignatureScheme, StreamOwned,
};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where distributions keep the certificates that they trust, in one file.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// What a connection is checked against, and who it is made as.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Whether any certificate will do.
    pub anybody: bool,
    /// The only certificates trusted, instead of the machine's.
    pub roots: Option<PathBuf>,
    /// A certificate of ours; its key is in the same file or in the other.
    pub certificate: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
    /// `SSL_CERT_FILE`.
    pub bundle: Option<PathBuf>,
}

/// Begins TLS on a connection with a host.
///
/// # Errors
/// A file of certificates cannot be read, or the handshake fails.
pub fn wrap<S: Read + Write>(
    trust: &Trust,
    host: &str,
    stream: S,
) -> io::Result<StreamOwned<ClientConnection, S>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config(trust)?), name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

fn config(trust: &Trust) -> io::Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let builder = if trust.anybody {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
    } else {
        builder.with_root_certificates(roots(trust)?)
    };
    let Some(path) = &trust.certificate else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(path)?;
    let key = PrivateKeyDer::from_pem_file(trust.key.as_ref().unwrap_or(path)).map_err(io::Error::other)?;
    builder.with_client_auth_cert(chain, key).map_err(io::Error::other)
}

fn roots(trust: &Trust) -> io::Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    let own = trust.roots.as_ref().or(trust.bundle.as_ref());
    let path = match own {
        Some(path) => Some(path.as_path()),
        None => BUNDLES.iter().map(Path::new).find(|path| path.exists()),
    };
    if let Some(path) = path {
        store.add_parsable_certificates(certificates(path)?);
    }
    Ok(store)
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let pem = fs::read(path)?;
    CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(io::Error::other)
}

/// Accepts every certificate, as `validate_certs: false` asks; signatures are checked all the same.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
