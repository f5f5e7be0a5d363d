//! Proving to a server who we are, in OpenSSH's order.

use super::Handler;
use super::config::Options;
use crate::connect::Password;
use crate::error::Error;
use russh::MethodKind;
use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse};
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey};
use std::path::Path;
use std::sync::Arc;
use tokio::net::UnixStream;

/// A key to offer.
enum Identity {
    /// Held by ssh-agent.
    Agent(Box<PublicKey>, String),
    /// From a file.
    File(Arc<PrivateKey>, String),
}

impl Identity {
    fn public(&self) -> &PublicKey {
        match self {
            Identity::Agent(key, _) => key,
            Identity::File(key, _) => key.public_key(),
        }
    }
}

/// What was tried, for the error.
#[derive(Default)]
struct Tried {
    notes: Vec<String>,
    offered: usize,
    methods: Vec<MethodKind>,
}

/// Authenticates by public key, then by password if there is one.
pub(super) async fn authenticate(handle: &mut Handle<Handler>, options: &Options) -> Result<(), Error> {
    let mut tried = Tried::default();
    let mut agent = connect_agent(options, &mut tried).await;
    let identities = identities(options, agent.as_mut(), &mut tried).await;
    let mut rsa_hash = None;
    for identity in identities {
        let hash = match (&rsa_hash, identity.public().algorithm().is_rsa()) {
            (_, false) => None,
            (Some(known), true) => *known,
            (None, true) => {
                let best = match handle.best_supported_rsa_hash().await {
                    Ok(Some(None)) => {
                        tried.notes.push(
                            "RSA keys: the server accepts only signatures with SHA-1, which is unsafe".into(),
                        );
                        continue;
                    }
                    Ok(Some(best)) => best,
                    // A server that does not say takes SHA-2, as every OpenSSH since 7.2 does.
                    Ok(None) | Err(_) => Some(HashAlg::Sha512),
                };
                rsa_hash = Some(best);
                best
            }
        };
        tried.offered += 1;
        let (name, result) = match identity {
            Identity::File(key, name) => {
                let key = PrivateKeyWithHashAlg::new(key, hash);
                (name, handle.authenticate_publickey(&options.user, key).await.map_err(|e| e.to_string()))
            }
            Identity::Agent(key, name) => match &mut agent {
                None => continue,
                Some(agent) => {
                    let result = handle.authenticate_publickey_with(&options.user, *key, hash, agent).await;
                    (name, result.map_err(|e| e.to_string()))
                }
            },
        };
        match result {
            Ok(AuthResult::Success) => return Ok(()),
            Ok(AuthResult::Failure { remaining_methods, partial_success }) => {
                let gone = remaining_methods.is_empty() && handle.is_closed();
                let said = match (partial_success, gone) {
                    (true, _) => "accepted, but the server wants more",
                    (_, true) => "the server closed the connection; it may take fewer keys than were offered",
                    _ => "refused",
                };
                tried.notes.push(format!("{name}: {said}"));
                tried.methods = remaining_methods.iter().copied().collect();
                if gone {
                    break;
                }
                if !tried.methods.contains(&MethodKind::PublicKey) {
                    break;
                }
            }
            Err(e) => tried.notes.push(format!("{name}: {e}")),
        }
    }
    if tried.offered == 0 {
        // Asking with no proof at all tells what the server would take.
        match handle.authenticate_none(&options.user).await {
            Ok(AuthResult::Success) => return Ok(()),
            Ok(AuthResult::Failure { remaining_methods, .. }) => {
                tried.methods = remaining_methods.iter().copied().collect();
            }
            Err(e) => tried.notes.push(e.to_string()),
        }
    }
    if let Some(password) = &options.password
        && !handle.is_closed()
        && by_password(handle, &options.user, password, &mut tried).await?
    {
        return Ok(());
    }
    Err(refused(options, tried, handle.is_closed()))
}

/// Gives the password by the methods that the server takes. Says whether it let us in.
async fn by_password(
    handle: &mut Handle<Handler>,
    user: &str,
    password: &Password,
    tried: &mut Tried,
) -> Result<bool, Error> {
    let broke = |e: russh::Error| Error::other(format!("the connection broke at the password: {e}"));
    if tried.methods.contains(&MethodKind::Password) {
        match handle.authenticate_password(user, password.chars()).await.map_err(broke)? {
            AuthResult::Success => return Ok(true),
            AuthResult::Failure { remaining_methods, .. } => {
                tried.notes.push("the password: refused".to_owned());
                tried.methods = remaining_methods.iter().copied().collect();
            }
        }
    }
    if !tried.methods.contains(&MethodKind::KeyboardInteractive) || handle.is_closed() {
        return Ok(false);
    }
    let mut reply =
        handle.authenticate_keyboard_interactive_start(user, None::<String>).await.map_err(broke)?;
    let mut given = false;
    loop {
        match reply {
            KeyboardInteractiveAuthResponse::Success => return Ok(true),
            KeyboardInteractiveAuthResponse::Failure { .. } => {
                tried.notes.push("the password, asked for interactively: refused".to_owned());
                return Ok(false);
            }
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                // A hidden question is the one for the password; asked again, it was wrong.
                let again = given && !prompts.is_empty();
                given |= !prompts.is_empty();
                let answer = |hidden: bool| if hidden && !again { password.chars() } else { "" }.to_owned();
                let answers = prompts.iter().map(|prompt| answer(!prompt.echo)).collect();
                reply = handle.authenticate_keyboard_interactive_respond(answers).await.map_err(broke)?;
            }
        }
    }
}

