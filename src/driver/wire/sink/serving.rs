//! What is answered to the requests of one connection.

use super::incoming_requests::{IncomingRequests, length};
use super::outgoing_answer::OutgoingAnswer;
use super::patient_socket::PatientSocket;
use super::{SinkState, SinkUse, lock};
use crate::driver::wire::format::bytes_at;
use crate::driver::wire::request::WireRequest;
use crate::plan::message::BATCH_HEADER_BYTES;
use std::io::{self, ErrorKind};
use std::net::TcpStream;

/// Its number as a broker.
const BROKER: i32 = 1;
/// Where the head of a batch says how many messages are in it.
const COUNT_AT: usize = 57;
/// What a fetch answers of a partition before its batches.
const PARTITION_BYTES: usize = 4 + 2 + 3 * 8 + 4 + 4 + 4;

/// A partition that is fetched from: its number, the offset, batches.
type FetchedPart = (i32, i64, usize);

struct Serving<'a> {
    requests: IncomingRequests,
    answer: OutgoingAnswer,
    state: &'a SinkState,
    done: SinkUse,
    parts: Vec<FetchedPart>,
}

/// Serves a connection until it is closed, by whomever.
pub(super) fn serve(socket: TcpStream, state: &SinkState) -> SinkUse {
    let Ok(socket) = PatientSocket::new(socket, state.options.spins) else { return SinkUse::default() };
    let (requests, answer) = (IncomingRequests::new(socket), OutgoingAnswer::default());
    let mut serving = Serving { requests, answer, state, done: SinkUse::default(), parts: Vec::new() };
    while serving.answer_next().is_ok() {}
    serving.done
}

