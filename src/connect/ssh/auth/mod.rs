//! Proving to a server who we are, by the methods that are configured, in their order.

mod identities;
mod password;
mod signer;

use super::Handler;
use super::config::{Method, Options};
use crate::error::Error;
use identities::Identity;
use russh::MethodKind;
use russh::client::{AuthResult, Handle};
use russh::keys::HashAlg;
use signer::Signer;

/// What was tried, for the error.
#[derive(Default)]
struct Tried {
    notes: Vec<String>,
    offered: usize,
    /// What the server would take, once it has said so.
    methods: Option<Vec<MethodKind>>,
}

impl Tried {
    /// Whether the server takes a method, for all that is known.
    fn may(&self, method: MethodKind) -> bool {
        self.methods.as_ref().is_none_or(|methods| methods.contains(&method))
    }

    /// Notes an answer; says whether the server lets us in.
    fn note(&mut self, what: &str, answer: &AuthResult, closed: bool) -> bool {
        let AuthResult::Failure { remaining_methods, partial_success } = answer else { return true };
        let said = match (partial_success, remaining_methods.is_empty() && closed) {
            (true, _) => "accepted, but the server wants more",
            (_, true) => "the server closed the connection; it may take fewer keys than were offered",
            _ => "refused",
        };
        self.notes.push(format!("{what}: {said}"));
        self.methods = Some(remaining_methods.iter().copied().collect());
        false
    }
}

/// Authenticates.
///
/// # Errors
/// What was tried, what the server offers, and what to do.
pub(super) async fn authenticate(handle: &mut Handle<Handler>, options: &Options) -> Result<(), Error> {
    let mut tried = Tried::default();
    for method in &options.methods {
        if handle.is_closed() {
            break;
        }
        let is_in = match method {
            Method::PublicKey => by_keys(handle, options, &mut tried).await,
            Method::Password => password::offer(handle, options, &mut tried).await?,
            Method::KeyboardInteractive => password::answer(handle, options, &mut tried).await?,
        };
        if is_in {
            return Ok(());
        }
    }
    if tried.methods.is_none() && !handle.is_closed() {
        // Asking with no proof at all tells what the server would take.
        match handle.authenticate_none(&options.user).await {
            Ok(answer) => {
                if tried.note("no proof", &answer, handle.is_closed()) {
                    return Ok(());
                }
                tried.notes.pop();
            }
            Err(e) => tried.notes.push(e.to_string()),
        }
    }
    Err(refused(options, tried, handle.is_closed()))
}

/// Offers one key after the other.
async fn by_keys(handle: &mut Handle<Handler>, options: &Options, tried: &mut Tried) -> bool {
    if !tried.may(MethodKind::PublicKey) {
        return false;
    }
    let mut agent = identities::connect_agent(options, tried).await;
    let identities = identities::gather(options, agent.as_mut(), tried).await;
    let mut rsa_hashes = None;
    for identity in identities {
        let hash = if identity.key.algorithm().is_rsa() {
            if rsa_hashes.is_none() {
                rsa_hashes = Some(served_rsa_hashes(handle).await);
            }
            let served = rsa_hashes.as_deref().unwrap_or_default();
            let Some(hash) = served.iter().find(|hash| identity.is_accepted(options, **hash)) else {
                tried.notes.push(format!(
                    "{}: the server takes no signature that PubkeyAcceptedAlgorithms has for RSA keys",
                    identity.name
                ));
                continue;
            };
            *hash
        } else if identity.is_accepted(options, None) {
            None
        } else {
            tried
                .notes
                .push(format!("{}: PubkeyAcceptedAlgorithms does not have its algorithm", identity.name));
            continue;
        };
        tried.offered += 1;
        let Some(mut signer) = Signer::of(&identity, agent.as_mut()) else { continue };
        let Identity { key, certificate, name, .. } = identity;
        let answer = match certificate {
            Some(certificate) => {
                handle.authenticate_certificate_with(&options.user, *certificate, hash, &mut signer).await
            }
            None => handle.authenticate_publickey_with(&options.user, key, hash, &mut signer).await,
        };
        match answer {
            Ok(answer) => {
                if tried.note(&name, &answer, handle.is_closed()) {
                    return true;
                }
                if handle.is_closed() || !tried.may(MethodKind::PublicKey) {
                    return false;
                }
            }
            Err(e) => tried.notes.push(format!("{name}: {e}")),
        }
    }
    false
}

/// The digests with which the server takes signatures by RSA keys, best first; none means SHA-1.
async fn served_rsa_hashes(handle: &Handle<Handler>) -> Vec<Option<HashAlg>> {
    let (sha512, sha256) = (Some(HashAlg::Sha512), Some(HashAlg::Sha256));
    match handle.best_supported_rsa_hash().await {
        Ok(Some(None)) => vec![None],
        Ok(Some(Some(HashAlg::Sha256))) => vec![sha256, None],
        // A server that does not say takes SHA-2, as every OpenSSH since 7.2 does.
        Ok(_) | Err(_) => vec![sha512, sha256, None],
    }
}

fn refused(options: &Options, tried: Tried, closed: bool) -> Error {
    let user = &options.user;
    let mut error = Error::other(match tried.offered {
        0 if options.password.is_none() => {
            format!("there is no key to log in as {user} with")
        }
        _ => format!("the server does not let {user} in"),
    });
    for note in tried.notes {
        error = error.note(note);
    }
    let methods = tried.methods.unwrap_or_default();
    if methods.is_empty() {
        return error.help(if closed {
            "the server may limit attempts: set IdentitiesOnly and the right IdentityFile"
        } else {
            "set ansible_ssh_private_key_file, or load the key into ssh-agent"
        });
    }
    let names: Vec<&str> = methods.iter().map(<&'static str>::from).collect();
    error = error.note(format!("the server offers: {}", names.join(", ")));
    if methods.contains(&MethodKind::PublicKey) {
        error.help(format!(
            "put the public key into ~{user}/.ssh/authorized_keys on the host, or name the right one"
        ))
    } else {
        error
            .help("give the password by ansible_password, -k or --connection-password-file, or allow public keys on the server")
    }
}
