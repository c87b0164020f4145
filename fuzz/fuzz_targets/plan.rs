//! Any bytes as a plan: refused with a reason, or the same when it is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use monofy::plan::Plan;

fuzz_target!(|input: &[u8]| match Plan::from_json(input) {
    Ok(plan) => {
        let mut json = Vec::new();
        plan.write_json(&mut json).expect("memory takes it");
        assert_eq!(Plan::from_json(&json).expect("what was read can be read again"), plan);
        assert!(!plan.to_text().is_empty());
    }
    Err(error) => assert!(!error.to_string().is_empty()),
});
