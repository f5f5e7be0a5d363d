//! Who signs for an identity: ssh-agent, or the key in our own memory.

use super::identities::{Agent, Holder, Identity};
use russh::keys::agent::AgentIdentity;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_key::encoding::Encode as _;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::ssh_key::{self, Signature};
use russh::keys::{HashAlg, PrivateKey};
use russh::{AgentAuthError, Signer as SignsAuth};
use std::sync::Arc;

/// Signs for one identity.
pub(super) enum Signer<'a> {
    /// ssh-agent by the key itself: it may hold no certificate of it.
    Agent(&'a mut Agent, Box<AgentIdentity>),
    Key(Arc<PrivateKey>),
}

impl<'a> Signer<'a> {
    /// Who signs for this identity; nobody if the agent that holds its key is gone.
    pub fn of(identity: &Identity, agent: Option<&'a mut Agent>) -> Option<Signer<'a>> {
        match &identity.holder {
            Holder::Memory(key) => Some(Signer::Key(key.clone())),
            Holder::Agent(held) => agent.map(|agent| Signer::Agent(agent, held.clone())),
        }
    }
}

impl SignsAuth for Signer<'_> {
    type Error = AgentAuthError;

    async fn auth_sign(
        &mut self,
        _identity: &AgentIdentity,
        hash: Option<HashAlg>,
        mut data: Vec<u8>,
    ) -> Result<Vec<u8>, AgentAuthError> {
        match self {
            Signer::Agent(agent, held) => Ok(agent.sign_request(held, hash, data).await?),
            Signer::Key(key) => {
                let signed = sign(key, hash, &data).map_err(russh::keys::Error::from)?;
                signed
                    .as_slice()
                    .encode(&mut data)
                    .map_err(ssh_key::Error::from)
                    .map_err(russh::keys::Error::from)?;
                Ok(data)
            }
        }
    }
}

fn sign(key: &PrivateKey, hash: Option<HashAlg>, data: &[u8]) -> ssh_key::Result<Vec<u8>> {
    let signature: Signature = match key.key_data() {
        KeypairData::Rsa(rsa) => (rsa, hash).try_sign(data)?,
        other => other.try_sign(data)?,
    };
    let mut bytes = Vec::new();
    signature.encode(&mut bytes)?;
    Ok(bytes)
}
