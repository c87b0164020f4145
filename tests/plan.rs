//! The plan (contract, 3.5): shown, written, read back, refused; and its schema.

#[path = "plan/examples.rs"]
mod examples;
#[path = "plan/reading.rs"]
mod reading;
#[path = "plan/refused.rs"]
mod refused;
#[path = "plan/roundtrip.rs"]
mod roundtrip;
#[path = "plan/schema.rs"]
mod schema;
#[path = "plan/shown.rs"]
mod shown;
mod support;
#[path = "support/schema.rs"]
#[allow(unreachable_pub, reason = "what is public here is so for the test that holds it")]
mod validator;
