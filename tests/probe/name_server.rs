//! A name server for tests.
//!
//! Each host is `NAME=IPV4`, `NAME=silent`, whose questions are not answered, or `NAME=error`. It prints each name that
//! it is asked about.

use std::net::{Ipv4Addr, UdpSocket};

/// The type of an IPv4 address.
const A: u8 = 1;
/// The response codes.
const SUCCESS: u8 = 0;
const NO_SUCH_NAME: u8 = 3;
const REFUSED: u8 = 5;

pub(crate) fn serve(address: &str, hosts: &[&str]) -> ! {
    let socket = UdpSocket::bind(address).expect("the port is free");
    crate::say("the name server is ready");
    let mut bytes = [0; 512];
    loop {
        let (count, from) = socket.recv_from(&mut bytes).expect("a question comes");
        if let Some(answer) = answer(&bytes[..count], hosts) {
            socket.send_to(&answer, from).expect("the answer is sent");
        }
    }
}

fn answer(question: &[u8], hosts: &[&str]) -> Option<Vec<u8>> {
    let (name, kind) = asked(question);
    crate::say(&format!("asked for {name}"));
    let known = hosts.iter().filter_map(|host| host.split_once('=')).find(|(host, _)| *host == name);
    let (code, address) = match known {
        None => (NO_SUCH_NAME, None),
        Some((_, "silent")) => return None,
        Some((_, "error")) => (REFUSED, None),
        Some((_, address)) => (SUCCESS, Some(address.parse::<Ipv4Addr>().expect("an address"))),
    };
    let mut answer = question.to_vec();
    answer[2] |= 0x80;
    answer[3] = code;
    if let Some(address) = address.filter(|_| kind == A) {
        answer[7] = 1;
        answer.extend_from_slice(&[0xc0, 12, 0, A, 0, 1, 0, 0, 0, 9, 0, 4]);
        answer.extend_from_slice(&address.octets());
    }
    Some(answer)
}

/// The name and the type that a message asks for.
fn asked(question: &[u8]) -> (String, u8) {
    let mut labels = Vec::new();
    let mut at = 12;
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).into_owned());
        at = end;
    }
    (labels.join("."), question[at + 2])
}
