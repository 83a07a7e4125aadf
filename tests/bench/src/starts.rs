//! How long each service takes from its process's start until it is ready, and how big it is.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use anyhow::Result;
use xtask::{service::Service, stack::Stack};

/// By service.
pub type Starts = BTreeMap<&'static str, Duration>;

/// Kills each and starts it again, on databases that are there.
///
/// # Errors
/// When one does not start.
pub async fn run(stack: &mut Stack) -> Result<Starts> {
    let mut starts = Starts::new();
    for service in Service::ALL {
        stack.kill(service).await;
        let since = Instant::now();
        stack.restart(service).await?;
        starts.insert(service.name(), since.elapsed());
    }
    Ok(starts)
}

/// Bytes of each program as it was built.
///
/// # Errors
/// When one is missing.
pub fn sizes(stack: &Stack) -> Result<BTreeMap<&'static str, u64>> {
    let size = |service: Service| {
        let bytes = fs::metadata(stack.program(service))?.len();
        Ok((service.name(), bytes))
    };
    Service::ALL.into_iter().map(size).collect()
}
