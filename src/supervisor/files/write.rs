//! The operations on one file.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::libc;

use crate::plan::RenderedFile;
use crate::sys::exit_on_stop::{ExitOnStop, Interrupted};

/// How many symbolic links in a row are followed, as in the kernel (`path_resolution(7)`).
const MAX_LINKS: usize = 40;

/// A user and a group.
pub(super) type Owner = Option<(u32, u32)>;

/// The file that a path means, through symbolic links, whether or not it exists.
pub(super) fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = std::path::absolute(path)?;
    for _ in 0..MAX_LINKS {
        // The links among the folders are followed here; a folder that is missing has none.
        if let (Some(folder), Some(name)) = (target.parent(), target.file_name())
            && let Ok(folder) = folder.canonicalize()
        {
            target = folder.join(name);
        }
        match fs::read_link(&target) {
            Ok(link) => target = target.parent().unwrap_or(Path::new("/")).join(link),
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => return Ok(target),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(target),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from_raw_os_error(libc::ELOOP))
}

pub(super) fn has_content(path: &Path, content: &[u8]) -> bool {
    let Ok(mut file) = File::open(path) else { return false };
    let mut rest = content;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return rest.is_empty(),
            Ok(count) if rest.starts_with(&buffer[..count]) => rest = &rest[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => return false,
        }
    }
}

/// Writes the complete new file, with its final rights, under another name in the same folder. No program looks for such
/// a name: it starts with a dot and ends in no suffix. `number` tells the files of one run apart.
pub(super) fn write_beside(
    target: &Path,
    number: usize,
    file: &RenderedFile,
    owner: Owner,
) -> io::Result<PathBuf> {
    let temporary = target.with_file_name(format!(".monofy-{}-{number}", std::process::id()));
    let open = || {
        let flags = libc::O_NOFOLLOW | libc::O_CLOEXEC;
        OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(flags).open(&temporary)
    };
    let mut new = match open() {
        // A run that was killed has left it: its process id is ours now.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&temporary)?;
            open()?
        }
        result => result?,
    };
    let written = new.write_all(&file.content.0).and_then(|()| set_rights(&new, file.mode, owner));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    Ok(temporary)
}

/// The owner first: chown(2) may take rights away.
fn set_rights(file: &File, mode: u32, owner: Owner) -> io::Result<()> {
    if let Some((uid, gid)) = owner {
        nix::unistd::fchown(file.as_fd(), Some(uid.into()), Some(gid.into()))?;
    }
    file.set_permissions(Permissions::from_mode(mode))
}

/// Whether the folder takes no new file.
pub(super) fn cannot_create(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM | libc::EROFS))
}

pub(super) fn open_in_place(target: &Path) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    OpenOptions::new().write(true).custom_flags(flags).open(target)
}

pub(super) fn rename(temporary: &Path, file: &RenderedFile, target: &Path, owner: Owner) -> io::Result<()> {
    match fs::rename(temporary, target) {
        // A file that is mounted on cannot be replaced, as under Docker's `-v FILE:FILE`.
        Err(error) if matches!(error.raw_os_error(), Some(libc::EBUSY | libc::EXDEV)) => {
            overwrite(&open_in_place(target)?, file, owner)?;
            fs::remove_file(temporary)
        }
        result => result,
    }
}

pub(super) fn overwrite(mut open: &File, file: &RenderedFile, owner: Owner) -> io::Result<()> {
    let metadata = open.metadata()?;
    open.write_all(&file.content.0)?;
    open.set_len(file.content.0.len() as u64)?;
    // One who may write a file need not own it.
    if needs_rights(&metadata, file.mode, owner) { set_rights(open, file.mode, owner) } else { Ok(()) }
}

fn needs_rights(metadata: &fs::Metadata, mode: u32, owner: Owner) -> bool {
    let is_owned = owner.is_none_or(|owner| owner == (metadata.uid(), metadata.gid()));
    metadata.mode() & 0o7777 != mode || !is_owned
}

pub(super) fn adjust(target: &Path, mode: u32, owner: Owner) -> io::Result<()> {
    let metadata = fs::symlink_metadata(target)?;
    if !needs_rights(&metadata, mode, owner) {
        return Ok(());
    }
    if let Some((uid, gid)) = owner {
        std::os::unix::fs::lchown(target, Some(uid), Some(gid))?;
    }
    fs::set_permissions(target, Permissions::from_mode(mode))
}

/// Writes to stdout, until a signal asks for a stop: a reader may never read.
pub(super) fn print(content: &[u8]) -> io::Result<()> {
    let _guard = ExitOnStop::arm(Interrupted::View);
    let mut stdout = io::stdout().lock();
    match stdout.write_all(content).and_then(|()| stdout.flush()) {
        // A reader that closes the pipe has seen enough, as `| head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

pub(super) fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ENOENT) => "no such file or directory".to_owned(),
        Some(libc::EACCES) => "permission denied".to_owned(),
        Some(libc::EROFS) => "the file system is read-only".to_owned(),
        Some(libc::ENOTDIR) => "a part of the path is no directory".to_owned(),
        Some(libc::ELOOP) => "too many symbolic links".to_owned(),
        Some(libc::ENOSPC) => "no space left".to_owned(),
        _ => error.to_string(),
    }
}
