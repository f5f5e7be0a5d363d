//! The keys and certificates to offer.

use super::super::config::Options;
use super::Tried;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::ssh_key::{Algorithm, Certificate};
use russh::keys::{HashAlg, PrivateKey, PublicKey};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::UnixStream;

/// A connection to ssh-agent.
pub(super) type Agent = AgentClient<UnixStream>;

/// A key to offer, by itself or by what an authority has signed of it.
pub(super) struct Identity {
    pub key: PublicKey,
    pub certificate: Option<Box<Certificate>>,
    pub holder: Holder,
    /// For messages.
    pub name: String,
}

/// Who has the private half.
#[derive(Clone)]
pub(super) enum Holder {
    /// ssh-agent, by this identity of it.
    Agent(Box<AgentIdentity>),
    Memory(Arc<PrivateKey>),
}

impl Identity {
    /// Whether PubkeyAcceptedAlgorithms has the algorithm, for RSA keys with this digest.
    pub fn is_accepted(&self, options: &Options, hash: Option<HashAlg>) -> bool {
        let algorithm = match self.key.algorithm() {
            Algorithm::Rsa { .. } => Algorithm::Rsa { hash },
            other => other,
        };
        let name = match self.certificate {
            // Of certificates, too, the name tells the digest of the signature that proves us.
            Some(_) => match algorithm.as_str().strip_suffix("@openssh.com") {
                Some(stem) => format!("{stem}-cert-v01@openssh.com"),
                None => format!("{}-cert-v01@openssh.com", algorithm.as_str()),
            },
            None => algorithm.as_str().to_owned(),
        };
        options.algorithms.keys.contains(&name)
    }

    fn is_too_short(&self, options: &Options) -> bool {
        self.key.key_data().rsa().is_some_and(|rsa| rsa.key_size() < options.required_rsa_size)
    }
}

/// Asks for ssh-agent, if there is to be one.
pub(super) async fn connect_agent(options: &Options, tried: &mut Tried) -> Option<Agent> {
    let socket = options.agent.as_ref()?;
    match UnixStream::connect(socket).await {
        Ok(stream) => Some(AgentClient::connect(stream)),
        Err(e) => {
            tried.notes.push(format!("ssh-agent at {}: {e}", socket.display()));
            None
        }
    }
}

/// All there is to offer, in OpenSSH's order: certificates that are configured, the agent's, the agent's keys that are
/// configured, its others, then keys that are in files only.
pub(super) async fn gather(options: &Options, agent: Option<&mut Agent>, tried: &mut Tried) -> Vec<Identity> {
    let mut held = Vec::new();
    if let Some(agent) = agent {
        match agent.request_identities().await {
            Ok(all) => held = all,
            Err(e) => tried.notes.push(format!("ssh-agent: {e}")),
        }
    }
    let (held_keys, held_certificates): (Vec<_>, Vec<_>) =
        held.into_iter().map(from_agent).partition(|i| i.certificate.is_none());
    let holds = |key: &PublicKey| held_keys.iter().find(|h| h.key.key_data() == key.key_data());

    let mut configured: Vec<PublicKey> = Vec::new();
    let mut files: Vec<Identity> = Vec::new();
    for path in &options.identities {
        if !path.exists() && !options.identities_configured {
            continue;
        }
        // The public half beside it says which key of the agent is meant, even where the file itself is encrypted.
        if let Some(public) = public_half(path).filter(|p| holds(p).is_some()) {
            configured.push(public);
            continue;
        }
        let name = path.display().to_string();
        match private(path, options) {
            Ok(key) => {
                let key = Arc::new(key);
                let public = key.public_key().clone();
                files.push(Identity { key: public, certificate: None, holder: Holder::Memory(key), name });
            }
            Err(why) => tried.notes.push(format!("{name}: {why}")),
        }
    }
    let certified = certified(options, &held_keys, &files, tried);
    let is_configured = |i: &Identity| {
        configured.iter().chain(files.iter().map(|f| &f.key)).any(|c| c.key_data() == i.key.key_data())
    };
    let is_offered = |i: &Identity| is_configured(i) || !options.identities_only;
    let of_agent: Vec<Identity> = held_certificates.into_iter().filter(is_offered).collect();
    let in_files_only: Vec<bool> = files.iter().map(|f| holds(&f.key).is_none()).collect();
    let (first, others): (Vec<_>, Vec<_>) = held_keys.into_iter().filter(is_offered).partition(is_configured);
    let only = files.into_iter().zip(in_files_only).filter_map(|(file, only)| only.then_some(file));
    let all = certified.into_iter().chain(of_agent).chain(first).chain(others).chain(only);
    let mut offered = Vec::new();
    for identity in all {
        if identity.is_too_short(options) {
            tried.notes.push(format!("{}: has fewer bits than RequiredRSASize", identity.name));
        } else {
            offered.push(identity);
        }
    }
    offered
}

