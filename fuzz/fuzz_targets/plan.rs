//! Any bytes as a plan: an error with a reason, or a plan that is unchanged after writing and reading it.
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