impl Serving<'_> {
    fn answer_next(&mut self) -> io::Result<()> {
        let head = self.requests.next()?;
        let is_asked = |question: &WireRequest| {
            let (kind, version, _) = question.kind();
            (kind, version) == (head.kind, head.version)
        };
        self.answer.begin(head.correlation);
        match WireRequest::ALL.into_iter().find(is_asked) {
            Some(WireRequest::Produce) => return self.produce(),
            Some(WireRequest::Fetch) => return self.fetch(),
            Some(WireRequest::Versions) => self.versions(),
            Some(WireRequest::Metadata) => self.metadata()?,
            Some(WireRequest::Offsets) => self.begins()?,
            // No error, id 0, epoch 0.
            Some(WireRequest::ProducerId) => {
                self.answer.i32(0).i16(0).i64(0).i16(0);
            }
            _ => return Err(ErrorKind::Unsupported.into()),
        }
        self.send()
    }

    fn send(&mut self) -> io::Result<()> {
        self.requests.socket.write(self.answer.whole(0), false)
    }

    /// A request to produce or fetch: what was waited for since the one before counts.
    fn is_at_work(&mut self) {
        let waited_ns = std::mem::take(&mut self.requests.socket.waited_ns);
        if self.done.requests > 0 {
            self.done.waited_ns += waited_ns;
        }
        self.done.requests += 1;
    }

    fn versions(&mut self) {
        self.answer.i16(0).count(WireRequest::ALL.len());
        for question in WireRequest::ALL {
            let (kind, version, _) = question.kind();
            self.answer.i16(kind).i16(version).i16(version);
        }
    }

    fn metadata(&mut self) -> io::Result<()> {
        if self.requests.i32()? < 1 {
            return Err(ErrorKind::Unsupported.into());
        }
        let topic = self.requests.text()?;
        let answer = &mut self.answer;
        answer.i32(0).count(1).i32(BROKER).text(b"127.0.0.1").i32(self.state.port.into()).i16(-1);
        answer.text(b"sink").i32(BROKER).count(1).i16(0).text(&topic).i8(0);
        let partitions = self.state.options.partitions;
        answer.count(usize::try_from(partitions).unwrap_or(usize::MAX));
        for partition in 0..partitions {
            answer.i16(0).i32(partition.cast_signed()).i32(BROKER);
            // Who has it, who is in sync, who is offline.
            answer.count(1).i32(BROKER).count(1).i32(BROKER).count(0);
        }
        Ok(())
    }

    /// Logs begin at 0, and end there as well: what comes is always new.
    fn begins(&mut self) -> io::Result<()> {
        let Self { requests, answer, .. } = self;
        // Who asks, and isolation.
        requests.skip(4 + 1)?;
        let topics = length(requests.i32()?)?;
        answer.i32(0).count(topics);
        for _ in 0..topics {
            answer.text(&requests.text()?);
            let partitions = length(requests.i32()?)?;
            answer.count(partitions);
            for _ in 0..partitions {
                let partition = requests.i32()?;
                // The time that is asked for.
                requests.skip(8)?;
                answer.i32(partition).i16(0).i64(-1).i64(0);
            }
        }
        Ok(())
    }

    fn produce(&mut self) -> io::Result<()> {
        self.is_at_work();
        let Self { requests, answer, state, done, .. } = self;
        requests.text()?;
        let acks = requests.i16()?;
        // How long the broker may wait for others.
        requests.skip(4)?;
        let topics = length(requests.i32()?)?;
        answer.count(topics);
        for _ in 0..topics {
            answer.text(&requests.text()?);
            let partitions = length(requests.i32()?)?;
            answer.count(partitions);
            for _ in 0..partitions {
                let (partition, bytes) = (requests.i32()?, length(requests.i32()?)?);
                let head: [u8; BATCH_HEADER_BYTES] = requests.take()?;
                requests.skip(bytes.checked_sub(BATCH_HEADER_BYTES).ok_or(ErrorKind::InvalidData)?)?;
                let count = u32::from_be_bytes(bytes_at(&head, COUNT_AT));
                done.messages += u64::from(count);
                let mut ends = lock(&state.ends);
                match usize::try_from(partition).ok().and_then(|partition| ends.get_mut(partition)) {
                    Some(end) => {
                        answer.i32(partition).i16(0).i64(*end).i64(-1).i64(0);
                        *end += i64::from(count);
                    }
                    // UNKNOWN_TOPIC_OR_PARTITION.
                    None => {
                        answer.i32(partition).i16(3).i64(-1).i64(-1).i64(-1);
                    }
                }
            }
        }
        answer.i32(0);
        if acks == 0 { Ok(()) } else { self.send() }
    }

    fn fetch(&mut self) -> io::Result<()> {
        self.is_at_work();
        let Self { requests, answer, state, done, parts } = self;
        let mut served = lock(&state.served);
        // Who asks, how long it waits, for how much at least.
        requests.skip(4 + 4 + 4)?;
        let mut left = length(requests.i32()?)?;
        // Isolation, session and its epoch.
        requests.skip(1 + 4 + 4)?;
        if requests.i32()? != 1 {
            return Err(ErrorKind::Unsupported.into());
        }
        let topic = requests.text()?;
        let (mut batches, partitions) = (0, length(requests.i32()?)?);
        parts.clear();
        for _ in 0..partitions {
            let partition = requests.i32()?;
            // The leader's epoch.
            requests.skip(4)?;
            let offset = requests.i64()?;
            // Where the reader's log begins.
            requests.skip(8)?;
            let most = length(requests.i32()?)?.min(left);
            // As a broker does it: a batch that is too large comes if it is the first.
            let count = (most / served.length()).max(usize::from(batches == 0));
            left = left.saturating_sub(count * served.length());
            batches += count;
            parts.push((partition, offset, count));
        }
        answer.i32(0).i16(0).i32(0).count(1).text(&topic).count(partitions);
        let mut behind = parts.len() * PARTITION_BYTES + batches * served.length();
        requests.socket.write(answer.whole(behind), behind > 0)?;
        for (partition, offset, count) in parts {
            let (mut offset, bytes) = (*offset, *count * served.length());
            let messages = i64::try_from(served.messages()).unwrap_or(i64::MAX);
            let end = offset + messages * i64::try_from(*count).unwrap_or(0);
            answer.begin_part().i32(*partition).i16(0).i64(end).i64(end).i64(0).i32(-1).i32(-1).count(bytes);
            behind -= PARTITION_BYTES;
            requests.socket.write(answer.part(), behind > 0)?;
            for _ in 0..*count {
                behind -= served.length();
                requests.socket.write(served.at(offset), behind > 0)?;
                offset += messages;
            }
        }
        done.messages += (batches * served.messages()) as u64;
        Ok(())
    }
}
