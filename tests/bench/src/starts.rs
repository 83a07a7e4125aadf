//! How long each service takes from its process's start until it is ready, and how big their program is.

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

/// Bytes of the program of all services as it was built.
///
/// # Errors
/// When it is missing.
pub fn size(stack: &Stack) -> Result<u64> {
    Ok(fs::metadata(stack.program(Service::Gateway))?.len())
}
