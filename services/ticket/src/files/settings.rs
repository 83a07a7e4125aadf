//! Where the files lie: a folder, or a bucket of any S3-compatible store.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder,
    local::LocalFileSystem,
};
use secrecy::{ExposeSecret, SecretString};

use super::Files;

/// How long a request to the store may take, and how long it is tried again: a client waits.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(2);
const RETRY: Duration = Duration::from_secs(3);
/// What is written at once. A part of an S3 upload has 5 MiB at least.
const FOLDER_PART: usize = 256 * 1024;
const BUCKET_PART: usize = 5 * 1024 * 1024;

/// Where files are kept.
#[derive(Debug, Clone, clap::Args)]
pub struct FileSettings {
    /// The folder of the files; not used once a bucket is named.
    #[arg(
        long,
        env = "SUPPORTDESK_FILES_FOLDER",
        default_value = "supportdesk-files"
    )]
    pub files_folder: PathBuf,
    /// The bucket of an S3-compatible store. It should drop uploads that were never completed
    /// by a rule of its own.
    #[arg(long, env = "SUPPORTDESK_S3_BUCKET")]
    pub s3_bucket: Option<String>,
    /// `https://host` of the store; Amazon's of the region, unless told.
    #[arg(long, env = "SUPPORTDESK_S3_ENDPOINT")]
    pub s3_endpoint: Option<String>,
    /// The bucket's region.
    #[arg(long, env = "SUPPORTDESK_S3_REGION", default_value = "us-east-1")]
    pub s3_region: String,
    /// The key's id; without one the machine's own identity is asked.
    #[arg(long, env = "SUPPORTDESK_S3_ACCESS_KEY_ID")]
    pub s3_access_key_id: Option<String>,
    /// The key.
    #[arg(long, env = "SUPPORTDESK_S3_SECRET_ACCESS_KEY", hide_env_values = true)]
    pub s3_secret_access_key: Option<SecretString>,
}

impl FileSettings {
    /// Opens the store. A folder is made; a bucket is not asked for anything yet.
    ///
    /// # Errors
    /// A folder that cannot be made, an endpoint that is none.
    pub fn open(&self) -> anyhow::Result<Files> {
        match &self.s3_bucket {
            Some(bucket) => Ok(Files::new(self.bucket(bucket)?, BUCKET_PART)),
            None => self.folder(),
        }
    }

    fn folder(&self) -> anyhow::Result<Files> {
        let folder = &self.files_folder;
        let made = std::fs::create_dir_all(folder).and_then(|()| folder.canonicalize());
        let folder =
            made.with_context(|| format!("the folder of the files, {}", folder.display()))?;
        let store = LocalFileSystem::new_with_prefix(&folder)?.with_fsync(true);
        Ok(Files::new(Arc::new(store), FOLDER_PART).in_folder(folder))
    }

    fn bucket(&self, name: &str) -> anyhow::Result<Arc<dyn ObjectStore>> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(name)
            .with_region(&self.s3_region)
            .with_client_options(
                ClientOptions::new()
                    .with_timeout(PATIENCE)
                    .with_connect_timeout(CONNECT),
            )
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: 2,
                retry_timeout: RETRY,
            });
        if let Some(endpoint) = &self.s3_endpoint {
            builder = builder
                .with_endpoint(endpoint)
                .with_allow_http(endpoint.starts_with("http://"));
        }
        if let (Some(id), Some(key)) = (&self.s3_access_key_id, &self.s3_secret_access_key) {
            builder = builder
                .with_access_key_id(id)
                .with_secret_access_key(key.expose_secret());
        }
        Ok(Arc::new(builder.build().context("the store of the files")?))
    }
}
