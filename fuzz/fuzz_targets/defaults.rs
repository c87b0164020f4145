//! Any text as a defaults file.
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
    let sources = Sources { defaults: Some(vec![file]), ..Sources::default() };
    let environment = [("A", "1"), ("B", ""), ("A_FILE", "a"), ("HOME", "/home/me")];
    let environment = environment.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let read = |path: &OsStr| Ok(Some(if path == "f" { input.to_vec() } else { b"C=1\n".to_vec() }));
    let loaded = variables::load(&sources, environment, &read);
    for problem in &loaded.problems {
        assert_eq!(problem.to_string().lines().count(), 3, "{problem}");
    }
    for name in loaded.variables.mentioned() {
        let known = loaded.variables.known(name);
        let shown = known.value.filter(|_| known.secret).map(|value| value.masked());
        assert!(shown.is_none_or(|shown| shown.is_empty() || shown == b"***"), "{name}");
    }
});
