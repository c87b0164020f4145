//! The datagrams of `sd_notify(3)`: received from processes, and sent to the service manager.
#![allow(unsafe_code, reason = "recvmsg(2) with credentials has no wrapper without nix's socket feature")]

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use nix::libc;

use crate::sys::descriptors::move_above_stdio;
use crate::sys::process::Pid;
use crate::sys::random;

/// A socket that receives notifications. Its address is in the abstract namespace (unix(7)), so it needs no file, and
/// is random, so nobody can guess it.
#[derive(Debug)]
pub struct Inbox {
    descriptor: OwnedFd,
    name: String,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The sender, as the kernel says. `None` if it is in another pid namespace.
    pub sender: Option<Pid>,
    /// The user id of the sender.
    pub uid: u32,
    /// Whether one of its lines is `READY=1`.
    pub says_ready: bool,
}

/// The longest message that is read, as for systemd.
const LONGEST: usize = 4096;
/// Room for credentials, and for the most descriptors that a message can carry (253, unix(7)).
const CONTROL: usize = 2048;

#[repr(align(8))]
struct Control(MaybeUninit<[u8; CONTROL]>);

impl Inbox {
    /// Opens a socket with a random address.
    ///
    /// # Errors
    /// If there is no descriptor or memory left.
    pub fn open() -> io::Result<Self> {
        let descriptor = datagram_socket()?;
        let on: libc::c_int = 1;
        let size = libc::socklen_t::try_from(mem::size_of_val(&on)).unwrap_or(0);
        // SAFETY: the kernel reads one int, the size that is passed.
        let result = unsafe {
            libc::setsockopt(
                descriptor.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PASSCRED,
                (&raw const on).cast(),
                size,
            )
        };
        check(result)?;
        let name = unguessable()?;
        let (address, length) = address(name.as_bytes())?;
        // SAFETY: an address, and how much of it counts.
        check(unsafe { libc::bind(descriptor.as_raw_fd(), (&raw const address).cast(), length) })?;
        Ok(Self { descriptor, name })
    }

    /// The address, as `NOTIFY_SOCKET` has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Receives one message, if there is one. Descriptors that came with it are closed, which is what a barrier
    /// (`sd_notify_barrier(3)`) waits for.
    #[must_use]
    pub fn take(&self) -> Option<Message> {
        let mut bytes = [0_u8; LONGEST];
        let mut control = Control(MaybeUninit::uninit());
        let mut piece = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        // SAFETY: all zero is a valid value of this plain structure of C.
        let mut header = unsafe { mem::zeroed::<libc::msghdr>() };
        header.msg_iov = &raw mut piece;
        header.msg_iovlen = 1;
        header.msg_control = control.0.as_mut_ptr().cast();
        header.msg_controllen = length(CONTROL);
        let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
        // SAFETY: everything that the header points to is as large as it says and lives on.
        let read = unsafe { libc::recvmsg(self.descriptor.as_raw_fd(), &raw mut header, flags) };
        let read = usize::try_from(read).ok()?;
        let mut message = Message {
            sender: None,
            uid: u32::MAX,
            says_ready: bytes[..read].split(|b| *b == b'\n').any(|line| line == b"READY=1"),
        };
        // SAFETY: recvmsg(2) has filled the header in.
        let mut entry = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
        while !entry.is_null() {
            // SAFETY: the macros of cmsg(3) stay within what the kernel has written.
            let (kind, data) = unsafe { (((*entry).cmsg_level, (*entry).cmsg_type), libc::CMSG_DATA(entry)) };
            if kind == (libc::SOL_SOCKET, libc::SCM_CREDENTIALS) {
                // SAFETY: what the kernel writes into an entry of this kind.
                let credentials = unsafe { data.cast::<libc::ucred>().read_unaligned() };
                message.sender = Some(credentials.pid).filter(|pid| *pid > 0).map(Pid::new);
                message.uid = credentials.uid;
            } else if kind == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
                // SAFETY: as above; the length says how many.
                unsafe { close_all(entry, data) };
            }
            // SAFETY: as above.
            entry = unsafe { libc::CMSG_NXTHDR(&raw const header, entry) };
        }
        Some(message)
    }
}

