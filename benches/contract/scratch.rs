//! A temporary directory for the measurements.

use std::cell::Cell;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory, removed on drop.
pub struct Scratch {
    folder: PathBuf,
    procfiles: Cell<usize>,
}

impl Scratch {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("monofy-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a directory can be created");
        Self { folder, procfiles: Cell::new(0) }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The path of a helper, compiled from its source in this directory.
    pub fn helper(&self, name: &str) -> String {
        let program = self.file(name);
        if !program.exists() {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/contract").join(name);
            let status =
                Command::new("cc").args(["-O2", "-o"]).arg(&program).arg(source.with_extension("c")).status();
            assert!(status.is_ok_and(|status| status.success()), "{name}.c cannot be compiled by cc");
        }
        program.to_str().expect("the path is text").to_owned()
    }

    /// Writes a Procfile for honcho and foreman.
    pub fn procfile(&self, processes: &[&[&str]]) -> PathBuf {
        let number = self.procfiles.replace(self.procfiles.get() + 1);
        let file = self.file(&format!("Procfile.{number}"));
        let mut text = String::new();
        for (index, words) in processes.iter().enumerate() {
            let _ = writeln!(text, "p{index}: exec {}", words.join(" "));
        }
        std::fs::write(&file, text).expect("a file can be written");
        file
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