fn refused(options: &Options, tried: Tried, closed: bool) -> Error {
    let user = &options.user;
    let mut error = Error::other(match tried.offered {
        0 => format!("there is no key to log in as {user} with"),
        _ => format!("the server does not let {user} in"),
    });
    for note in tried.notes {
        error = error.note(note);
    }
    if tried.methods.is_empty() {
        return error.help(if closed {
            "the server may limit attempts: set IdentitiesOnly and the right IdentityFile"
        } else {
            "set ansible_ssh_private_key_file, or load the key into ssh-agent"
        });
    }
    let names: Vec<&str> = tried.methods.iter().map(<&'static str>::from).collect();
    error = error.note(format!("the server offers: {}", names.join(", ")));
    if tried.methods.contains(&MethodKind::PublicKey) {
        error.help(format!(
            "put the public key into ~{user}/.ssh/authorized_keys on the host, or name the right one"
        ))
    } else {
        error
            .help("give the password by ansible_password, -k or --connection-password-file, or allow public keys on the server")
    }
}

async fn connect_agent(options: &Options, tried: &mut Tried) -> Option<AgentClient<UnixStream>> {
    let socket = options.agent.as_ref()?;
    match UnixStream::connect(socket).await {
        Ok(stream) => Some(AgentClient::connect(stream)),
        Err(e) => {
            tried.notes.push(format!("ssh-agent at {}: {e}", socket.display()));
            None
        }
    }
}

/// The keys to offer: those of the agent that are configured, its others, then those that are in files only.
async fn identities(
    options: &Options,
    agent: Option<&mut AgentClient<UnixStream>>,
    tried: &mut Tried,
) -> Vec<Identity> {
    let mut held = Vec::new();
    if let Some(agent) = agent {
        match agent.request_identities().await {
            Ok(all) => held = all,
            Err(e) => tried.notes.push(format!("ssh-agent: {e}")),
        }
    }
    // A certificate's key is usually there by itself too.
    let held = held.into_iter().filter_map(|i| match i {
        AgentIdentity::PublicKey { key, comment } => Some((key, comment)),
        AgentIdentity::Certificate { .. } => None,
    });
    let held: Vec<(PublicKey, String)> = held.collect();
    let holds = |key: &PublicKey| held.iter().any(|(h, _)| h.key_data() == key.key_data());

    let mut configured: Vec<PublicKey> = Vec::new();
    let mut files = Vec::new();
    for path in &options.identities {
        if !path.exists() && !options.identities_configured {
            continue;
        }
        let name = path.display().to_string();
        // The public half beside it says which key of the agent is meant, even where the file itself is encrypted.
        let public = public_half(path);
        if let Some(public) = public.filter(|p| holds(p)) {
            configured.push(public);
            continue;
        }
        match private(path) {
            Ok(key) if holds(key.public_key()) => configured.push(key.public_key().clone()),
            Ok(key) if key.is_encrypted() => tried.notes.push(format!(
                "{name}: encrypted, and passphrases are not supported yet; load it into ssh-agent with ssh-add"
            )),
            Ok(key) => files.push(Identity::File(Arc::new(key), name)),
            Err(why) => tried.notes.push(format!("{name}: {why}")),
        }
    }
    let is_configured = |key: &PublicKey| configured.iter().any(|c| c.key_data() == key.key_data());
    let (first, others): (Vec<_>, Vec<_>) = held.into_iter().partition(|(key, _)| is_configured(key));
    let others = others.into_iter().filter(|_| !options.identities_only);
    let named = |(key, comment): (PublicKey, String)| {
        let name = format!("ssh-agent: {} {comment}", key.fingerprint(HashAlg::Sha256));
        Identity::Agent(Box::new(key), name)
    };
    first.into_iter().chain(others).map(named).chain(files).collect()
}

fn public_half(path: &Path) -> Option<PublicKey> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".pub");
    let text = std::fs::read_to_string(beside).or_else(|_| std::fs::read_to_string(path)).ok()?;
    PublicKey::from_openssh(text.trim()).ok()
}

fn private(path: &Path) -> Result<PrivateKey, String> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if meta.uid() == nix::unistd::getuid().as_raw() && meta.mode() & 0o077 != 0 {
        return Err(format!("can be read by others (mode {:04o}); chmod 600 it", meta.mode() & 0o7777));
    }
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    if text.contains("BEGIN OPENSSH PRIVATE KEY") {
        // Unlike russh's reader this gives the public half of an encrypted key.
        return PrivateKey::from_openssh(text.trim_start())
            .map_err(|e| format!("not a private key that can be read ({e})"));
    }
    russh::keys::decode_secret_key(&text, None).map_err(|e| match e {
        russh::keys::Error::KeyIsEncrypted => {
            "encrypted, and passphrases are not supported yet; load it into ssh-agent with ssh-add".to_owned()
        }
        e => format!("not a private key that can be read ({e})"),
    })
}
