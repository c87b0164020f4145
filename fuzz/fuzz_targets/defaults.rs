//! Any text as a defaults file.
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
    let sources = Sources { defaults: Some(vec![file]), ..Sources::default() };
    let environment = [("A", "1"), ("B", ""), ("A_FILE", "a"), ("HOME", "/home/me")];
    let environment = environment.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let read = |path: &OsStr| Ok(Some(if path == "f" { input.to_vec() } else { b"C=1\n".to_vec() }));
    let loaded = variables::load(&sources, None, environment, &read);
    for problem in &loaded.problems {
        // The last one of a file may be the number of the others.
        assert!([1, 3].contains(&problem.to_string().lines().count()), "{problem}");
    }
    for name in loaded.variables.mentioned() {
        let info = loaded.variables.info(name);
        // A default may mix text with the values of secrets.
        let masked = info.value.filter(|value| value.has_secret()).map(|value| value.masked());
        assert!(masked.is_none_or(|masked| masked.windows(3).any(|window| window == b"***")), "{name}");
    }
});
