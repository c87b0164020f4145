//! The templates at a path.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The deepest nesting of folders. Symbolic links can make a folder contain itself.
const MAX_DEPTH: usize = 40;

/// A path that cannot be read, and why.
pub(super) type Unreadable = (PathBuf, String);

/// Collects the templates at a path: itself, or all files below it, with their modes. Names that start with `..` are
/// left out: a mounted `ConfigMap` has its versions there.
pub(super) fn collect(
    root: &Path,
    below: &Path,
    depth: usize,
    templates: &mut Vec<(PathBuf, u32)>,
) -> Result<(), Unreadable> {
    let path = if below.as_os_str().is_empty() { root.to_owned() } else { root.join(below) };
    let failed = |message: String| (path.clone(), message);
    let metadata = fs::metadata(&path).map_err(|error| failed(error.to_string()))?;
    if metadata.is_file() {
        templates.push((below.to_owned(), metadata.mode() & 0o777));
        return Ok(());
    }
    if !metadata.is_dir() {
        return Err(failed(
            "it is a FIFO, a device or a socket; use a regular file, or `-` for stdin".to_owned(),
        ));
    }
    if depth == MAX_DEPTH {
        return Err(failed("too many folders inside each other".to_owned()));
    }
    let entries = fs::read_dir(&path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut names: Vec<_> =
        entries.map_err(|error| failed(error.to_string()))?.iter().map(fs::DirEntry::file_name).collect();
    names.sort();
    for name in names.iter().filter(|name| !name.as_bytes().starts_with(b"..")) {
        collect(root, &below.join(name), depth + 1, templates)?;
    }
    Ok(())
}

/// The name of the file that a template in a folder makes.
pub(super) fn without_suffix(path: &Path) -> PathBuf {
    let bytes = path.as_os_str().as_bytes();
    let stem = [&b".template"[..], b".tmpl"].into_iter().find_map(|suffix| bytes.strip_suffix(suffix));
    // A file whose name is nothing else keeps it.
    let stem = stem.filter(|stem| !stem.is_empty() && !stem.ends_with(b"/"));
    PathBuf::from(OsStr::from_bytes(stem.unwrap_or(bytes)))
}
