//! The messages of name servers (RFC 1035): a question as it is sent, and the addresses of an answer. Pure.
//!
//! An answer is input from outside: it is read by `get` and never indexed, every step goes forward, and names are only
//! skipped, so that no pointer within them can be followed in a circle.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest label and the longest name, encoded.
const LONGEST_LABEL: usize = 63;
const LONGEST_NAME: usize = 255;

/// The size of the header.
const HEAD: usize = 12;
/// The class of the internet.
const INTERNET: u16 = 1;

/// In the third byte of a message: that it is an answer, its kind of query, and that it was cut.
const IS_ANSWER: u8 = 0x80;
const OPCODE: u8 = 0x78;
const IS_TRUNCATED: u8 = 0x02;
const RECURSION_DESIRED: u8 = 0x01;

/// The response codes.
const SUCCESS: u8 = 0;
const SERVER_FAILURE: u8 = 2;
const NO_SUCH_NAME: u8 = 3;
const REFUSED: u8 = 5;

/// The kind of addresses that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// A question, as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Question {
    family: Family,
    message: Vec<u8>,
}

/// What a name server has answered to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The addresses; none if the name does not exist or has none of this kind.
    Addresses(Vec<IpAddr>),
    /// It was too long for a datagram, and the part that came has no address.
    TooLong,
    /// The server does not know.
    Failure(String),
}

impl Family {
    fn record(self) -> u16 {
        match self {
            Self::V4 => 1,
            Self::V6 => 28,
        }
    }

    fn address(self, data: &[u8]) -> Option<IpAddr> {
        match self {
            Self::V4 => <[u8; 4]>::try_from(data).ok().map(|octets| Ipv4Addr::from(octets).into()),
            Self::V6 => <[u8; 16]>::try_from(data).ok().map(|octets| Ipv6Addr::from(octets).into()),
        }
    }
}

impl Question {
    /// Asks for the addresses of a name, without a dot at its end. `None` if it can be no name.
    pub(super) fn new(id: u16, name: &str, family: Family) -> Option<Self> {
        let mut message = Vec::with_capacity(HEAD + name.len() + 6);
        message.extend_from_slice(&id.to_be_bytes());
        message.extend_from_slice(&[RECURSION_DESIRED, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        for label in name.split('.') {
            let length = u8::try_from(label.len()).ok().filter(|_| label.len() <= LONGEST_LABEL)?;
            if length == 0 {
                return None;
            }
            message.push(length);
            message.extend_from_slice(label.as_bytes());
        }
        message.push(0);
        if message.len() - HEAD > LONGEST_NAME {
            return None;
        }
        message.extend_from_slice(&family.record().to_be_bytes());
        message.extend_from_slice(&INTERNET.to_be_bytes());
        Some(Self { family, message })
    }

    /// The message.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.message
    }

    /// What a message means that has come from the server. `None` if it is no answer to this question, or malformed.
    pub(super) fn answer(&self, message: &[u8]) -> Option<Answer> {
        let [id_high, id_low, flags, code, questions @ ..] = message else { return None };
        let is_answer = flags & IS_ANSWER != 0 && flags & OPCODE == 0;
        if self.message.get(..2)? != [*id_high, *id_low] || !is_answer {
            return None;
        }
        let code = code & 0x0f;
        let asked = self.message.get(HEAD..)?;
        let repeats =
            message.get(HEAD..self.message.len()).is_some_and(|said| said.eq_ignore_ascii_case(asked));
        // A server that refuses need not repeat the question.
        let is_bare = code != SUCCESS && code != NO_SUCH_NAME && questions.get(..2)? == [0, 0];
        let counts = is_bare || (repeats && questions.get(..2)? == [0, 1]);
        if !counts {
            return None;
        }
        match code {
            SUCCESS => self.records(message, flags & IS_TRUNCATED != 0),
            NO_SUCH_NAME => Some(Answer::Addresses(Vec::new())),
            SERVER_FAILURE => Some(Answer::Failure("the name server failed".to_owned())),
            REFUSED => Some(Answer::Failure("the name server refuses to answer".to_owned())),
            code => Some(Answer::Failure(format!("the name server answered with error {code}"))),
        }
    }

    /// The addresses among the records. The server has followed aliases (CNAME), so each record of this kind counts.
    fn records(&self, message: &[u8], is_truncated: bool) -> Option<Answer> {
        let count = u16::from_be_bytes(message.get(6..8)?.try_into().ok()?);
        let mut rest = Some(message.get(self.message.len()..)?);
        let mut addresses = Vec::new();
        for _ in 0..count {
            rest = rest.and_then(|rest| self.record(rest, &mut addresses));
        }
        match (rest, is_truncated) {
            (_, true) if addresses.is_empty() => Some(Answer::TooLong),
            (Some(_), _) | (None, true) => Some(Answer::Addresses(addresses)),
            (None, false) => None,
        }
    }

    /// Reads one record, and returns what follows it.
    fn record<'m>(&self, record: &'m [u8], addresses: &mut Vec<IpAddr>) -> Option<&'m [u8]> {
        let rest = skip_name(record)?;
        let [kind_high, kind_low, class_high, class_low, _, _, _, _, size_high, size_low, rest @ ..] = rest
        else {
            return None;
        };
        let size = u16::from_be_bytes([*size_high, *size_low]);
        let (data, rest) = rest.split_at_checked(size.into())?;
        let kind = [self.family.record(), INTERNET];
        if kind
            == [u16::from_be_bytes([*kind_high, *kind_low]), u16::from_be_bytes([*class_high, *class_low])]
        {
            addresses.push(self.family.address(data)?);
        }
        Some(rest)
    }
}

