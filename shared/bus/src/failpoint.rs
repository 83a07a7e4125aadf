//! Places where a test holds a process, to kill it at exactly that moment.
//!
//! Inert unless `SUPPORTDESK_FAILPOINTS` names a folder when the process starts. A file
//! `<service>.<point>` in there arms a point: the first to come by renames it to
//! `<service>.<point>.reached`, and never goes on.

use std::{env, ffi::OsString, fs, future, path::PathBuf, sync::LazyLock};

static FOLDER: LazyLock<Option<PathBuf>> =
    LazyLock::new(|| env::var_os("SUPPORTDESK_FAILPOINTS").map(PathBuf::from));

/// Goes on at once, unless a test has armed the point.
pub async fn pass(service: &str, point: &str) {
    let Some(folder) = &*FOLDER else { return };
    let armed = folder.join(format!("{service}.{point}"));
    let mut reached = OsString::from(&armed);
    reached.push(".reached");
    if fs::rename(&armed, reached).is_ok() {
        tracing::warn!(point, "held at a fail point");
        future::pending::<()>().await;
    }
}
