//! What is measured when somebody asks, not when it changes.

use std::{fs, sync::Mutex, time::SystemTime};

type Sampler = Box<dyn Fn() + Send>;

static SAMPLERS: Mutex<Vec<Sampler>> = Mutex::new(Vec::new());

/// Has something measured at each scrape; it must not wait.
pub fn at_scrape(sample: impl Fn() + Send + 'static) {
    if let Ok(mut samplers) = SAMPLERS.lock() {
        samplers.push(Box::new(sample));
    }
}

/// Measures all of it.
pub(crate) fn sample() {
    if let Ok(samplers) = SAMPLERS.lock() {
        samplers.iter().for_each(|sample| sample());
    }
}

/// This process's memory, processor time, threads and open files, as Linux tells them; elsewhere
/// there are none.
#[expect(
    clippy::disallowed_methods,
    reason = "when the process began is the system's business, not the desk's"
)]
pub(crate) fn watch_process() {
    let started = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    metrics::gauge!("process_start_time_seconds").set(started.as_secs_f64());
    at_scrape(|| {
        if let Some(seconds) = fs::read_to_string("/proc/self/stat")
            .ok()
            .and_then(|stat| processor_seconds(&stat))
        {
            metrics::counter!("process_cpu_seconds_total").absolute(seconds);
        }
        if let Ok(status) = fs::read_to_string("/proc/self/status") {
            if let Some(kib) = number(&status, "VmRSS:") {
                metrics::gauge!("process_resident_memory_bytes").set(kib * 1024.0);
            }
            if let Some(threads) = number(&status, "Threads:") {
                metrics::gauge!("process_threads").set(threads);
            }
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            let open = u32::try_from(files.count()).unwrap_or(u32::MAX);
            metrics::gauge!("process_open_fds").set(f64::from(open));
        }
    });
}

/// User and system time in whole seconds, of fields 14 and 15; Linux counts 100 ticks a second.
fn processor_seconds(stat: &str) -> Option<u64> {
    // The program's name may hold anything, spaces and brackets too.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) / 100)
}

fn number(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_tells_of_a_process_is_read() {
        let stat = "7 (a (odd) name) S 1 7 7 0 -1 4194304 9 0 0 0 1234 566 0 0 20 0 5 0 100 1 1";
        assert_eq!(processor_seconds(stat), Some(18));
        let status = "Name:\tx\nVmRSS:\t   2048 kB\nThreads:\t5\n";
        assert_eq!(number(status, "VmRSS:"), Some(2048.0));
        assert_eq!(number(status, "Threads:"), Some(5.0));
        assert_eq!(number(status, "VmSwap:"), None);
    }
}