/// What follows a name, which is labels, and a zero or a pointer to the rest of it.
fn skip_name(mut message: &[u8]) -> Option<&[u8]> {
    loop {
        let (length, rest) = message.split_first()?;
        match length {
            0 => return Some(rest),
            0xc0..=0xff => return rest.get(1..),
            1..=63 => message = rest.get(usize::from(*length)..)?,
            // Reserved.
            64..=0xbf => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: u16 = 0x1234;
    const DB: [u8; 4] = [10, 0, 0, 7];

    fn question() -> Question {
        Question::new(ID, "db.shop", Family::V4).unwrap()
    }

    /// An answer with these records, each a type and its data, and with these bits.
    fn answer(bits: [u8; 2], records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = question().message;
        message[2] = IS_ANSWER | bits[0];
        message[3] = 0x80 | bits[1];
        message[7] = u8::try_from(records.len()).unwrap();
        for (kind, data) in records {
            message.extend_from_slice(&[0xc0, 12]);
            message.extend_from_slice(&kind.to_be_bytes());
            message.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
            message.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
            message.extend_from_slice(data);
        }
        message
    }

    /// What an answer with these addresses means.
    fn addresses(addresses: &[[u8; 4]]) -> Answer {
        Answer::Addresses(addresses.iter().map(|octets| Ipv4Addr::from(*octets).into()).collect())
    }

    #[test]
    fn a_question_is_encoded_by_labels() {
        let expected = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x02db\x04shop\0\0\x01\0\x01";
        assert_eq!(question().as_bytes(), expected);
        for wrong in ["", "a..b", ".a", &"a".repeat(64), &"a.".repeat(127), &format!("{}a", "a.".repeat(127))]
        {
            assert!(Question::new(ID, wrong, Family::V4).is_none(), "{wrong}");
        }
        assert!(Question::new(ID, &format!("{}a", "a.".repeat(126)), Family::V6).is_some());
    }

    #[test]
    fn the_addresses_behind_aliases_are_found() {
        let alias = b"\x01x\xc0\x0c";
        let records: [(u16, &[u8]); 4] = [(5, alias), (1, &DB), (28, &[0; 16]), (1, &[10, 0, 0, 8])];
        assert_eq!(question().answer(&answer([0; 2], &records)), Some(addresses(&[DB, [10, 0, 0, 8]])));
        assert_eq!(question().answer(&answer([0; 2], &[])), Some(addresses(&[])));
        let six = Question::new(ID, "db.shop", Family::V6).unwrap();
        let mut message = answer([0; 2], &[(28, &Ipv6Addr::LOCALHOST.octets())]);
        message[HEAD + 10] = 28;
        assert_eq!(six.answer(&message), Some(Answer::Addresses(vec![Ipv6Addr::LOCALHOST.into()])));
    }

    #[test]
    fn the_case_of_the_name_does_not_matter() {
        let mut message = answer([0; 2], &[(1, &DB)]);
        message[HEAD + 1..HEAD + 3].copy_from_slice(b"Db");
        assert_eq!(question().answer(&message), Some(addresses(&[DB])));
    }

    #[test]
    fn what_is_no_answer_to_the_question_does_not_count() {
        let right = answer([0; 2], &[(1, &DB)]);
        for (at, byte) in
            [(0, 0), (1, 0), (2, 0), (2, IS_ANSWER | 0x28), (5, 0), (5, 2), (HEAD + 1, b'x'), (HEAD + 10, 28)]
        {
            let mut wrong = right.clone();
            wrong[at] = byte;
            assert_eq!(question().answer(&wrong), None, "byte {at}");
        }
        for length in 0..right.len() {
            assert_eq!(question().answer(&right[..length]), None, "{length} bytes");
        }
        let malformed: [&[(u16, &[u8])]; 2] = [&[(1, &[10, 0, 0])], &[(1, &[10, 0, 0, 7, 8])]];
        for records in malformed {
            assert_eq!(question().answer(&answer([0; 2], records)), None);
        }
    }

    #[test]
    fn what_a_server_does_not_know_is_told_with_its_reason() {
        assert_eq!(question().answer(&answer([0, NO_SUCH_NAME], &[])), Some(addresses(&[])));
        for (code, reason) in [
            (SERVER_FAILURE, "the name server failed"),
            (REFUSED, "the name server refuses to answer"),
            (4, "the name server answered with error 4"),
        ] {
            let expected = Some(Answer::Failure(reason.to_owned()));
            let message = answer([0, code], &[]);
            assert_eq!(question().answer(&message), expected);
            let mut bare = message[..HEAD].to_vec();
            assert_eq!(question().answer(&bare), None, "the question is missing");
            bare[5] = 0;
            assert_eq!(question().answer(&bare), expected);
        }
    }

    #[test]
    fn of_an_answer_that_was_cut_the_addresses_that_came_count() {
        let whole = answer([IS_TRUNCATED, 0], &[(1, &DB), (1, &DB)]);
        assert_eq!(question().answer(&whole[..whole.len() - 3]), Some(addresses(&[DB])));
        assert_eq!(question().answer(&whole[..whole.len() - 30]), Some(Answer::TooLong));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_read_within_their_bounds(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = question().answer(&bytes);
        }

        #[test]
        fn an_answer_with_any_changes_gives_no_more_addresses_than_fit_it(
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..12),
            length in any::<proptest::sample::Index>(),
            tail in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let mut message = answer([0; 2], &[(5, b"\x01x\xc0\x0c"), (1, &DB), (1, &DB)]);
            for (at, byte) in changes {
                let at = at.index(message.len());
                message[at] = byte;
            }
            message.truncate(length.index(message.len() + 1));
            message.extend_from_slice(&tail);
            if let Some(Answer::Addresses(found)) = question().answer(&message) {
                prop_assert!(found.len() <= message.len() / 12);
            }
        }
    }
}
