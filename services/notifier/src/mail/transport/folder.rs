//! A file for each mail, for the local stack.

use std::path::PathBuf;

use anyhow::Context as _;
use tokio::fs;

use super::{Failure, Mail};

/// A folder of `.eml` files. A mail that is sent again replaces itself.
pub(in super::super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn open(path: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&path)
            .with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self { path })
    }

    /// Whoever looks into the folder finds whole mails only.
    pub(super) async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        let part = self.path.join(format!(".{}.part", mail.name));
        let file = self.path.join(format!("{}.eml", mail.name));
        let written = async {
            fs::write(&part, &mail.bytes).await?;
            fs::rename(&part, &file).await
        };
        written
            .await
            .map_err(|error| Failure::Passing(error.to_string()))
    }
}
