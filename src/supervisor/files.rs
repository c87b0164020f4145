//! Writes the rendered files of a plan, before anything is started (contract, section 7).
//!
//! All files are prepared first: every new file lies complete, with its final rights, beside its place under a name that
//! starts with a dot and ends in no suffix that a program looks for. Then all are renamed. Until then nothing is changed,
//! so an error leaves everything as it was, and a kill leaves each file old or new.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::libc;

use crate::etc::passwd::UserDatabase;
use crate::plan::RenderedFile;

/// How many symbolic links in a row are followed, as in the kernel (`path_resolution(7)`).
const MAX_LINKS: usize = 40;

/// Writes all files, or none.
///
/// # Errors
/// Every problem with every file, as messages.
pub fn write_files(files: &[RenderedFile]) -> Result<(), Vec<String>> {
    let mut batch = Batch::default();
    let mut problems = Vec::new();
    for file in files {
        if let Err(problem) = batch.prepare(file) {
            problems
                .push(format!("cannot write {}: {problem}", shown(Path::new(file.destination.as_os_str()))));
        }
    }
    if !problems.is_empty() {
        batch.discard();
        return Err(problems);
    }
    batch.commit()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// What one file needs to come into its place.
enum Step<'a> {
    /// The content goes to stdout.
    Print(&'a [u8]),
    /// The content is there already; its mode or its owner may not be.
    Keep { target: PathBuf, mode: u32, owner: Option<(u32, u32)> },
    /// A complete new file is renamed.
    Rename { temporary: PathBuf, file: &'a RenderedFile, target: PathBuf, owner: Option<(u32, u32)> },
    /// The file cannot be replaced, so its content is.
    Overwrite { open: File, file: &'a RenderedFile, target: PathBuf, owner: Option<(u32, u32)> },
}

#[derive(Default)]
struct Batch<'a> {
    steps: Vec<Step<'a>>,
    targets: Vec<PathBuf>,
    /// Read when the first owner is named.
    users: Option<UserDatabase>,
    /// Folders that were made, the outer ones first.
    folders: Vec<PathBuf>,
}

impl<'a> Batch<'a> {
    fn prepare(&mut self, file: &'a RenderedFile) -> Result<(), String> {
        let destination = Path::new(file.destination.as_os_str());
        if destination == Path::new("-") {
            self.steps.push(Step::Print(&file.content.0));
            return Ok(());
        }
        let owner = match &file.owner {
            Some(owner) => {
                let users = self.users.get_or_insert_with(UserDatabase::read);
                let account = users.account(&owner.0).map_err(|error| format!("its owner: {error}"))?;
                Some((account.credentials.uid, account.credentials.gid))
            }
            None => None,
        };
        let target = follow_links(destination).map_err(|error| reason(&error))?;
        if self.targets.contains(&target) {
            return Err("another file of this run goes there too".to_owned());
        }
        self.targets.push(target.clone());
        let present = match fs::symlink_metadata(&target) {
            Ok(metadata) if metadata.is_dir() => return Err("it is a directory; name a file".to_owned()),
            Ok(metadata) if !metadata.is_file() => {
                return Err(
                    "it is a FIFO, a device or a socket, and only regular files are written".to_owned()
                );
            }
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(reason(&error)),
        };
        if let Some(present) = &present
            && present.len() == file.content.0.len() as u64
            && has_content(&target, &file.content.0)
        {
            self.steps.push(Step::Keep { target, mode: file.mode, owner });
            return Ok(());
        }
        self.make_folder(target.parent().unwrap_or(Path::new("/"))).map_err(|error| reason(&error))?;
        let step = match write_beside(&target, file, owner) {
            Ok(temporary) => Step::Rename { temporary, file, target, owner },
            Err(error) if present.is_some() && cannot_create(&error) => {
                let open = open_in_place(&target).map_err(|error| reason(&error))?;
                Step::Overwrite { open, file, target, owner }
            }
            Err(error) => return Err(reason(&error)),
        };
        self.steps.push(step);
        Ok(())
    }

    fn make_folder(&mut self, folder: &Path) -> io::Result<()> {
        let missing: Vec<&Path> =
            folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
        for path in missing.into_iter().rev() {
            fs::create_dir(path)?;
            // The umask does not count, as for files.
            fs::set_permissions(path, Permissions::from_mode(0o755))?;
            self.folders.push(path.to_owned());
        }
        Ok(())
    }

    /// Removes what was prepared.
    fn discard(self) {
        for step in self.steps {
            if let Step::Rename { temporary, .. } = step {
                let _ = fs::remove_file(temporary);
            }
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }

    fn commit(self) -> Result<(), Vec<String>> {
        let mut problems = Vec::new();
        for step in self.steps {
            let (target, result) = match step {
                Step::Print(content) => (PathBuf::from("stdout"), print(content)),
                Step::Keep { target, mode, owner } => {
                    let result = adjust(&target, mode, owner);
                    (target, result)
                }
                Step::Rename { temporary, file, target, owner } => {
                    let result = rename(&temporary, file, &target, owner);
                    if result.is_err() {
                        let _ = fs::remove_file(&temporary);
                    }
                    (target, result)
                }
                Step::Overwrite { open, file, target, owner } => (target, overwrite(&open, file, owner)),
            };
            if let Err(error) = result {
                problems.push(format!("cannot write {}: {}", shown(&target), reason(&error)));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// The file that a path means, through symbolic links, whether or not it exists.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
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

fn has_content(path: &Path, content: &[u8]) -> bool {
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

/// Writes the complete new file, with its final rights, under another name in the same folder.
fn write_beside(target: &Path, file: &RenderedFile, owner: Option<(u32, u32)>) -> io::Result<PathBuf> {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".monofy-{}", std::process::id()));
    let temporary = target.with_file_name(name);
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
fn set_rights(file: &File, mode: u32, owner: Option<(u32, u32)>) -> io::Result<()> {
    if let Some((uid, gid)) = owner {
        nix::unistd::fchown(file.as_fd(), Some(uid.into()), Some(gid.into()))?;
    }
    file.set_permissions(Permissions::from_mode(mode))
}

/// Whether the folder takes no new file.
fn cannot_create(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM | libc::EROFS))
}

fn open_in_place(target: &Path) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    OpenOptions::new().write(true).custom_flags(flags).open(target)
}

fn rename(temporary: &Path, file: &RenderedFile, target: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    match fs::rename(temporary, target) {
        // A file that is mounted on cannot be replaced, as under Docker's `-v FILE:FILE`.
        Err(error) if matches!(error.raw_os_error(), Some(libc::EBUSY | libc::EXDEV)) => {
            overwrite(&open_in_place(target)?, file, owner)?;
            fs::remove_file(temporary)
        }
        result => result,
    }
}

fn overwrite(mut open: &File, file: &RenderedFile, owner: Option<(u32, u32)>) -> io::Result<()> {
    let metadata = open.metadata()?;
    open.write_all(&file.content.0)?;
    open.set_len(file.content.0.len() as u64)?;
    // One who may write a file need not own it.
    if needs_rights(&metadata, file.mode, owner) { set_rights(open, file.mode, owner) } else { Ok(()) }
}

fn needs_rights(metadata: &fs::Metadata, mode: u32, owner: Option<(u32, u32)>) -> bool {
    let is_owned = owner.is_none_or(|owner| owner == (metadata.uid(), metadata.gid()));
    metadata.mode() & 0o7777 != mode || !is_owned
}

fn adjust(target: &Path, mode: u32, owner: Option<(u32, u32)>) -> io::Result<()> {
    let metadata = fs::symlink_metadata(target)?;
    if !needs_rights(&metadata, mode, owner) {
        return Ok(());
    }
    if let Some((uid, gid)) = owner {
        std::os::unix::fs::lchown(target, Some(uid), Some(gid))?;
    }
    fs::set_permissions(target, Permissions::from_mode(mode))
}

fn print(content: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(content).and_then(|()| stdout.flush()) {
        // A reader that closes the pipe has seen enough, as `| head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn reason(error: &io::Error) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ByteString;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    /// A folder of its own, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("monofy-files-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, content: &str, mode: u32) -> RenderedFile {
            RenderedFile {
                source: ByteString(b"t".to_vec()),
                destination: ByteString(self.0.join(name).as_os_str().as_bytes().to_vec()),
                mode,
                owner: None,
                content: ByteString(content.into()),
                variables: Vec::new(),
                secrets: crate::plan::SecretRanges::default(),
            }
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<String> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }

        fn text(&self, name: &str) -> String {
            fs::read_to_string(self.0.join(name)).unwrap()
        }

        fn mode(&self, name: &str) -> u32 {
            fs::metadata(self.0.join(name)).unwrap().mode() & 0o7777
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_written_with_its_mode_and_missing_folders_are_made() {
        let folder = Folder::new("new");
        write_files(&[folder.file("a/b/c.conf", "text", 0o666)]).unwrap();
        assert_eq!((folder.text("a/b/c.conf").as_str(), folder.mode("a/b/c.conf")), ("text", 0o666));
        assert_eq!(fs::read_dir(folder.0.join("a/b")).unwrap().count(), 1);
    }

    #[test]
    fn one_problem_keeps_all_files_from_being_written() {
        let folder = Folder::new("none");
        fs::create_dir(folder.0.join("dir")).unwrap();
        let problems =
            write_files(&[folder.file("x/a", "new", 0o644), folder.file("dir", "new", 0o644)]).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].ends_with("dir: it is a directory; name a file"), "{problems:?}");
        assert_eq!(folder.names(), ["dir"]);
    }

    #[test]
    fn two_files_for_one_place_are_an_error_also_through_a_link() {
        let folder = Folder::new("two");
        symlink("a", folder.0.join("link")).unwrap();
        let files = [folder.file("a", "1", 0o644), folder.file("link", "2", 0o644)];
        assert_eq!(write_files(&files).unwrap_err().len(), 1);
        assert_eq!(folder.names(), ["link"]);
    }

    #[test]
    fn a_link_stays_and_its_target_is_written() {
        let folder = Folder::new("link");
        symlink("target", folder.0.join("link")).unwrap();
        write_files(&[folder.file("link", "text", 0o600)]).unwrap();
        assert_eq!(folder.text("target"), "text");
        assert!(fs::symlink_metadata(folder.0.join("link")).unwrap().is_symlink());
    }

    #[test]
    fn a_file_that_would_not_change_is_not_touched_but_for_its_mode() {
        let folder = Folder::new("same");
        write_files(&[folder.file("a", "text", 0o600)]).unwrap();
        let before = fs::metadata(folder.0.join("a")).unwrap();
        write_files(&[folder.file("a", "text", 0o640)]).unwrap();
        let after = fs::metadata(folder.0.join("a")).unwrap();
        assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
        assert_eq!(folder.mode("a"), 0o640);
    }

    #[test]
    fn a_fifo_is_refused() {
        let folder = Folder::new("fifo");
        nix::unistd::mkfifo(&folder.0.join("a"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(write_files(&[folder.file("a", "text", 0o600)]).unwrap_err().len(), 1);
    }

    #[test]
    fn an_unknown_owner_is_refused_before_anything_is_written() {
        let folder = Folder::new("owner");
        let mut file = folder.file("a", "text", 0o600);
        file.owner = Some(ByteString(b"nobody-of-this-name".to_vec()));
        assert_eq!(write_files(&[file]).unwrap_err().len(), 1);
        assert!(folder.names().is_empty());
    }
}
