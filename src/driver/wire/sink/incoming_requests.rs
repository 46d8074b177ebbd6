//! A connection's requests, read as far as they are of interest.

use super::patient_socket::PatientSocket;
use std::io::{self, ErrorKind};

/// What is read at a time: the head of a request, and of its values no more than that.
const READ_BYTES: usize = 4 * 1024;
/// Most that is thrown away at a time.
const DISCARDED_BYTES: usize = 1024 * 1024;

/// What a request begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestHead {
    pub(super) kind: i16,
    pub(super) version: i16,
    pub(super) correlation: i32,
}

/// The requests of one connection.
#[derive(Debug)]
pub(super) struct IncomingRequests {
    pub(super) socket: PatientSocket,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes of the request that have not been taken.
    left: usize,
    /// Memory that nobody ever touches.
    nowhere: Vec<u8>,
}

impl IncomingRequests {
    pub(super) fn new(socket: PatientSocket) -> Self {
        let buffer = vec![0; READ_BYTES].into();
        Self { socket, buffer, start: 0, end: 0, left: 0, nowhere: Vec::with_capacity(DISCARDED_BYTES) }
    }

    /// The head of the next request; what is left of the one before is passed over.
    pub(super) fn next(&mut self) -> io::Result<RequestHead> {
        self.skip(self.left)?;
        self.left = 4;
        self.left = length(self.i32()?)?;
        let head = RequestHead { kind: self.i16()?, version: self.i16()?, correlation: self.i32()? };
        self.text()?;
        Ok(head)
    }

    pub(super) fn take<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.left = self.left.checked_sub(N).ok_or(ErrorKind::InvalidData)?;
        loop {
            if let Some(taken) = self.buffer[self.start..self.end].first_chunk() {
                self.start += N;
                return Ok(*taken);
            }
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            self.end += self.socket.read(&mut self.buffer[self.end..])?;
        }
    }

    pub(super) fn i16(&mut self) -> io::Result<i16> {
        self.take().map(i16::from_be_bytes)
    }

    pub(super) fn i32(&mut self) -> io::Result<i32> {
        self.take().map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> io::Result<i64> {
        self.take().map(i64::from_be_bytes)
    }

    /// A text, in its bytes; one that is null is empty.
    pub(super) fn text(&mut self) -> io::Result<Vec<u8>> {
        let length = length(self.i16()?.max(0).into())?;
        (0..length).map(|_| self.take::<1>().map(|[byte]| byte)).collect()
    }

    /// Passes over bytes of the request without looking at them.
    pub(super) fn skip(&mut self, count: usize) -> io::Result<()> {
        self.left = self.left.checked_sub(count).ok_or(ErrorKind::InvalidData)?;
        let here = count.min(self.end - self.start);
        self.start += here;
        let mut rest = count - here;
        while rest > 0 {
            let room = self.nowhere.spare_capacity_mut();
            let most = rest.min(room.len());
            rest -= self.socket.discard(&mut room[..most])?;
        }
        Ok(())
    }
}

/// A length, which must be one.
pub(super) fn length(number: i32) -> io::Result<usize> {
    usize::try_from(number).map_err(|_| ErrorKind::InvalidData.into())
}
