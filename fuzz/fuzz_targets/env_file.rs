//! Any bytes as an env file.
#![no_main]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use monofy::variables::sources::{FileRef, Sources};
use monofy::diagnostic::SourceText;
use monofy::variables;

fuzz_target!(|input: &[u8]| {
    let by = SourceText::whole(1, OsStr::from_bytes(b"f"));
    let file = FileRef { path: OsString::from("f"), by: Rc::new(by), part: 0..1 };
    let sources = Sources { env_files: Some(vec![file]), no_defaults: true, ..Sources::default() };
    let loaded = variables::load::<OsString>(&sources, None, [], &|_| Ok(Some(input.to_vec())));
    assert!(loaded.problems.len() <= 65);
    for problem in &loaded.problems {
        let message = problem.to_string();
        assert!(message.starts_with("f:"), "{message}");
        // The last one may be the number of the others.
        assert!([1, 3].contains(&message.lines().count()), "{message}");
    }
    for name in loaded.variables.mentioned() {
        let value = loaded.variables.info(name).value.expect("a variable of a file is set");
        // Quotes and escapes only make a value shorter than its file.
        assert!(value.len() < input.len() && !value.bytes().contains(&0));
        assert!(!value.has_secret());
    }
});
