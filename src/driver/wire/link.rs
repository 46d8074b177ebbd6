//! One connection to a broker: requests written from where their parts stand, answers read in order, in bounded pieces,
//! never blocking.

mod receive_buffer;

use super::pipe::Pipe;
use super::request::WireRequest;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::ops::Range;

pub(super) use receive_buffer::ReceiveBuffer;

/// Parts of a request written by one call …
const PARTS: usize = 64;
/// … and calls of one look: small batches of many partitions take many.
const WRITES: usize = 8;

/// What is sent behind the head of a request.
pub(super) trait Body {
    /// Its bytes.
    fn as_sent(&self) -> &[u8];
}

/// Of those who send none.
#[derive(Debug)]
pub(super) enum EmptyBody {}

impl Body for EmptyBody {
    fn as_sent(&self) -> &[u8] {
        match *self {}
    }
}

/// A request and what becomes of it.
#[derive(Debug)]
pub(super) struct PendingRequest<B> {
    pub(super) question: WireRequest,
    correlation: i32,
    head: Vec<u8>,
    pub(super) bodies: Vec<B>,
    /// No answer will come: it has ended when it is written.
    unanswered: bool,
    deadline_ns: u64,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Link<B> {
    pub(super) pipe: Pipe,
    asked: VecDeque<PendingRequest<B>>,
    /// The first request that is not wholly written, and how much of it is.
    writing: usize,
    written: usize,
    correlation: i32,
    pub(super) inbox: ReceiveBuffer,
}

impl<B: Body> Link<B> {
    /// Nothing is asked yet.
    pub(super) fn new(pipe: Pipe) -> Self {
        Self { pipe, asked: VecDeque::new(), writing: 0, written: 0, correlation: 0, inbox: ReceiveBuffer::default() }
    }

    /// Puts a request into the row.
    pub(super) fn ask(
        &mut self,
        question: WireRequest,
        writing: super::request::Writing,
        bodies: Vec<B>,
        unanswered: bool,
        deadline_ns: u64,
    ) {
        self.correlation = self.correlation.wrapping_add(1) & i32::MAX;
        let bytes = bodies.iter().map(|body| body.as_sent().len()).sum();
        let head = writing.finish(self.correlation, bytes);
        self.asked.push_back(PendingRequest {
            question,
            correlation: self.correlation,
            head,
            bodies,
            unanswered,
            deadline_ns,
        });
    }

    /// Requests of a kind that have not ended.
    pub(super) fn open(&self, question: WireRequest) -> usize {
        self.asked.iter().filter(|asked| asked.question == question).count()
    }

    /// Is an answer awaited?
    pub(super) fn awaits(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Is something not written yet?
    pub(super) fn has_unwritten(&self) -> bool {
        self.writing < self.asked.len() || self.pipe.has_unwritten()
    }

    /// Has the oldest request waited for too long?
    pub(super) fn is_overdue(&self, now_ns: u64) -> bool {
        self.asked.front().is_some_and(|asked| now_ns >= asked.deadline_ns)
    }

    /// Writes what the socket takes, `left` bytes at most, which become fewer. A request that no answer comes to has
    /// ended when it is written: `ended` gets it.
    pub(super) fn write(&mut self, left: &mut usize, mut ended: impl FnMut(PendingRequest<B>)) -> io::Result<()> {
        let mut writes = 0;
        while *left > 0 && writes < WRITES {
            let Some(asked) = self.asked.get(self.writing) else { return self.pipe.flush() };
            let mut parts = [IoSlice::new(&[]); PARTS];
            let (mut count, mut skip, mut offered) = (0, self.written, 0);
            for part in std::iter::once(&asked.head[..]).chain(asked.bodies.iter().map(Body::as_sent)) {
                if skip >= part.len() {
                    skip -= part.len();
                    continue;
                }
                let part = &part[skip..];
                let part = &part[..part.len().min(*left - offered)];
                skip = 0;
                (parts[count], offered) = (IoSlice::new(part), offered + part.len());
                count += 1;
                if count == PARTS || offered == *left {
                    break;
                }
            }
            if count == 0 {
                self.wholly_written(&mut ended);
                continue;
            }
            writes += 1;
            match self.pipe.write(&parts[..count]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.written += written;
                    *left = left.saturating_sub(written);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let end = |asked: &PendingRequest<B>| {
            asked.head.len() + asked.bodies.iter().map(|b| b.as_sent().len()).sum::<usize>()
        };
        if self.asked.get(self.writing).is_some_and(|asked| self.written == end(asked)) {
            self.wholly_written(&mut ended);
        }
        Ok(())
    }

    fn wholly_written(&mut self, ended: &mut impl FnMut(PendingRequest<B>)) {
        self.written = 0;
        if self.asked[self.writing].unanswered {
            if let Some(asked) = self.asked.remove(self.writing) {
                ended(asked);
            }
        } else {
            self.writing += 1;
        }
    }

    /// Reads what has come, a bounded piece at most. False: nothing has.
    pub(super) fn read(&mut self) -> io::Result<bool> {
        loop {
            return match self.pipe.read(self.inbox.room()) {
                Ok(0) => Err(io::Error::new(ErrorKind::UnexpectedEof, "the broker has closed the connection")),
                Ok(count) => {
                    self.inbox.came(count);
                    Ok(true)
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }

    /// The next request that is answered, and where its answer's body stands in the inbox, until `used`.
    pub(super) fn answered(&mut self) -> io::Result<Option<(PendingRequest<B>, Range<usize>)>> {
        let Some(answer) = self.inbox.next()? else { return Ok(None) };
        let correlation = self.inbox.bytes(answer.start..answer.start + 4);
        let correlation = correlation.first_chunk().copied().map_or(-1, i32::from_be_bytes);
        let is_expected = self.writing > 0 && self.asked.front().is_some_and(|asked| asked.correlation == correlation);
        if !is_expected {
            return Err(io::Error::new(ErrorKind::InvalidData, "an answer to no question"));
        }
        self.writing -= 1;
        Ok(self.asked.pop_front().map(|asked| (asked, answer.start + 4..answer.end)))
    }

    /// The answer up to `end` was read.
    pub(super) fn used(&mut self, end: usize) {
        self.inbox.used(end);
    }

    /// All requests that have not ended.
    pub(super) fn into_asked(self) -> VecDeque<PendingRequest<B>> {
        self.asked
    }
}

#[cfg(test)]
mod tests;
