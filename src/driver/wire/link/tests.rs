//! How much one call writes.

use super::*;
use crate::driver::wire::request;
use std::io::Read;
use std::net::{TcpListener, TcpStream};

struct PlainBody(Vec<u8>);

impl Body for PlainBody {
    fn as_sent(&self) -> &[u8] {
        &self.0
    }
}

/// A connection with a request of so many parts, whose socket takes all of it, and the other end.
fn asked(parts: usize, part_bytes: usize) -> (Link<PlainBody>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let theirs = listener.accept().unwrap().0;
    socket2::SockRef::from(&ours).set_send_buffer_size(4 << 20).unwrap();
    ours.set_nonblocking(true).unwrap();
    let mut link = Link::new(Pipe::new(ours, None));
    let bodies = (0..parts).map(|_| PlainBody(vec![7; part_bytes])).collect();
    link.ask(WireRequest::Produce, request::produce("me", "t", 1, 1, parts), bodies, false, u64::MAX);
    (link, theirs)
}

#[test]
fn no_more_is_written_than_may_be_and_it_goes_on_from_there() {
    let (mut link, mut theirs) = asked(3, 100_000);
    let (mut left, mut came, mut calls) = (0, 0, 0);
    link.write(&mut left, |_| ()).unwrap();
    while link.has_unwritten() {
        left = 65_536;
        link.write(&mut left, |_| ()).unwrap();
        let written = 65_536 - left;
        assert!(written <= 65_536 && (left == 0 || !link.has_unwritten()));
        theirs.read_exact(&mut vec![0; written]).unwrap();
        (came, calls) = (came + written, calls + 1);
    }
    assert!(came > 300_000 && calls == 5, "{came} bytes in {calls} calls");
    theirs.set_nonblocking(true).unwrap();
    assert_eq!(theirs.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock, "that was all");
}

#[test]
fn small_parts_are_written_by_so_many_calls_to_the_system_and_no_more() {
    let (mut link, _theirs) = asked(2 * WRITES * PARTS, 10);
    let mut left = 1 << 20;
    link.write(&mut left, |_| ()).unwrap();
    let written = (1 << 20) - left;
    assert!(link.has_unwritten() && (1..=WRITES * PARTS * 10 + 100).contains(&written), "{written}");
    let mut calls = 1;
    while link.has_unwritten() {
        link.write(&mut left, |_| ()).unwrap();
        calls += 1;
    }
    assert_eq!(calls, 3);
}
