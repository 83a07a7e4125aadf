//! Taking in the files of a request: counted, told by their first bytes, digested and stored as
//! they come, and taken back unless they are kept.

use bytes::{Bytes, BytesMut};
use desk_http::Result;
use object_store::buffered::BufWriter;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tracing::Instrument as _;

use super::{Files, down, kind};

/// Files a request (contract, Limits).
const MOST_FILES: usize = 10;
/// Bytes a file (contract, Limits).
const LARGEST: u64 = 10_485_760;
/// Characters of a file's name.
const LONGEST_NAME: usize = 255;

/// A file that is stored and has no row yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its name in the store.
    pub object: String,
    /// Its name for people.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Media type.
    pub content_type: &'static str,
    /// SHA-256 of its bytes.
    pub digest: Vec<u8>,
}

/// Why a file is not taken; a sentence each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// One more than a request may have.
    TooMany,
    /// Larger than a file may be.
    TooLarge,
    /// Its name is longer than a name may be, or holds what PostgreSQL keeps in no text.
    BadName,
}

impl Unfit {
    /// A sentence for people.
    pub const fn message(self) -> &'static str {
        match self {
            Self::TooMany => "At most 10 files.",
            Self::TooLarge => "Each file may have at most 10485760 bytes.",
            Self::BadName => "A file name has at most 255 characters, and no NUL.",
        }
    }
}

/// The files of a request. Unless they are kept they are taken back when this is dropped.
pub struct Uploads {
    files: Files,
    stored: Vec<Upload>,
}

impl Uploads {
    /// None yet.
    pub fn none(files: &Files) -> Self {
        Self {
            files: files.clone(),
            stored: Vec::new(),
        }
    }

    /// Those that are stored, in order.
    pub fn list(&self) -> &[Upload] {
        &self.stored
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.stored.is_empty()
    }

    /// They have rows now. Call it before the commit: of one whose outcome is unknown the sweep
    /// finds out.
    pub fn keep(mut self) {
        self.stored.clear();
    }

    /// Begins with a file of this name; `None` reads nothing of it.
    pub fn receive(&mut self, name: &str) -> std::result::Result<Receiver<'_>, Unfit> {
        if self.stored.len() == MOST_FILES {
            return Err(Unfit::TooMany);
        }
        if name.chars().count() > LONGEST_NAME || name.contains('\0') {
            return Err(Unfit::BadName);
        }
        let (object, writer) = self.files.begin();
        Ok(Receiver {
            upload: Upload {
                object,
                name: name.to_owned(),
                size: 0,
                content_type: "",
                digest: Vec::new(),
            },
            digest: Sha256::new(),
            head: BytesMut::new(),
            writer,
            uploads: self,
        })
    }
}

impl Drop for Uploads {
    fn drop(&mut self) {
        if self.stored.is_empty() {
            return;
        }
        let objects: Vec<String> = self.stored.drain(..).map(|upload| upload.object).collect();
        let files = self.files.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // What stays is swept away.
                let _ = files.remove(&objects).await;
            });
        }
    }
}

/// A file that is coming in.
pub struct Receiver<'a> {
    uploads: &'a mut Uploads,
    upload: Upload,
    digest: Sha256,
    /// The first bytes.
    head: BytesMut,
    writer: BufWriter,
}

impl Receiver<'_> {
    /// Takes the next bytes; false when they make the file too large.
    ///
    /// # Errors
    /// 503 when the store is out of reach.
    pub async fn take(&mut self, bytes: Bytes) -> Result<bool> {
        let size = u64::try_from(self.upload.size).unwrap_or(u64::MAX) + bytes.len() as u64;
        if size > LARGEST {
            return Ok(false);
        }
        self.upload.size = i64::try_from(size).unwrap_or(i64::MAX);
        let telling = (kind::TELLING - self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..telling]);
        self.digest.update(&bytes);
        self.writer.put(bytes).await.map_err(|error| down(&error))?;
        Ok(true)
    }

    /// The file is whole.
    ///
    /// # Errors
    /// 503 when the store is out of reach.
    pub async fn finish(mut self) -> Result<()> {
        let step = desk_telemetry::step("object store: put");
        let written = self.writer.shutdown().instrument(step).await;
        written.map_err(|error| down(&error))?;
        self.upload.content_type = kind::sniff(&self.head);
        self.upload.digest = self.digest.finalize().to_vec();
        self.uploads.stored.push(self.upload);
        Ok(())
    }

    /// The file breaks off, or is not taken.
    pub async fn abort(mut self) {
        if let Err(error) = self.writer.abort().await {
            tracing::debug!(%error, "an upload was not aborted");
        }
    }
}
