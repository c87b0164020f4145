//! The memory file (`memfd_create(2)`) in which a process publishes its state, and how another process finds it in
//! /proc. It needs no socket, no port and no writable file system.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;

use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::sys::descriptors;
use crate::sys::process::Pid;

/// The name of such a file in /proc.
const NAME: &str = "monofy";
const LINK: &str = "/memfd:monofy (deleted)";

/// The size of the header: the length of the contents and their checksum, 8 bytes each.
const HEAD: usize = 16;
/// The largest contents that are read: another process of the same user could have written a wrong length.
const MOST: u64 = 64 * 1024 * 1024;
/// How often a reader that meets a writer retries.
const TRIES: usize = 100;

/// A file that publishes the state of this process.
#[derive(Debug)]
pub struct MemoryFile {
    file: fs::File,
}

impl MemoryFile {
    /// Creates an empty file. Children do not inherit it.
    ///
    /// # Errors
    /// If there is no descriptor or memory left, or memory files are refused (Linux before 3.17, a sandbox).
    pub fn create() -> io::Result<Self> {
        // Since Linux 6.3 the kernel logs a warning about memory files without this flag. Older kernels refuse it.
        let no_exec = MFdFlags::from_bits_retain(nix::libc::MFD_NOEXEC_SEAL);
        let descriptor = memfd_create(NAME, MFdFlags::MFD_CLOEXEC | no_exec)
            .or_else(|_| memfd_create(NAME, MFdFlags::MFD_CLOEXEC))?;
        Ok(Self { file: descriptors::move_above_stdio(descriptor)?.into() })
    }

    /// Replaces the contents, in one write. A reader detects by the checksum that it has read in the middle of it.
    ///
    /// # Errors
    /// As pwrite(2).
    pub fn publish(&self, contents: &[u8]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(HEAD + contents.len());
        bytes.extend_from_slice(&(contents.len() as u64).to_ne_bytes());
        bytes.extend_from_slice(&sum(contents).to_ne_bytes());
        bytes.extend_from_slice(contents);
        self.file.write_all_at(&bytes, 0)
    }
}

/// The checksum, FNV-1a. It detects torn reads; nobody has a reason to forge it.
fn sum(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Reads what a process publishes. `None` if it publishes nothing.
///
/// # Errors
/// ENOENT if there is no such process, EACCES if we may not inspect it (`ptrace(2)`, "access mode checking").
pub fn read_of(pid: Pid) -> io::Result<Option<Vec<u8>>> {
    for entry in fs::read_dir(format!("/proc/{pid}/fd"))? {
        let path = entry?.path();
        // A descriptor that was closed meanwhile is skipped.
        if fs::read_link(&path).is_ok_and(|target| target.as_os_str() == LINK)
            && let Ok(file) = fs::File::open(&path)
            && let Some(contents) = read(&file)
        {
            return Ok(Some(contents));
        }
    }
    Ok(None)
}

/// The other processes that publish something, with what they publish. Those that we may not inspect are left out.
#[must_use]
pub fn others() -> Vec<(Pid, Vec<u8>)> {
    let own = Pid::own();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(|pid| *pid > 0);
    let others = pids.map(Pid::new).filter(|pid| *pid != own);
    others.filter_map(|pid| Some((pid, read_of(pid).ok()??))).collect()
}

/// Reads the contents. `None` if they are not in our format, or are written so often that every read is torn.
fn read(file: &fs::File) -> Option<Vec<u8>> {
    for _ in 0..TRIES {
        let mut head = [0; HEAD];
        file.read_exact_at(&mut head, 0).ok()?;
        let number = |at: usize| head[at..at + 8].try_into().map(u64::from_ne_bytes);
        let (length, expected) = (number(0).ok()?, number(8).ok()?);
        let mut contents = vec![0; usize::try_from(length).ok().filter(|_| length <= MOST)?];
        if file.read_exact_at(&mut contents, HEAD as u64).is_ok() && sum(&contents) == expected {
            return Some(contents);
        }
        std::thread::yield_now();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thing_published_is_read() {
        let file = MemoryFile::create().unwrap();
        assert_eq!(read(&file.file), None, "nothing was published yet");
        file.publish(b"something long").unwrap();
        file.publish(b"short").unwrap();
        assert_eq!(read(&file.file).as_deref(), Some(&b"short"[..]));
    }

    #[test]
    fn a_torn_state_is_not_read() {
        let file = MemoryFile::create().unwrap();
        file.publish(b"contents").unwrap();
        file.file.write_all_at(b"C", HEAD as u64).unwrap();
        assert_eq!(read(&file.file), None);
        file.file.write_all_at(&u64::MAX.to_ne_bytes(), 0).unwrap();
        assert_eq!(read(&file.file), None, "a length that cannot be");
    }

    #[test]
    fn a_process_is_found_by_its_pid() {
        let file = MemoryFile::create().unwrap();
        file.publish(b"found").unwrap();
        // Other tests of this process may publish at the same time.
        let expected = read_of(Pid::own()).unwrap();
        assert!(expected.is_some());
    }
}
