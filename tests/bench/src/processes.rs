//! What the system tells about processes. Where there is no `/proc`, nothing.

use std::{fs, path::Path};

/// Clock ticks a second in `/proc/<pid>/stat`: the same on every Linux.
const TICKS: f64 = 100.0;

/// A process's line in `/proc`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stat {
    /// Its parent.
    pub parent: u32,
    /// CPU seconds of its own.
    pub own: f64,
    /// CPU seconds of children that have ended.
    pub ended_children: f64,
}

impl Stat {
    /// Reads it.
    pub fn of(pid: u32) -> Option<Self> {
        parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }
}

/// The name in parentheses may hold anything, so the fields are counted from its end.
fn parse_stat(line: &str) -> Option<Stat> {
    let (_, rest) = line.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let seconds = |from: usize| -> Option<f64> {
        let user: f64 = fields.get(from)?.parse().ok()?;
        let system: f64 = fields.get(from + 1)?.parse().ok()?;
        Some((user + system) / TICKS)
    };
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: seconds(11)?,
        ended_children: seconds(13)?,
    })
}

/// The children that run.
pub fn children(parent: u32) -> Vec<u32> {
    all()
        .filter(|pid| Stat::of(*pid).is_some_and(|stat| stat.parent == parent))
        .collect()
}

/// A process's words, or the title that it gave itself.
pub fn title(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// Memory in KiB: its own, and its share of what it has in common with others.
pub fn proportional_memory(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    parse_pss(&text)
}

fn parse_pss(text: &str) -> Option<u64> {
    let figure = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    figure.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Who listens on this TCP port of the machine.
pub fn listener(port: u16) -> Option<u32> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .find_map(|table| listening_inode(&table, port))?;
    let socket = format!("socket:[{inode}]");
    // PostgreSQL's children inherit the socket: the smallest number is the parent's.
    all().filter(|pid| holds(*pid, &socket)).min()
}

/// The inode of a socket in state `0A`, listening, from a table of the kernel's.
fn listening_inode(table: &str, port: u16) -> Option<String> {
    let end = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&end) && *fields.get(3)? == "0A";
        listens.then(|| fields.get(9).map(ToString::to_string))?
    })
}

fn holds(pid: u32, socket: &str) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd"));
    files
        .into_iter()
        .flatten()
        .flatten()
        .any(|file| fs::read_link(file.path()).is_ok_and(|target| target == Path::new(socket)))
}

fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// CPU seconds that all cores together were busy since the machine started, with whatever.
pub fn busy() -> Option<f64> {
    parse_busy(&fs::read_to_string("/proc/stat").ok()?)
}

/// The first line: user, nice, system, idle, waiting, interrupts, soft interrupts, stolen, …
fn parse_busy(table: &str) -> Option<f64> {
    let line = table.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<f64> = line
        .split_whitespace()
        .map_while(|field| field.parse().ok())
        .collect();
    let busy = [0, 1, 2, 5, 6, 7];
    let ticks: f64 = busy.iter().filter_map(|place| ticks.get(*place)).sum();
    Some(ticks / TICKS)
}

/// The machine in words: cores and memory.
pub fn machine() -> (usize, Option<u64>) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = text.lines().find_map(|line| {
        let figure = line.strip_prefix("MemTotal:")?;
        let kib: u64 = figure.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib / 1024)
    });
    (cores, memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_count_from_the_end_of_the_name() {
        let line = "42 (a) b) S 7 42 42 0 -1 4194560 10 20 0 0 150 50 300 100 20 0 5 0 99 1 2";
        let stat = parse_stat(line).unwrap();
        assert_eq!(stat.parent, 7);
        assert!((stat.own - 2.0).abs() < 1e-9);
        assert!((stat.ended_children - 4.0).abs() < 1e-9);
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn the_share_of_memory_is_read() {
        assert_eq!(
            parse_pss("Rss: 9000 kB\nPss:                1234 kB\n"),
            Some(1234)
        );
        assert_eq!(parse_pss("Rss: 1 kB\n"), None);
    }

    #[test]
    fn a_core_that_waits_is_not_busy() {
        let table = "cpu  100 10 50 9999 777 5 5 30 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(parse_busy(table), Some(2.0));
    }

    #[test]
    fn only_a_listening_socket_counts() {
        let table = "  sl  local_address rem_address   st tx rx tr tm retrnsmt uid timeout inode\n\
             0: 0100007F:1F90 0100007F:D431 01 0:0 0:0 0 0 0 111 1\n\
             1: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 222 1\n";
        assert_eq!(listening_inode(table, 8080).as_deref(), Some("222"));
        assert_eq!(listening_inode(table, 8081), None);
    }
}
