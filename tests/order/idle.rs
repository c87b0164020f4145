//! What has succeeded costs nothing any more.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::line::{TERM, USR1, ready, run};
use super::support::{send, state, until};

fn context_switches(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let counts = status.lines().filter_map(|line| line.split_once("ctxt_switches:"));
    counts.map(|(_, count)| count.trim().parse::<u64>().unwrap()).sum()
}

#[test]
fn with_everything_ready_monofy_is_never_woken() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tcp = format!("tcp:{}", listener.local_addr().unwrap().port());
    let text = "--start-timeout=1m --name A --wait TCP --wait exec:true --wait file:/ --ready TCP probe wait a ||| --name B --ready exec:true probe wait b ||| \
                --name C --ready notify probe wait c USR1=notify:READY=1 ||| \
                --name D --ready fd:5 probe wait d USR1=fd:5: ||| --name E --ready log:^e.ready probe wait e ||| \
                --name last --after A --after B --after C --after D --after E --ready exec:true --restart always \
                probe wait f";
    let words: Vec<&str> =
        text.split_ascii_whitespace().map(|word| if word == "TCP" { &tcp } else { word }).collect();
    let running = run(&words).start();
    for name in ["c", "d"] {
        send(ready(&running, name), USR1);
    }
    ready(&running, "f");
    running.stderr.wait_for("monofy: last is ready");
    until("monofy to wait", || (state(running.pid()) == Some('S')).then_some(()));
    let before = context_switches(running.pid());
    // No sleep for the test's own sake: that nothing happens can only be seen while time passes.
    let end = Instant::now() + Duration::from_millis(1500);
    until("some time to pass", || (Instant::now() > end).then_some(()));
    assert_eq!(context_switches(running.pid()), before);
    running.signal(TERM);
    running.finish().assert_status(0);
}
