//! What a driver's processes hold: memory, threads and sockets, read off the operating system.

use std::fs;
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

/// What the processes of a language may hold more at the end: caches that still fill, a connection to either host for each
/// call in flight, a thread that resolves names.
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

/// How long the threads of a process have waited for a processor so far. Without this a call on a crowded machine would
/// be found late for what the machine did.
pub(crate) fn waited(process: u32) -> Duration {
    let tasks = fs::read_dir(Path::new("/proc").join(process.to_string()).join("task")).into_iter().flatten().flatten();
    let stats = tasks.filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok());
    // `schedstat`: nanoseconds on a processor, nanoseconds runnable without one, turns.
    stats.filter_map(|stat| stat.split(' ').nth(1)?.parse().ok()).map(Duration::from_nanos).sum()
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
