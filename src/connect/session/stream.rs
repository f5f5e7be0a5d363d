//! The bytes that go along with a call, up and down, a piece at a time.

use super::download::Download;
use crate::connect::Blob;
use std::sync::Arc;
use tokio::io::AsyncReadExt as _;
use warp_agent::wire::CHUNK;

/// What a stream to memory may come to: twice what an agent sends of output at once.
const MOST_IN_MEMORY: usize = 16 << 20;

/// Bytes to send, of a length told beforehand.
pub(in crate::connect) struct Upload {
    source: Source,
    left: u64,
    name: String,
}

enum Source {
    Bytes(Arc<[u8]>, usize),
    File(tokio::fs::File),
}

impl Upload {
    /// Opens what is to be sent; an error is a sentence for the user.
    pub async fn open(blob: Blob) -> Result<Upload, String> {
        match blob {
            Blob::Bytes(bytes) => Ok(Upload {
                left: bytes.len() as u64,
                source: Source::Bytes(bytes, 0),
                name: "content".into(),
            }),
            Blob::File(path) => {
                let name = path.display().to_string();
                let cannot = |e: std::io::Error| format!("cannot read {name} on the controller: {e}");
                let file = tokio::fs::File::open(&path).await.map_err(cannot)?;
                let meta = file.metadata().await.map_err(cannot)?;
                if !meta.is_file() {
                    return Err(format!("{name} is not a regular file"));
                }
                Ok(Upload { left: meta.len(), source: Source::File(file), name })
            }
        }
    }

    /// The bytes still to be sent.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next piece of at most `most` bytes; empty only where nothing is left.
    pub async fn next(&mut self, most: u64) -> Result<Vec<u8>, String> {
        let size = usize::try_from(most.min(self.left)).unwrap_or(CHUNK).min(CHUNK);
        let mut piece = vec![0; size];
        match &mut self.source {
            Source::Bytes(bytes, at) => {
                let end = at.saturating_add(size);
                piece.copy_from_slice(bytes.get(*at..end).unwrap_or_default());
                *at = end;
            }
            Source::File(file) => {
                file.read_exact(&mut piece).await.map_err(|e| match e.kind() {
                    std::io::ErrorKind::UnexpectedEof => {
                        format!("{} became shorter while it was sent", self.name)
                    }
                    _ => format!("cannot read {} on the controller: {e}", self.name),
                })?;
            }
        }
        self.left = self.left.saturating_sub(piece.len() as u64);
        Ok(piece)
    }
}

/// Where a call's stream goes.
pub(in crate::connect) enum Sink {
    /// The call has none.
    None,
    /// To memory, which is for the output of one poll.
    Memory(Vec<u8>),
    /// To a file.
    File(Box<Download>),
}

impl Sink {
    /// Takes a piece; an error is a sentence for the user.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        match self {
            Sink::None if bytes.is_empty() => Ok(()),
            Sink::None => Err("the agent sent a stream that nobody asked for".to_owned()),
            Sink::Memory(all) if all.len() + bytes.len() > MOST_IN_MEMORY => {
                Err(format!("the agent sent more than {MOST_IN_MEMORY} bytes of output at once"))
            }
            Sink::Memory(all) => {
                all.extend_from_slice(bytes);
                Ok(())
            }
            Sink::File(download) => download.write(bytes).await,
        }
    }
}
