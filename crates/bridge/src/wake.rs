//! A descriptor that an event loop can watch: one end is written by the runtime, the other read by the loop.

use std::io::{Read, Result, Write};

#[cfg(any(test, not(unix)))]
use std::net::{TcpListener, TcpStream};

#[cfg(unix)]
type Stream = std::os::unix::net::UnixStream;
#[cfg(not(unix))]
type Stream = TcpStream;

/// The end that the event loop watches.
pub(crate) struct Watched(Stream);

/// The end that wakes it.
pub(crate) struct Waker(Stream);

pub(crate) fn pair() -> Result<(Watched, Waker)> {
    #[cfg(unix)]
    let (watched, waker) = Stream::pair()?;
    #[cfg(not(unix))]
    let (watched, waker) = loopback_pair()?;
    watched.set_nonblocking(true)?;
    waker.set_nonblocking(true)?;
    Ok((Watched(watched), Waker(waker)))
}

impl Waker {
    /// A full buffer needs no further byte, and a closed end no wake-up: both failures are as good as success.
    pub(crate) fn wake(&self) {
        let _ = (&self.0).write(&[1]);
    }
}

impl Watched {
    /// Takes away what was written, and says how many bytes that was.
    pub(crate) fn clear(&self) -> usize {
        let mut bytes = [0; 64];
        let mut total = 0;
        while let Ok(read @ 1..) = (&self.0).read(&mut bytes) {
            total += read;
        }
        total
    }

    #[cfg(unix)]
    pub(crate) fn descriptor(&self) -> u64 {
        use std::os::fd::AsRawFd;
        u64::try_from(self.0.as_raw_fd()).expect("an open descriptor is not negative")
    }

    #[cfg(windows)]
    pub(crate) fn descriptor(&self) -> u64 {
        use std::os::windows::io::AsRawSocket;
        self.0.as_raw_socket()
    }
}

/// Where there are no socket pairs. Another process might connect in between: only our own end is accepted.
#[cfg(any(test, not(unix)))]
fn loopback_pair() -> Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let waker = TcpStream::connect(listener.local_addr()?)?;
    waker.set_nodelay(true)?;
    loop {
        let (watched, peer) = listener.accept()?;
        if peer == waker.local_addr()? {
            return Ok((watched, waker));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_pair_carries_bytes_to_its_own_end() {
        let (mut watched, mut waker) = loopback_pair().unwrap();
        waker.write_all(&[7]).unwrap();
        let mut byte = [0];
        watched.read_exact(&mut byte).unwrap();
        assert_eq!(byte, [7]);
    }
}
