//! Finding the file of a PROGRAM.

use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use nix::libc;

use crate::plan::{ByteString, Process};
use crate::sys::environment;
use crate::sys::executable::{self, FileKind};
use crate::sys::spawn::{ChildError, ChildStep};

/// Where execvp(3) searches if PATH is unset.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// Whether PATH is searched for a program.
pub(super) fn is_searched(program: &[u8]) -> bool {
    !program.contains(&b'/')
}

/// The files that execvp(3) would try for a program, in the environment of this process, relative to its working
/// directory.
pub(super) fn candidates(process: &Process, program: &[u8]) -> Vec<PathBuf> {
    if !is_searched(program) {
        return vec![PathBuf::from(OsStr::from_bytes(program))];
    }
    let path = match process.env.get("PATH") {
        Some(own) => own.as_os_str(),
        None => environment::variable("PATH").unwrap_or(OsStr::new(DEFAULT_PATH)),
    };
    let entries = path.as_bytes().split(|b| *b == b':');
    entries.map(|entry| candidate(entry, program)).collect()
}

/// An empty entry is the working directory. The path gets a slash, or a shell that executes a script would search it.
fn candidate(entry: &[u8], program: &[u8]) -> PathBuf {
    let directory = if entry.is_empty() { &b"."[..] } else { entry };
    let separator = if directory.ends_with(b"/") { &b""[..] } else { b"/" };
    PathBuf::from(OsString::from_vec([directory, separator, program].concat()))
}

/// Looks for the working directory and the program of a process, without starting it. The error is the one that the
/// start would have.
pub(super) fn look_up(process: &Process, program: Option<&ByteString>) -> Result<(), ChildError> {
    let directory = process.workdir.as_ref().map(|directory| Path::new(directory.as_os_str()));
    if let Some(directory) = directory {
        let errno = match fs::metadata(directory) {
            Ok(metadata) if metadata.is_dir() => 0,
            Ok(_) => libc::ENOTDIR,
            Err(error) => error.raw_os_error().unwrap_or(libc::ENOENT),
        };
        if errno != 0 {
            return Err(ChildError { step: ChildStep::Directory, errno });
        }
    }
    let mut errno = libc::ENOENT;
    for file in candidates(process, program.map_or(&b""[..], |program| &program.0)) {
        let file = directory.map_or_else(|| file.clone(), |directory| directory.join(&file));
        let Ok(file) = CString::new(file.into_os_string().into_vec()) else { continue };
        match executable::kind(&file) {
            FileKind::Executable => return Ok(()),
            FileKind::NotExecutable => errno = libc::EACCES,
            FileKind::Missing => {}
        }
    }
    Err(ChildError { step: ChildStep::Search, errno })
}
