//! A socket of this machine that leads to one of a host's, through the host's SSH connection.

use super::SshTarget;
use super::sessions::Sessions;
use super::ssh::Purpose;
use crate::error::Result;
use std::sync::Arc;
use tokio::net::UnixListener;

impl Sessions {
    /// Sees that the host's socket `there` answers, says so by `ready`, and then carries everybody who connects to
    /// `listener` to it, until it is dropped.
    ///
    /// # Errors
    /// The host cannot be reached, or nobody listens there.
    pub async fn carry_socket(
        &self,
        host: &Arc<str>,
        ssh: &SshTarget,
        there: &str,
        listener: UnixListener,
        ready: impl FnOnce(),
    ) -> Result<()> {
        let connection = async || self.connection(host, ssh, 0, None, Purpose::Others).await;
        drop(connection().await?.socket(there).await?);
        ready();
        loop {
            let (mut near, _) = listener.accept().await?;
            // One that fails closes what asked for it, which tells that in words of its own.
            let Ok(connection) = connection().await else { continue };
            let Ok(mut far) = connection.socket(there).await else { continue };
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    }
}
