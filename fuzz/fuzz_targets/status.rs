//! Any bytes as the state that another monofy has published.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use monofy::status::Status;

fuzz_target!(|input: &[u8]| {
    let Ok(status) = Status::from_json(input) else { return };
    assert_eq!(Status::from_json(&status.to_json()).expect("what was read can be read again"), status);
    assert!(status.complaints().iter().all(|complaint| !complaint.is_empty()));
    for now in [Duration::ZERO, Duration::from_secs(100_000), Duration::MAX] {
        assert!(!status.to_table(now).is_empty());
    }
});
