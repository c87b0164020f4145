//! Reports that a process sends.
//!
//! ```text
//! tcp:ADDRESS     accepts connections there from now on
//! notify:TEXT     sends TEXT to NOTIFY_SOCKET
//! child:TEXT      sends TEXT to NOTIFY_SOCKET from a child
//! fd:N:TEXT       writes TEXT and a newline to descriptor N
//! flood:TEXT      sends TEXT to NOTIFY_SOCKET again and again, without end
//! end:N           closes descriptor N
//! out:TEXT        writes a line to stdout
//! err:TEXT        writes a line to stderr
//! ```

use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::os::fd::FromRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

pub(crate) fn send(how: &str) {
    let (kind, rest) = how.split_once(':').expect("KIND:REST");
    match kind {
        "tcp" => std::mem::forget(TcpListener::bind(rest).expect("the port is free")),
        "notify" => notify(rest),
        "child" => {
            let probe = std::env::current_exe().expect("it knows its path");
            let status =
                std::process::Command::new(probe).args(["report", &format!("notify:{rest}")]).status();
            assert!(status.is_ok_and(|status| status.success()), "the child sends it");
        }
        "fd" => {
            let (number, text) = rest.split_once(':').expect("N:TEXT");
            let text = if text.is_empty() { "\n".to_owned() } else { format!("{text}\n") };
            let mut file = std::mem::ManuallyDrop::new(descriptor(number));
            // The reader may have closed it.
            let _ = file.write_all(text.as_bytes());
        }
        "flood" => loop {
            notify(rest);
        },
        "end" => drop(descriptor(rest)),
        "out" => crate::say(rest),
        "err" => std::io::stderr().write_all(format!("{rest}\n").as_bytes()).expect("stderr is open"),
        _ => panic!("no such report: {kind}"),
    }
}

fn descriptor(number: &str) -> File {
    // SAFETY: it was given to this process for this, and nothing else here uses it.
    unsafe { File::from_raw_fd(number.parse().expect("a descriptor")) }
}

fn notify(text: &str) {
    let name = std::env::var("NOTIFY_SOCKET").expect("NOTIFY_SOCKET is set");
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&name),
    };
    let socket = UnixDatagram::unbound().expect("a socket can be created");
    socket.send_to_addr(text.as_bytes(), &address.expect("it is an address")).expect("the socket accepts it");
}
