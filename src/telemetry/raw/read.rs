//! The reading end: a header, then record after record. A file that ends within a record is read up to its last whole
//! one.

use super::{HEADER_LIMIT_BYTES, Header, MAGIC, PREFIX_BYTES, RECORD_BYTES, Record, VERSION};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refused.
    #[error("cannot be read: {0}")]
    System(#[from] io::Error),
    /// Something else.
    #[error("is no file of raw samples: it does not begin with {magic:?}", magic = "PLD-RAW")]
    NotRaw,
    /// Written by another version.
    #[error(
        "has version {0} of the layout, this pinload reads version {VERSION}: read it with the pinload that wrote it"
    )]
    Version(u32),
    /// The header makes no sense.
    #[error("has a damaged header: {0}")]
    Header(String),
    /// A record makes no sense.
    #[error("is damaged: record {number} has outcome {outcome}, which there is not")]
    Record {
        /// Its number, from 0 on.
        number: u64,
        /// The byte.
        outcome: u8,
    },
}

/// A file that is being read, an iterator over its records.
#[derive(Debug)]
pub struct RawFile {
    header: Header,
    file: BufReader<File>,
    read: u64,
    torn_bytes: usize,
}

impl RawFile {
    /// Opens a file and reads its header.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
        let mut prefix = [0; PREFIX_BYTES];
        let got = fill(&mut file, &mut prefix)?;
        if got < PREFIX_BYTES || prefix[..8] != MAGIC {
            return Err(ReadError::NotRaw);
        }
        let [_, _, _, _, _, _, _, _, v0, v1, v2, v3, l0, l1, l2, l3] = prefix;
        let version = u32::from_le_bytes([v0, v1, v2, v3]);
        if version != VERSION {
            return Err(ReadError::Version(version));
        }
        let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
        if !(PREFIX_BYTES..=HEADER_LIMIT_BYTES).contains(&length) {
            return Err(ReadError::Header(format!("it is {length} bytes long")));
        }
        let mut text = vec![0; length - PREFIX_BYTES];
        if fill(&mut file, &mut text)? < text.len() {
            return Err(ReadError::Header("the file ends in it".to_owned()));
        }
        let header: Header = serde_json::from_slice(&text).map_err(|error| ReadError::Header(error.to_string()))?;
        if header.record_bytes != RECORD_BYTES {
            let why = format!("its records have {} bytes, not {RECORD_BYTES}", header.record_bytes);
            return Err(ReadError::Header(why));
        }
        Ok(Self { header, file, read: 0, torn_bytes: 0 })
    }

    /// What the file says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes behind the last whole record, once all have been read: the client was killed in the middle of a write.
    pub fn torn_bytes(&self) -> usize {
        self.torn_bytes
    }
}

impl Iterator for RawFile {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = [0; RECORD_BYTES];
        match fill(&mut self.file, &mut bytes) {
            Ok(RECORD_BYTES) => {
                self.read += 1;
                let broken = ReadError::Record { number: self.read - 1, outcome: bytes[54] };
                Some(Record::of_bytes(&bytes).ok_or(broken))
            }
            Ok(torn) => {
                self.torn_bytes = torn;
                None
            }
            Err(error) => Some(Err(error.into())),
        }
    }
}

/// Reads until `bytes` is full or the file ends; how many bytes came.
fn fill(file: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < bytes.len() {
        match file.read(&mut bytes[got..]) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}
