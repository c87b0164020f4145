//! Where a PROGRAM is, found before it is started.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use nix::libc;
use nix::unistd::{AccessFlags, access};

use crate::exit;
use crate::plan::{ByteString, Process};

/// Where execvp(3) looks when there is no PATH.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// Why a PROGRAM cannot be started, known before anything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Missing {
    NotFound { by_path: bool },
    NotExecutable,
    Directory,
}

impl Missing {
    pub(in crate::supervisor) fn exit_status(self) -> u8 {
        match self {
            Self::NotFound { .. } => exit::NOT_FOUND,
            Self::NotExecutable => exit::NOT_EXECUTABLE,
            Self::Directory => exit::OUR_FAILURE,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound { by_path: true } => "its program was not found: no directory of PATH holds it",
            Self::NotFound { by_path: false } => "its program was not found: there is no such file",
            Self::NotExecutable => {
                "its program cannot be executed: it is a directory, or not marked executable"
            }
            Self::Directory => "its working directory does not exist or cannot be entered",
        })
    }
}

/// What was found, for as long as processes are started one after another: each is looked up before any is started,
/// and many are the same program.
#[derive(Default)]
pub(in crate::supervisor) struct Finder<'a>(Vec<(SearchPath<'a>, PathBuf)>);

/// All that decides what is found: PROGRAM, a PATH of its own, the working directory.
type SearchPath<'a> = (Option<&'a ByteString>, Option<&'a ByteString>, Option<&'a ByteString>);

impl<'a> Finder<'a> {
    /// As [`find_word`].
    pub(in crate::supervisor) fn find(
        &mut self,
        process: &'a Process,
        program: Option<&'a ByteString>,
    ) -> Result<PathBuf, Missing> {
        let place = (program, process.env.get("PATH"), process.workdir.as_ref());
        if let Some((_, file)) = self.0.iter().find(|(found, _)| *found == place) {
            return Ok(file.clone());
        }
        let file = find_word(process, program)?;
        self.0.push((place, file.clone()));
        Ok(file)
    }

    /// Time has passed, in which anything may have been installed or removed.
    pub(in crate::supervisor) fn forget(&mut self) {
        self.0 = Vec::new();
    }
}

/// The file that execvp(3) would execute for a command of this process, in its environment and its working directory.
pub(in crate::supervisor) fn find_word(
    process: &Process,
    program: Option<&ByteString>,
) -> Result<PathBuf, Missing> {
    let directory = process.workdir.as_ref().map(|directory| Path::new(directory.as_os_str()));
    if directory.is_some_and(|directory| !directory.is_dir()) {
        return Err(Missing::Directory);
    }
    let program = program.map_or(OsStr::new(""), ByteString::as_os_str);
    if program.as_bytes().contains(&b'/') {
        return check(directory, Path::new(program))
            .map_err(|missing| missing.unwrap_or(Missing::NotFound { by_path: false }));
    }
    let path = match process.env.get("PATH") {
        Some(own) => own.as_os_str().to_owned(),
        None => std::env::var_os("PATH").unwrap_or_else(|| OsString::from(DEFAULT_PATH)),
    };
    // A file that cannot be executed does not end the search, but is told of if nothing better is found.
    let mut refused = None;
    for entry in path.as_bytes().split(|b| *b == b':') {
        let entry = if entry.is_empty() { b"." } else { entry };
        match check(directory, &Path::new(OsStr::from_bytes(entry)).join(program)) {
            Ok(file) => return Ok(file),
            Err(missing) => refused = refused.or(missing),
        }
    }
    Err(refused.unwrap_or(Missing::NotFound { by_path: true }))
}

/// Whether there is a file to execute; `Err(None)` where there is none at all. What is returned is the path as
/// the child will see it, from its working directory.
fn check(directory: Option<&Path>, file: &Path) -> Result<PathBuf, Option<Missing>> {
    let seen_from_here = directory.map_or_else(|| file.to_owned(), |directory| directory.join(file));
    let Ok(metadata) = retry_once(|| seen_from_here.metadata()) else { return Err(None) };
    if !metadata.is_file() || retry_once(|| Ok(access(&seen_from_here, AccessFlags::X_OK)?)).is_err() {
        return Err(Some(Missing::NotExecutable));
    }
    // A bare name would be looked up again.
    let mut path = file.as_os_str().to_owned().into_vec();
    if !path.contains(&b'/') {
        path.splice(0..0, *b"./");
    }
    Ok(PathBuf::from(OsString::from_vec(path)))
}

/// Looks a second time where the first look failed for a reason that says nothing about the file.
fn retry_once<T>(look: impl Fn() -> io::Result<T>) -> io::Result<T> {
    look().or_else(|error| match error.raw_os_error() {
        Some(libc::EINTR | libc::EAGAIN | libc::ENOMEM) => look(),
        _ => Err(error),
    })
}
