//! The bytes of attachments: an object store, written before the rows that name them.
//!
//! An object gets a random name and is never changed. Whoever stores one either has its row
//! committed or takes it back; what a crash leaves behind is swept away.

mod kind;
mod leftovers;
mod receive;
pub mod settings;

use std::{ops::Range, path::PathBuf, sync::Arc};

use bytes::Bytes;
use desk_http::{Error, Result};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, buffered::BufWriter, path::Path,
};
use time::OffsetDateTime;
use tracing::Instrument as _;

pub use receive::{Receiver, Unfit, Upload, Uploads};

/// The store; clones share it.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    part: usize,
    /// The folder, where the store is one.
    folder: Option<Arc<PathBuf>>,
}

/// An object as the store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub object: String,
    /// When it was written, by the store's clock.
    pub written_at: OffsetDateTime,
}

impl Files {
    /// A store that is written in parts of so many bytes.
    fn new(store: Arc<dyn ObjectStore>, part: usize) -> Self {
        Self {
            store,
            part,
            folder: None,
        }
    }

    fn in_folder(self, folder: PathBuf) -> Self {
        Self {
            folder: Some(Arc::new(folder)),
            ..self
        }
    }

    /// Begins an object under a random name.
    fn begin(&self) -> (String, BufWriter) {
        let name = random_name();
        let path = Path::from(name.as_str());
        let writer = BufWriter::with_capacity(Arc::clone(&self.store), path, self.part);
        (name, writer.with_max_concurrency(1))
    }

    /// An object's bytes from here to there, as they come.
    ///
    /// # Errors
    /// 404 when the store has no such object, 503 when it is out of reach.
    pub async fn read(
        &self,
        object: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>> {
        if range.is_empty() {
            return Ok(stream::empty().boxed());
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let asked = desk_telemetry::step("object store: get");
        let object_path = Path::from(object);
        let got = self.store.get_opts(&object_path, options).instrument(asked);
        match got.await {
            Ok(found) => Ok(found.into_stream()),
            Err(object_store::Error::NotFound { .. }) => {
                tracing::error!(object, "an attachment's object is missing");
                Err(Error::NotFound)
            }
            Err(error) => Err(down(&error)),
        }
    }

    /// Removes objects, as far as they are there.
    ///
    /// # Errors
    /// 503 when the store is out of reach.
    pub async fn remove(&self, objects: &[String]) -> Result<()> {
        for object in objects {
            match self.store.delete(&Path::from(object.as_str())).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(down(&error)),
            }
        }
        Ok(())
    }

    /// Every object there is.
    pub fn list(&self) -> BoxStream<'static, object_store::Result<Listed>> {
        let listed = self.store.list(None);
        listed
            .map(|found| {
                let found = found?;
                let seconds = found.last_modified.timestamp();
                Ok(Listed {
                    object: found.location.to_string(),
                    written_at: OffsetDateTime::from_unix_timestamp(seconds)
                        .unwrap_or(OffsetDateTime::UNIX_EPOCH),
                })
            })
            .boxed()
    }

    /// Removes what uploads that were broken off by the end of a process left behind before then.
    ///
    /// # Errors
    /// 503 when the folder cannot be read.
    pub async fn remove_leftovers(&self, before: OffsetDateTime) -> Result<u64> {
        let Some(folder) = &self.folder else {
            return Ok(0);
        };
        let folder = Arc::clone(folder);
        let removed =
            tokio::task::spawn_blocking(move || leftovers::remove(&folder, before.into()));
        let removed = removed
            .await
            .map_err(|error| Error::Internal(error.into()))?;
        removed.map_err(|error| {
            tracing::warn!(%error, "the folder of the files cannot be read");
            Error::DOWN
        })
    }
}

/// 128 random bits, below one of 256 folders.
fn random_name() -> String {
    let name = format!("{:032x}", rand::random::<u128>());
    format!("{}/{name}", &name[..2])
}

fn down(error: &dyn std::error::Error) -> Error {
    tracing::warn!(%error, "the store of the files is out of reach");
    metrics::counter!("files_unavailable_total").increment(1);
    Error::DOWN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_random_and_plain() {
        let (one, other) = (random_name(), random_name());
        assert_ne!(one, other);
        assert_eq!(Path::from(one.as_str()).as_ref(), one);
        assert_eq!((one.len(), one[..2].to_owned()), (35, one[3..5].to_owned()));
    }
}
