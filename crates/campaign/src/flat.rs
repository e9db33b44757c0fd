//! What a driver's processes hold: memory, threads and sockets, read off the operating system.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

/// What all processes of a language held at one moment, at rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Sample {
    /// The call before which it was taken.
    pub(crate) at: usize,
    pub(crate) rss_kib: usize,
    pub(crate) threads: usize,
    pub(crate) sockets: usize,
}

/// What the processes of a language may hold more at the end: caches that still fill, a thread that resolves names, and
/// for each call in flight a connection to either host on each of two runtimes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) rss_kib: usize,
    pub(crate) threads: usize,
    pub(crate) sockets: usize,
}

/// What grew beyond the bounds, in words.
pub(crate) fn leaks(first: Sample, last: Sample, bounds: Bounds) -> Vec<String> {
    let grown = |what: &str, first: usize, last: usize, bound: usize| {
        (last > first + bound).then(|| format!("{what} grew from {first} to {last}, by more than {bound}"))
    };
    let all = [
        grown("memory (KiB)", first.rss_kib, last.rss_kib, bounds.rss_kib),
        grown("threads", first.threads, last.threads, bounds.threads),
        grown("sockets", first.sockets, last.sockets, bounds.sockets),
    ];
    all.into_iter().flatten().collect()
}

/// Of these processes together.
pub(crate) fn sample(at: usize, processes: &[u32]) -> io::Result<Sample> {
    let mut all = Sample { at, ..Sample::default() };
    for process in processes {
        let folder = Path::new("/proc").join(process.to_string());
        let status = fs::read_to_string(folder.join("status"))?;
        all.rss_kib += number(&status, "VmRSS:")?;
        all.threads += number(&status, "Threads:")?;
        let links = fs::read_dir(folder.join("fd"))?.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        all.sockets += links.filter(|link| link.to_string_lossy().starts_with("socket:")).count();
    }
    Ok(all)
}

/// How long each thread of a process has been ready to run so far, without a processor.
pub(crate) struct Waits(HashMap<OsString, Duration>);

impl Waits {
    pub(crate) fn of(process: u32) -> Self {
        let tasks = fs::read_dir(Path::new("/proc").join(process.to_string()).join("task"));
        let waited = |task: DirEntry| {
            // `schedstat`: nanoseconds on a processor, nanoseconds ready without one, turns.
            let stat = fs::read_to_string(task.path().join("schedstat")).ok()?;
            let nanoseconds = stat.split(' ').nth(1)?.parse().ok()?;
            Some((task.file_name(), Duration::from_nanos(nanoseconds)))
        };
        Self(tasks.into_iter().flatten().flatten().filter_map(waited).collect())
    }

    /// The longest that one thread has waited since: what a crowded machine did to a call, at the least.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let more =
            |(task, now): (&OsString, &Duration)| now.saturating_sub(before.0.get(task).copied().unwrap_or_default());
        self.0.iter().map(more).max().unwrap_or_default()
    }
}

fn number(status: &str, name: &str) -> io::Result<usize> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| io::Error::other(format!("a process without {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_and_what_it_holds_more_is_seen() {
        let me = [std::process::id()];
        let before = sample(0, &me).unwrap();
        let _listeners = [0; 5].map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        let after = sample(0, &me).unwrap();
        assert!(before.rss_kib > 100 && before.threads >= 1);
        assert!(after.sockets >= before.sockets + 5);
    }

    #[test]
    fn the_longest_wait_of_a_thread_counts() {
        let waits =
            |waits: [(&str, u64); 2]| Waits(waits.map(|(task, ms)| (task.into(), Duration::from_millis(ms))).into());
        let since = waits([("1", 30), ("2", 50)]).since(&waits([("1", 10), ("2", 45)]));
        assert_eq!(since, Duration::from_millis(20));
        assert!(!Waits::of(std::process::id()).0.is_empty());
    }

    #[test]
    fn a_leak_is_named() {
        let bounds = Bounds { rss_kib: 100, threads: 1, sockets: 2 };
        let first = Sample { at: 1000, rss_kib: 1000, threads: 5, sockets: 4 };
        assert!(leaks(first, Sample { rss_kib: 1100, threads: 6, sockets: 6, ..first }, bounds).is_empty());
        for (last, word) in [
            (Sample { rss_kib: 1101, ..first }, "memory"),
            (Sample { threads: 7, ..first }, "threads"),
            (Sample { sockets: 7, ..first }, "sockets"),
        ] {
            let leaks = leaks(first, last, bounds);
            assert!(leaks.len() == 1 && leaks[0].starts_with(word), "{leaks:?}");
        }
    }
}