fn from_agent(held: AgentIdentity) -> Identity {
    let (key, certificate, comment) = match &held {
        AgentIdentity::PublicKey { key, comment } => (key.clone(), None, comment),
        AgentIdentity::Certificate { certificate, comment } => (
            PublicKey::new(certificate.public_key().clone(), ""),
            Some(Box::new(certificate.clone())),
            comment,
        ),
    };
    let what = if certificate.is_some() { "the certificate of " } else { "" };
    let name = format!("ssh-agent: {what}{} {comment}", key.fingerprint(HashAlg::Sha256));
    Identity { key, certificate, holder: Holder::Agent(Box::new(held)), name }
}

/// The certificates that are named, and those beside the keys, each with who has its key.
fn certified(options: &Options, held: &[Identity], files: &[Identity], tried: &mut Tried) -> Vec<Identity> {
    let beside = options.identities.iter().map(|path| (beside(path, "-cert.pub"), false));
    let named = options.certificates.iter().map(|path| (path.clone(), true));
    let mut found = Vec::new();
    for (path, must) in named.chain(beside) {
        let name = path.display().to_string();
        let certificate = match std::fs::read_to_string(&path) {
            Ok(text) => {
                Certificate::from_openssh(text.trim()).map_err(|e| format!("not a certificate ({e})"))
            }
            Err(_) if !must => continue,
            Err(e) => Err(e.to_string()),
        };
        let key = certificate.as_ref().ok().map(|c| PublicKey::new(c.public_key().clone(), ""));
        let owner = key
            .as_ref()
            .and_then(|key| files.iter().chain(held).find(|i| i.key.key_data() == key.key_data()));
        match (certificate, key, owner) {
            (Ok(certificate), Some(key), Some(owner)) => found.push(Identity {
                key,
                certificate: Some(Box::new(certificate)),
                holder: owner.holder.clone(),
                name,
            }),
            (Err(why), ..) => tried.notes.push(format!("{name}: {why}")),
            _ => tried.notes.push(format!("{name}: its private key is neither in a file nor in ssh-agent")),
        }
    }
    found
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn public_half(path: &Path) -> Option<PublicKey> {
    let text =
        std::fs::read_to_string(beside(path, ".pub")).or_else(|_| std::fs::read_to_string(path)).ok()?;
    PublicKey::from_openssh(text.trim()).ok()
}

fn private(path: &Path, options: &Options) -> Result<PrivateKey, String> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if meta.uid() == nix::unistd::getuid().as_raw() && meta.mode() & 0o077 != 0 {
        return Err(format!("can be read by others (mode {:04o}); chmod 600 it", meta.mode() & 0o7777));
    }
    let text = zeroize::Zeroizing::new(std::fs::read_to_string(path).map_err(|e| e.to_string())?);
    let passphrase = options.key_passphrase.as_ref();
    let decoded = russh::keys::decode_secret_key(&text, passphrase.map(|p| p.chars()));
    decoded.map_err(|e| match passphrase {
        Some(_) if is_encrypted(&text) => "the passphrase is not the right one".to_owned(),
        None if is_encrypted(&text) => "encrypted; give its passphrase by \
             ansible_ssh_private_key_passphrase, or load it into ssh-agent with ssh-add"
            .to_owned(),
        _ => format!("not a private key that can be read ({e})"),
    })
}

/// Whether a key asks for a passphrase.
fn is_encrypted(text: &str) -> bool {
    // The two older forms say so in a line of theirs.
    text.contains("ENCRYPTED")
        || matches!(russh::keys::decode_secret_key(text, None), Err(russh::keys::Error::KeyIsEncrypted))
}