/// Closes the descriptors of an entry.
///
/// # Safety
/// It is an entry of `SCM_RIGHTS` that recvmsg(2) has written, and this is its data.
unsafe fn close_all(entry: *const libc::cmsghdr, data: *const u8) {
    // SAFETY: as the caller promises.
    let whole: usize = length(unsafe { (*entry).cmsg_len });
    // SAFETY: a macro on a number.
    let head = unsafe { libc::CMSG_LEN(0) } as usize;
    for index in 0..whole.saturating_sub(head) / mem::size_of::<libc::c_int>() {
        let mut number = [0_u8; mem::size_of::<libc::c_int>()];
        // SAFETY: within the entry; the descriptor is ours since recvmsg(2), and nothing else knows it.
        unsafe {
            data.add(index * number.len()).copy_to_nonoverlapping(number.as_mut_ptr(), number.len());
            libc::close(libc::c_int::from_ne_bytes(number));
        }
    }
}

impl AsFd for Inbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Sends a message to the address of a `NOTIFY_SOCKET`: a path, or `@` and a name in the abstract namespace.
///
/// # Errors
/// If it is not an address, or nobody receives the message.
pub fn send(to: &OsStr, message: &[u8]) -> io::Result<()> {
    let descriptor = datagram_socket()?;
    let (address, length) = address(to.as_bytes())?;
    // SAFETY: a message and an address of the sizes that are passed.
    let sent = unsafe {
        libc::sendto(
            descriptor.as_raw_fd(),
            message.as_ptr().cast(),
            message.len(),
            libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT,
            (&raw const address).cast(),
            length,
        )
    };
    if sent >= 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn datagram_socket() -> io::Result<OwnedFd> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: a call on numbers.
    let number = unsafe { libc::socket(libc::AF_UNIX, kind, 0) };
    check(number)?;
    // SAFETY: the kernel has just made this descriptor, and nothing else owns it.
    move_above_stdio(unsafe { OwnedFd::from_raw_fd(number) })
}

/// The address of a `NOTIFY_SOCKET`, as the kernel expects it.
fn address(name: &[u8]) -> io::Result<(libc::sockaddr_un, libc::socklen_t)> {
    // SAFETY: all zero is a valid value of this plain structure of C.
    let mut address = unsafe { mem::zeroed::<libc::sockaddr_un>() };
    address.sun_family = libc::sa_family_t::try_from(libc::AF_UNIX).unwrap_or(0);
    let is_abstract = name.first() == Some(&b'@');
    if !(is_abstract || name.first() == Some(&b'/')) || name.len() >= address.sun_path.len() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    for (to, from) in address.sun_path.iter_mut().zip(name) {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    if is_abstract {
        address.sun_path[0] = 0;
    }
    let length = mem::offset_of!(libc::sockaddr_un, sun_path) + name.len() + usize::from(!is_abstract);
    Ok((address, libc::socklen_t::try_from(length).unwrap_or(0)))
}

fn unguessable() -> io::Result<String> {
    let mut random = [0_u8; 16];
    random::fill(&mut random)?;
    let mut name = "@monofy-".to_owned();
    for byte in random {
        let _ = write!(name, "{byte:02x}");
    }
    Ok(name)
}

/// Converts a length between the types that C libraries give it: `size_t` in glibc, `socklen_t` in musl.
fn length<From, To: TryFrom<From> + Default>(length: From) -> To {
    To::try_from(length).unwrap_or_default()
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result >= 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_receives_messages_with_their_senders() {
        let inbox = Inbox::open().unwrap();
        assert_eq!(inbox.take(), None);
        let own = Message { sender: Some(Pid::own()), uid: nix::unistd::getuid().as_raw(), says_ready: true };
        send(OsStr::new(inbox.name()), b"STATUS=well\nREADY=1\n").unwrap();
        assert_eq!(inbox.take(), Some(own.clone()));
        for other in [&b"READY=0"[..], b"STATUS=READY=1", b"", &[b'x'; 10_000]] {
            send(OsStr::new(inbox.name()), other).unwrap();
            assert_eq!(inbox.take(), Some(Message { says_ready: false, ..own.clone() }));
        }
        assert_eq!(inbox.take(), None);
    }

    #[test]
    fn an_invalid_address_is_an_error() {
        for wrong in ["", "relative", "vsock:2:1"] {
            assert!(send(OsStr::new(wrong), b"READY=1").is_err(), "{wrong}");
        }
    }
}
