//! Restarts, readiness and order (contract, 4.6 and 4.7), seen from outside: real processes, real signals.

mod support;

#[path = "order/idle.rs"]
mod idle;
#[allow(dead_code, reason = "it is the other tests', too")]
#[path = "supervise/line.rs"]
mod line;
#[path = "order/moments.rs"]
mod moments;
#[path = "order/names.rs"]
mod names;
#[path = "order/readiness.rs"]
mod readiness;
#[path = "order/reasons.rs"]
mod reasons;
#[path = "order/restart.rs"]
mod restart;
#[path = "order/sockets.rs"]
mod sockets;
#[path = "order/stop_order.rs"]
mod stop_order;
#[path = "order/upward.rs"]
mod upward;
