//! Reads the documents.

use std::path::{Path, PathBuf};

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn document(name: &str) -> String {
    let path = root().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages of the book without its table of contents, in alphabetical order, as paths from the root.
pub(crate) fn pages() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("docs")).expect("there are pages").filter_map(Result::ok);
    let paths = entries.map(|entry| entry.path());
    let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let names = paths.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let pages = names.filter(|name| name != "SUMMARY.md");
    let mut pages: Vec<String> = pages.map(|name| format!("docs/{name}")).collect();
    pages.sort();
    assert!(pages.len() > 10, "the pages were not found");
    pages
}

/// The folders of the examples.
pub(crate) fn examples() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("examples")).expect("there are examples");
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir());
    let mut folders: Vec<PathBuf> = folders.collect();
    folders.sort();
    assert!(folders.len() > 5, "the examples were not found");
    folders
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let paths = entries.map(|entry| entry.path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// A fenced block.
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) text: String,
}

/// The fenced blocks of a document.
pub(crate) fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block { language: language.to_owned(), text: text.join("\n") + "\n" });
        }
    }
    blocks
}

/// The texts of the blocks of this language.
pub(crate) fn blocks_of(document: &str, language: &str) -> Vec<String> {
    let blocks = blocks(document).into_iter().filter(|block| block.language == language);
    blocks.map(|block| block.text).collect()
}

/// The lines outside fenced blocks.
pub(crate) fn prose(document: &str) -> Vec<&str> {
    let mut inside = false;
    let is_prose = |line: &&str| {
        let is_fence = line.starts_with("```");
        inside ^= is_fence;
        !inside && !is_fence
    };
    document.lines().filter(is_prose).collect()
}
