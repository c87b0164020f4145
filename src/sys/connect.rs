//! Connects without waiting (connect(2)), by TCP and by UDP.
//!
//! socket2 would add a crate and more unsafe code than the few calls here; std's and nix's connect lack `SO_ERROR`,
//! `SO_LINGER` or a connect that does not wait.
#![allow(unsafe_code, reason = "std's connect waits")]

use std::ffi::CString;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::libc;

use crate::sys::descriptors::move_above_stdio;

/// A connection that is being established, or a connected UDP socket. Dropping it abandons it.
#[derive(Debug)]
pub struct Connection(OwnedFd);

/// The immediate result of an attempt.
#[derive(Debug)]
pub enum Attempt {
    /// The connection was accepted.
    Accepted(Connection),
    /// It was refused, or there is no descriptor to try with.
    Refused(io::Error),
    /// The result is known when the connection is writable.
    UnderWay(Connection),
}

/// Tries to connect.
#[must_use]
pub fn attempt(address: SocketAddr) -> Attempt {
    let descriptor = match socket(address, libc::SOCK_STREAM) {
        Ok(descriptor) => descriptor,
        Err(error) => return Attempt::Refused(error),
    };
    let result = connect_to(&descriptor, address);
    let connection = Connection(descriptor);
    match result {
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Attempt::UnderWay(connection),
        Ok(()) => match connection.result() {
            Ok(()) => Attempt::Accepted(connection),
            Err(error) => Attempt::Refused(error),
        },
        Err(error) => Attempt::Refused(error),
    }
}

/// Opens a UDP socket with a port that the kernel chooses at random. It sends to this address, and receives from it
/// alone.
///
/// # Errors
/// If there is no descriptor left, or no route to the address.
pub fn datagrams(address: SocketAddr) -> io::Result<Connection> {
    let descriptor = socket(address, libc::SOCK_DGRAM)?;
    connect_to(&descriptor, address)?;
    Ok(Connection(descriptor))
}

/// The number of a network interface, for the addresses that are valid on one link alone.
#[must_use]
pub fn interface_index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: the function reads a string that ends with NUL.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (index != 0).then_some(index)
}

fn connect_to(descriptor: &OwnedFd, address: SocketAddr) -> io::Result<()> {
    match address {
        SocketAddr::V4(address) => {
            // SAFETY: all zero is a valid value of this plain structure of C.
            let mut to = unsafe { mem::zeroed::<libc::sockaddr_in>() };
            to.sin_family = family(libc::AF_INET);
            to.sin_port = address.port().to_be();
            to.sin_addr.s_addr = u32::from_ne_bytes(address.ip().octets());
            connect(descriptor, &to)
        }
        SocketAddr::V6(address) => {
            // SAFETY: as above.
            let mut to = unsafe { mem::zeroed::<libc::sockaddr_in6>() };
            to.sin6_family = family(libc::AF_INET6);
            to.sin6_port = address.port().to_be();
            to.sin6_addr.s6_addr = address.ip().octets();
            to.sin6_scope_id = address.scope_id();
            connect(descriptor, &to)
        }
    }
}

fn family(number: libc::c_int) -> libc::sa_family_t {
    libc::sa_family_t::try_from(number).unwrap_or(0)
}

fn socket(address: SocketAddr, kind: libc::c_int) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    // SAFETY: a call on numbers.
    let number = unsafe { libc::socket(family, kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0) };
    if number < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
    move_above_stdio(unsafe { OwnedFd::from_raw_fd(number) })
}

