//! The gateway's hop, and the services as processes.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{count, heading};
use crate::{hop::Hop, report::Findings};

/// What the gateway adds.
pub(super) fn gateway(out: &mut String, hop: &Hop) {
    heading(
        out,
        "A detail through the gateway and of ticket itself (µs)",
    );
    let _ = writeln!(out, "{:<26}{:>9}{:>9}", "", "p50", "p99");
    for (name, latencies) in [
        ("through the gateway", &hop.through),
        ("of ticket itself", &hop.direct),
        ("a bare echo", &hop.echo),
    ] {
        let (median, p99) = (1e3 * latencies.median(), 1e3 * latencies.p99());
        let _ = writeln!(out, "{name:<26}{median:>9.0}{p99:>9.0}");
    }
    let _ = writeln!(out, "{:<26}{:>9.0}", "the gateway adds", hop.added());
}

/// Memory, starts, the program.
pub(super) fn services(out: &mut String, findings: &Findings) {
    heading(out, "Services: memory (PSS) in MiB, start in ms");
    let _ = writeln!(out, "{:<26}{:>9}{:>9}{:>9}", "", "idle", "loaded", "start");
    for (service, start) in &findings.starts {
        let kib = |sizes: &BTreeMap<&str, u64>| sizes.get(service).copied().unwrap_or_default();
        let _ = writeln!(
            out,
            "{service:<26}{:>9.1}{:>9.1}{:>9}",
            count(kib(&findings.idle)) / 1024.0,
            count(kib(&findings.loaded)) / 1024.0,
            start.as_millis()
        );
    }
    let program = count(findings.size) / 1024.0 / 1024.0;
    let _ = writeln!(out, "the program of all: {program:.1} MiB");
}
