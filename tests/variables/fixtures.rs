//! The files of `tests/defaults`: those in `good` are read, those in `bad` are refused with the message beside them.

use std::path::{Path, PathBuf};

use crate::support::Run;

fn fixtures(kind: &str) -> (PathBuf, Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/defaults").join(kind);
    let names = std::fs::read_dir(&folder).expect("the fixtures exist").filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        Path::new(&name).extension().is_some_and(|extension| extension == "toml").then_some(name)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert!(names.len() > 2, "{names:?}");
    (folder, names)
}

#[test]
fn a_valid_file_is_read() {
    let (folder, names) = fixtures("good");
    for name in names {
        let run = Run::new(["--plan", "-d", &name, "p"]).directory(&folder);
        let finished = run.env("DATABASE_URL", "postgres://x").env("ANY", "x").finish();
        assert_eq!((finished.status, finished.stderr.as_str()), (0, ""), "{name}");
    }
}

#[test]
fn an_invalid_file_is_refused_with_the_message_beside_it() {
    let (folder, names) = fixtures("bad");
    for name in names {
        let finished = Run::new(["-d", &name, "touch", "/proc/started"]).directory(&folder).finish();
        let expected = std::fs::read_to_string(folder.join(&name).with_extension("txt"));
        assert_eq!(finished.stderr, expected.expect("the message exists"), "{name}");
        assert!(!finished.stderr.contains("hunter2"), "{name}");
        finished.assert_status(125).assert_stdout("");
    }
}