fn connect<T>(descriptor: &OwnedFd, to: &T) -> io::Result<()> {
    // SAFETY: the kernel reads an address of the size that is passed.
    let result = unsafe { libc::connect(descriptor.as_raw_fd(), std::ptr::from_ref(to).cast(), size_of(to)) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn size_of<T>(value: &T) -> libc::socklen_t {
    libc::socklen_t::try_from(mem::size_of_val(value)).unwrap_or(0)
}

impl Connection {
    /// Whether it was accepted. To be called when it is writable.
    ///
    /// # Errors
    /// If it was refused.
    pub fn result(&self) -> io::Result<()> {
        let mut error: libc::c_int = 0;
        let mut size = size_of(&error);
        // SAFETY: the kernel writes one int, the size that is passed.
        let result = unsafe {
            libc::getsockopt(
                self.0.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_ERROR,
                (&raw mut error).cast(),
                &raw mut size,
            )
        };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        match error {
            0 if self.is_with_itself() => Err(io::Error::from_raw_os_error(libc::ECONNREFUSED)),
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    /// Whether TCP has connected it with itself: an attempt may get the very port as its own at which nobody listens. The
    /// port is released at once, for the process that is to listen there.
    fn is_with_itself(&self) -> bool {
        let (own, peer) = (self.name(libc::getsockname), self.name(libc::getpeername));
        let is_one = own.is_some() && own == peer;
        if is_one {
            let at_once = libc::linger { l_onoff: 1, l_linger: 0 };
            // SAFETY: the kernel reads one structure of the size that is passed.
            unsafe {
                libc::setsockopt(
                    self.0.as_raw_fd(),
                    libc::SOL_SOCKET,
                    libc::SO_LINGER,
                    (&raw const at_once).cast(),
                    size_of(&at_once),
                );
            }
        }
        is_one
    }

    /// One of its two addresses, as the kernel encodes it.
    fn name(&self, call: Name) -> Option<Vec<u8>> {
        let mut bytes = [0_u8; mem::size_of::<libc::sockaddr_in6>()];
        let mut length = size_of(&bytes);
        // SAFETY: the kernel writes no more than the length that is passed.
        let result = unsafe { call(self.0.as_raw_fd(), bytes.as_mut_ptr().cast(), &raw mut length) };
        (result == 0).then(|| bytes[..bytes.len().min(length as usize)].to_vec())
    }
}

/// getsockname(2) or getpeername(2).
type Name = unsafe extern "C" fn(libc::c_int, *mut libc::sockaddr, *mut libc::socklen_t) -> libc::c_int;

impl Connection {
    /// Sends as much as there is room for.
    ///
    /// # Errors
    /// As send(2); `WouldBlock` if there is no room.
    pub fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
        // SAFETY: the kernel reads as many bytes as are passed.
        let sent = unsafe { libc::send(self.0.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }

    /// Receives what is there; 0 bytes are the end, or an empty datagram.
    ///
    /// # Errors
    /// As recv(2); `WouldBlock` if there is nothing yet.
    pub fn receive(&self, bytes: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the kernel writes no more bytes than are passed.
        let received = unsafe {
            libc::recv(self.0.as_raw_fd(), bytes.as_mut_ptr().cast(), bytes.len(), libc::MSG_DONTWAIT)
        };
        usize::try_from(received).map_err(|_| io::Error::last_os_error())
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Whether an attempt is accepted in the end.
    fn is_accepted_at_last(attempt: Attempt) -> bool {
        match attempt {
            Attempt::Accepted(_) => true,
            Attempt::Refused(_) => false,
            Attempt::UnderWay(connection) => {
                let mut polled = [nix::poll::PollFd::new(connection.as_fd(), nix::poll::PollFlags::POLLOUT)];
                nix::poll::poll(&mut polled, 5000_u16).unwrap();
                connection.result().is_ok()
            }
        }
    }

    #[test]
    fn who_listens_takes_it_and_who_does_not_refuses() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(address).unwrap();
            let address = listener.local_addr().unwrap();
            assert!(is_accepted_at_last(attempt(address)));
            drop(listener);
            assert!(!is_accepted_at_last(attempt(address)));
        }
    }

    #[test]
    fn a_connection_with_itself_does_not_count_and_releases_its_port() {
        let address = "127.0.0.1:0".parse().unwrap();
        let connection = Connection(socket(address, libc::SOCK_STREAM).unwrap());
        // SAFETY: all zero is a valid value of this plain structure of C.
        let mut own = unsafe { mem::zeroed::<libc::sockaddr_in>() };
        own.sin_family = family(libc::AF_INET);
        own.sin_addr.s_addr = u32::from_ne_bytes([127, 0, 0, 1]);
        let mut length = size_of(&own);
        // SAFETY: addresses of the size that is passed.
        unsafe {
            assert_eq!(libc::bind(connection.0.as_raw_fd(), (&raw const own).cast(), length), 0);
            let number = connection.0.as_raw_fd();
            assert_eq!(libc::getsockname(number, (&raw mut own).cast(), &raw mut length), 0);
        }
        let _ = connect(&connection.0, &own);
        assert!(!is_accepted_at_last(Attempt::UnderWay(connection)));
        // Without SO_REUSEADDR, so that a connection that is still closing would be in the way.
        let next = socket(address, libc::SOCK_STREAM).unwrap();
        // SAFETY: as above.
        assert_eq!(unsafe { libc::bind(next.as_raw_fd(), (&raw const own).cast(), length) }, 0);
    }
}
