//! Any bytes as an env file.
#![no_main]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use libfuzzer_sys::fuzz_target;
use monofy::variables::sources::{FileRef, Sources};
use monofy::diagnostic::SourceText;
use monofy::variables;

fuzz_target!(|input: &[u8]| {
    let by = SourceText::whole(1, OsStr::from_bytes(b"f"));
    let file = FileRef { path: OsString::from("f"), by, part: 0..1 };
    let sources = Sources { env_files: Some(vec![file]), no_defaults: true, ..Sources::default() };
    let loaded = variables::load(&sources, [], &|_| Ok(Some(input.to_vec())));
    for problem in &loaded.problems {
        let told = problem.to_string();
        assert!(told.starts_with("f:"), "{told}");
        assert_eq!(told.lines().count(), 3, "{told}");
    }
    for name in loaded.variables.mentioned() {
        let known = loaded.variables.known(name);
        let value = known.value.expect("what a file sets is set");
        // Quotes and escapes only make a value shorter than its file.
        assert!(value.len() < input.len() && !value.bytes().contains(&0));
        assert!(!value.has_secret());
    }
});
