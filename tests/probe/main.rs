//! Tells what a process that monofy starts finds, and what reaches it.
fn main() {
    println!("ready {}", std::process::id());
}
