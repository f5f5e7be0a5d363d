//! ForwardAgent: what the far side asks of the ssh-agent here.

use russh::Channel;
use russh::ChannelOpenFailure;
use russh::client::{ChannelOpenHandle, Msg};
use std::path::PathBuf;
use tokio::io::copy_bidirectional;
use tokio::net::UnixStream;

/// Joins a channel to the agent, for as long as both have something to say.
pub(super) fn agent(socket: PathBuf, channel: Channel<Msg>, reply: ChannelOpenHandle) {
    tokio::spawn(async move {
        let Ok(mut agent) = UnixStream::connect(&socket).await else {
            return reply.reject(ChannelOpenFailure::ConnectFailed).await;
        };
        reply.accept().await;
        // Whichever side ends it, nobody is left who would want to know why.
        let _ = copy_bidirectional(&mut channel.into_stream(), &mut agent).await;
    });
}
