//! Asking whether somebody takes a connection (connect(2)), without waiting for the answer.
#![allow(unsafe_code, reason = "std's connect waits")]

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::libc;

use super::descriptors::above_standard;

/// A connection that is being made. Dropped, it is given up.
#[derive(Debug)]
pub struct Connection(OwnedFd);

/// What became of an attempt right away.
#[derive(Debug)]
pub enum Attempt {
    /// It was taken, and is closed already.
    Taken,
    /// It was not, or there is no descriptor to try with.
    Refused,
    /// That is to be seen: when the connection can be written to.
    UnderWay(Connection),
}

/// Tries to connect.
#[must_use]
pub fn attempt(address: SocketAddr) -> Attempt {
    let Ok(descriptor) = socket(address) else { return Attempt::Refused };
    let result = match address.ip() {
        IpAddr::V4(ip) => {
            // SAFETY: all zero is a valid value of this plain structure of C.
            let mut to = unsafe { mem::zeroed::<libc::sockaddr_in>() };
            to.sin_family = family(libc::AF_INET);
            to.sin_port = address.port().to_be();
            to.sin_addr.s_addr = u32::from_ne_bytes(ip.octets());
            connect(&descriptor, &to)
        }
        IpAddr::V6(ip) => {
            // SAFETY: as above.
            let mut to = unsafe { mem::zeroed::<libc::sockaddr_in6>() };
            to.sin6_family = family(libc::AF_INET6);
            to.sin6_port = address.port().to_be();
            to.sin6_addr.s6_addr = ip.octets();
            connect(&descriptor, &to)
        }
    };
    match result {
        Ok(()) => Attempt::Taken,
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {
            Attempt::UnderWay(Connection(descriptor))
        }
        Err(_) => Attempt::Refused,
    }
}

fn family(number: libc::c_int) -> libc::sa_family_t {
    libc::sa_family_t::try_from(number).unwrap_or(0)
}

fn socket(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    // SAFETY: a call on numbers.
    let number =
        unsafe { libc::socket(family, libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0) };
    if number < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
    above_standard(unsafe { OwnedFd::from_raw_fd(number) })
}

fn connect<T>(descriptor: &OwnedFd, to: &T) -> io::Result<()> {
    let size = libc::socklen_t::try_from(mem::size_of::<T>()).unwrap_or(0);
    // SAFETY: an address of the size that is said, which the kernel reads.
    let result = unsafe { libc::connect(descriptor.as_raw_fd(), std::ptr::from_ref(to).cast(), size) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

impl Connection {
    /// Whether it was taken; to be asked when it can be written to.
    #[must_use]
    pub fn was_taken(&self) -> bool {
        let mut error: libc::c_int = 0;
        let mut size = libc::socklen_t::try_from(mem::size_of_val(&error)).unwrap_or(0);
        // SAFETY: the kernel writes one int, the size that is said.
        let result = unsafe {
            libc::getsockopt(
                self.0.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_ERROR,
                (&raw mut error).cast(),
                &raw mut size,
            )
        };
        result == 0 && error == 0
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
