//! Writes the rendered files of a plan, before anything is started (contract, section 7).
//!
//! All files are prepared first: every new file lies complete, with its final rights, beside its place under a name that
//! starts with a dot and ends in no suffix that a program looks for. Then all are renamed. Until then nothing is changed,
//! so an error leaves everything as it was, and a kill leaves each file old or new.

mod write;

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::libc;

use crate::etc::passwd::UserDatabase;
use crate::plan::RenderedFile;
use crate::supervisor::files::write::{Owner, reason};

const SPECIAL: &str =
    "it is a FIFO, a device or a socket, and only regular files are written; write `-` for stdout";

/// Writes all files, or none.
///
/// # Errors
/// Every problem with every file, as messages.
pub fn write_files(files: &[RenderedFile]) -> Result<(), Vec<String>> {
    let mut batch = Batch::default();
    let mut problems = Vec::new();
    for file in files {
        match batch.prepare(file) {
            Ok(Some((target, owner, action))) => batch.steps.push(Step { file, target, owner, action }),
            Ok(None) => batch.printed.push(file),
            Err(problem) => problems.push(message(file, &problem)),
        }
    }
    if !problems.is_empty() {
        batch.discard();
        return Err(problems);
    }
    batch.commit()
}

fn message(file: &RenderedFile, problem: &str) -> String {
    format!("cannot write {}: {problem}", file.shown_destination())
}

/// What one file needs to come into its place.
struct Step<'a> {
    file: &'a RenderedFile,
    target: PathBuf,
    owner: Owner,
    action: Action,
}

enum Action {
    /// The content is there already; its mode or its owner may not be.
    Keep,
    /// A complete new file is renamed.
    Rename { temporary: PathBuf },
    /// The file cannot be replaced, so its content is.
    Overwrite { open: File },
}

#[derive(Default)]
struct Batch<'a> {
    steps: Vec<Step<'a>>,
    /// The files that go to stdout.
    printed: Vec<&'a RenderedFile>,
    /// The file that goes to each place.
    targets: BTreeMap<PathBuf, &'a RenderedFile>,
    /// Read when the first owner is named.
    users: Option<UserDatabase>,
    /// Folders that were made, the outer ones first.
    folders: Vec<PathBuf>,
}

impl<'a> Batch<'a> {
    /// Does everything that can fail before anything is changed. `None` if the file goes to stdout.
    fn prepare(&mut self, file: &'a RenderedFile) -> Result<Option<(PathBuf, Owner, Action)>, String> {
        let destination = Path::new(file.destination.as_os_str());
        if destination == Path::new("-") {
            return Ok(None);
        }
        let owner = self.owner(file)?;
        // Before links are followed: those of /proc/PID/fd, as behind /dev/stdout, lead to no path.
        if fs::metadata(destination).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            return Err(SPECIAL.to_owned());
        }
        let target = write::follow_links(destination).map_err(|error| reason(&error))?;
        if let Some(other) = self.targets.insert(target.clone(), file) {
            return Err(format!(
                "{} and {} both go there, the latter as {}; give each its own place",
                file.shown_source(),
                other.shown_source(),
                other.shown_destination()
            ));
        }
        let action = self.action(file, &target, owner)?;
        Ok(Some((target, owner, action)))
    }

    fn owner(&mut self, file: &RenderedFile) -> Result<Owner, String> {
        let Some(owner) = &file.owner else { return Ok(None) };
        let users = self.users.get_or_insert_with(UserDatabase::read);
        let account = users.account(&owner.0).map_err(|error| format!("its owner: {error}"))?;
        Ok(Some((account.credentials.uid, account.credentials.gid)))
    }

    fn action(&mut self, file: &RenderedFile, target: &Path, owner: Owner) -> Result<Action, String> {
        let present = match fs::symlink_metadata(target) {
            Ok(metadata) if metadata.is_dir() => return Err("it is a directory; name a file".to_owned()),
            Ok(metadata) if !metadata.is_file() => {
                return Err(SPECIAL.to_owned());
            }
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(reason(&error)),
        };
        if let Some(present) = &present
            && present.len() == file.content.0.len() as u64
            && write::has_content(target, &file.content.0)
        {
            return Ok(Action::Keep);
        }
        self.make_folder(target.parent().unwrap_or(Path::new("/"))).map_err(|error| reason(&error))?;
        let temporary = match write::write_beside(target, self.steps.len(), file, owner) {
            Ok(temporary) => temporary,
            Err(error) if present.is_some() && write::cannot_create(&error) => {
                let open = write::open_in_place(target).map_err(|error| reason(&error))?;
                return Ok(Action::Overwrite { open });
            }
            Err(error) => return Err(reason(&error)),
        };
        if present.is_some()
            && let Err(error) = write::open_in_place(target)
            && error.raw_os_error() == Some(libc::EROFS)
        {
            // The folder can be written and the file cannot, so it is a mount, which no rename replaces.
            let _ = fs::remove_file(temporary);
            return Err(reason(&error));
        }
        Ok(Action::Rename { temporary })
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
            if let Action::Rename { temporary } = step.action {
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
            if let Err(error) = step.execute() {
                problems.push(message(step.file, &reason(&error)));
            }
        }
        // Last, since it may have to wait for a reader.
        for file in self.printed {
            if let Err(error) = write::print(&file.content.0) {
                problems.push(format!("cannot write to stdout: {}", reason(&error)));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

impl Step<'_> {
    fn execute(&self) -> io::Result<()> {
        match &self.action {
            Action::Keep => write::adjust(&self.target, self.file.mode, self.owner),
            Action::Rename { temporary } => {
                let result = write::rename(temporary, self.file, &self.target, self.owner);
                if result.is_err() {
                    let _ = fs::remove_file(temporary);
                }
                result
            }
            Action::Overwrite { open } => write::overwrite(open, self.file, self.owner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ByteString;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{MetadataExt, symlink};

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
        let problems = write_files(&files).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("t and t both go there, the latter as "), "{problems:?}");
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
