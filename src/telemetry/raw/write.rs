//! The writing end: records gather in a buffer, which goes to the file when the loop has time for it.

use super::{Header, MAGIC, PREFIX_BYTES, RECORD_BYTES, Record, VERSION};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Room for records, made at the start. With it full in the middle of a loop's work, that work waits for the disk.
const BUFFER_BYTES: usize = 1 << 20;
/// From here on the buffer is written with the next tick.
const WORTH_WRITING_BYTES: usize = 256 << 10;

/// The raw sample file of one client. A failed write ends the recording: what comes after it is counted as lost.
#[derive(Debug)]
pub struct RawWriter {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    /// Samples in the buffer.
    pending: u64,
    /// Length of the file up to its last whole record.
    good_bytes: u64,
    recorded: u64,
    lost: u64,
    failure: Option<String>,
}

impl RawWriter {
    /// Makes the file, readable for its owner alone, and writes the header. A file of that name is not replaced: it is
    /// an error.
    pub fn create(path: &Path, header: &Header) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let head = head(header)?;
        file.write_all(&head)?;
        // Written before it is needed, so that the page faults are taken here.
        let mut buffer = std::hint::black_box(vec![0xff; BUFFER_BYTES]);
        buffer.clear();
        Ok(Self {
            path: path.to_owned(),
            file,
            buffer,
            pending: 0,
            good_bytes: head.len() as u64,
            recorded: 0,
            lost: 0,
            failure: None,
        })
    }

    /// Takes one sample.
    #[inline]
    pub fn push(&mut self, record: &Record) {
        if self.buffer.len() + RECORD_BYTES > BUFFER_BYTES {
            self.flush();
        }
        self.buffer.extend_from_slice(&record.to_bytes());
        self.pending += 1;
    }

    /// Marks that a slot is cut at `end_ns`, and writes everything, so that a client that is killed loses a second at
    /// most.
    pub fn cut(&mut self, end_ns: u64, epoch_ns: u64) {
        if self.buffer.len() + RECORD_BYTES > BUFFER_BYTES {
            self.flush();
        }
        self.buffer.extend_from_slice(&Record::cut(end_ns, epoch_ns).to_bytes());
        self.flush();
    }

    /// Writes what has gathered, if it is worth it. To be called between messages.
    #[inline]
    pub fn flush_if_worth_it(&mut self) {
        if self.buffer.len() >= WORTH_WRITING_BYTES {
            self.flush();
        }
    }

    /// Writes what has gathered.
    #[cold]
    pub fn flush(&mut self) {
        if self.failure.is_none()
            && let Err(error) = self.file.write_all(&self.buffer)
        {
            self.failure = Some(format!("cannot write raw samples to {}: {error}", self.path.display()));
            // A part may have been written: whole records are all that stays.
            let _ = self.file.set_len(self.good_bytes);
        }
        if self.failure.is_none() {
            self.good_bytes += self.buffer.len() as u64;
            self.recorded += self.pending;
        } else {
            self.lost += self.pending;
        }
        self.pending = 0;
        self.buffer.clear();
    }

    /// Samples that are in the file.
    pub fn recorded(&self) -> u64 {
        self.recorded
    }

    /// Samples that could not be written.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// From here on it writes to another file.
    #[cfg(test)]
    pub(super) fn replace_file(&mut self, file: File) {
        self.file = file;
    }

    /// Why not.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }
}

/// Everything before the first record.
fn head(header: &Header) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(header).map_err(io::Error::other)?;
    let length = (PREFIX_BYTES + text.len() + 1).next_multiple_of(8);
    text.resize(length - PREFIX_BYTES - 1, b' ');
    text.push(b'\n');
    let mut head = Vec::with_capacity(length);
    head.extend_from_slice(&MAGIC);
    head.extend_from_slice(&VERSION.to_le_bytes());
    head.extend_from_slice(&u32::try_from(length).map_err(io::Error::other)?.to_le_bytes());
    head.extend_from_slice(&text);
    Ok(head)
}
