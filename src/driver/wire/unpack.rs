//! Records of a compressed batch, whoever has written it, decompressed into memory that is used again. What claims to
//! be large takes no more memory than what comes out of it, and `MOST_BYTES` at most.

use super::pack::{GZIP, LZ4, SNAPPY, XERIAL_NAME, ZSTD};
use super::stored::Unreadable;
use flate2::{Decompress, FlushDecompress, Status};
use lz4_flex::frame::FrameDecoder;
use std::io::BufRead;
use zstd_safe::{DCtx, InBuffer, OutBuffer, ResetDirective};

/// Most bytes that a batch may come to. zstd takes as much again for its window, at most.
pub(super) const MOST_BYTES: usize = 128 * 1024 * 1024;
/// So much is kept from one batch to the next: what a large one has taken beyond it is given back with it.
const KEPT_BYTES: usize = 8 * 1024 * 1024;
/// A buffer grows by so much at least.
const STEP: usize = 64 * 1024;
/// Snappy makes no byte of its into more than 64 / 3.
const MOST_OF_SNAPPY: usize = 32;
/// Bytes of the head of Java's snappy streams.
const XERIAL_HEAD: usize = 16;

/// The records of one batch at a time.
#[derive(Default)]
pub(super) struct Unpacker {
    bytes: Vec<u8>,
    inflate: Option<Decompress>,
    zstd: Option<DCtx<'static>>,
}

/// What stands in the way.
enum Bad {
    Nonsense,
    TooLarge,
}

impl Unpacker {
    /// The records of the batch that was unpacked last.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The records that were unpacked last have been read.
    #[inline]
    pub(super) fn batch_was_read(&mut self) {
        if self.bytes.capacity() > KEPT_BYTES {
            self.shrink();
        }
    }

    /// What a large batch has taken goes: its bytes, and zstd's window, which is as large as it can be.
    #[cold]
    fn shrink(&mut self) {
        self.bytes = Vec::new();
        self.zstd = None;
    }

    /// Bytes that are kept.
    #[cfg(test)]
    pub(super) fn kept_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Decompresses the records of a batch of this codec; how many bytes they are.
    pub(super) fn unpack(&mut self, codec: u8, packed: &[u8]) -> Result<usize, Unreadable> {
        let Self { bytes, inflate, zstd } = self;
        bytes.clear();
        // A batch that was emptied (compacted) says what it was compressed with, and nothing follows.
        if packed.is_empty() {
            return Ok(0);
        }
        let (name, done) = match codec {
            GZIP => ("gzip", gunzip(inflate.get_or_insert_with(|| Decompress::new(false)), packed, bytes)),
            SNAPPY => ("snappy", unsnap(packed, bytes)),
            LZ4 => ("lz4", unlz4(packed, bytes)),
            ZSTD => ("zstd", unzstd(zstd, packed, bytes)),
            _ => return Err(Unreadable::UnknownCodec(codec)),
        };
        match done {
            Ok(()) => Ok(bytes.len()),
            Err(Bad::Nonsense) => Err(Unreadable::Compressed(name)),
            Err(Bad::TooLarge) => Err(Unreadable::TooLarge),
        }
    }
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unpacker").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// There is room for at least a byte afterwards.
fn make_room(to: &mut Vec<u8>) -> Result<(), Bad> {
    if to.len() >= MOST_BYTES {
        return Err(Bad::TooLarge);
    }
    if to.len() == to.capacity() {
        to.reserve_exact(to.len().clamp(STEP, MOST_BYTES - to.len().min(MOST_BYTES - STEP)));
    }
    Ok(())
}

fn gunzip(inflate: &mut Decompress, mut rest: &[u8], to: &mut Vec<u8>) -> Result<(), Bad> {
    while !rest.is_empty() {
        let head = gzip_head(rest).ok_or(Bad::Nonsense)?;
        rest = &rest[head..];
        inflate.reset(false);
        let begin = to.len();
        loop {
            make_room(to)?;
            let before = (inflate.total_in(), to.len());
            let status = inflate.decompress_vec(rest, to, FlushDecompress::None).map_err(|_| Bad::Nonsense)?;
            let used = usize::try_from(inflate.total_in() - before.0).unwrap_or(usize::MAX);
            rest = rest.get(used..).ok_or(Bad::Nonsense)?;
            if status == Status::StreamEnd {
                break;
            }
            if (inflate.total_in(), to.len()) == before {
                return Err(Bad::Nonsense);
            }
        }
        let (end, behind) = rest.split_at_checked(8).ok_or(Bad::Nonsense)?;
        if end[..4] != crc32fast::hash(&to[begin..]).to_le_bytes() {
            return Err(Bad::Nonsense);
        }
        rest = behind;
    }
    Ok(())
}

/// Bytes of the head of a gzip member.
fn gzip_head(bytes: &[u8]) -> Option<usize> {
    let [0x1f, 0x8b, 8, flags] = *bytes.first_chunk()? else { return None };
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + usize::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    }
    // A name, a comment.
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += bytes.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at)
}

/// Java's framing, or a single block without any (librdkafka).
fn unsnap(packed: &[u8], to: &mut Vec<u8>) -> Result<(), Bad> {
    if !packed.starts_with(XERIAL_NAME) {
        return unsnap_block(packed, to);
    }
    let mut rest = packed.get(XERIAL_HEAD..).ok_or(Bad::Nonsense)?;
    while let Some((length, behind)) = rest.split_first_chunk() {
        // One stream may follow another.
        if rest.starts_with(XERIAL_NAME) {
            rest = rest.get(XERIAL_HEAD..).ok_or(Bad::Nonsense)?;
            continue;
        }
        let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| Bad::Nonsense)?;
        let (block, behind) = behind.split_at_checked(length).ok_or(Bad::Nonsense)?;
        unsnap_block(block, to)?;
        rest = behind;
    }
    if rest.is_empty() { Ok(()) } else { Err(Bad::Nonsense) }
}

fn unsnap_block(block: &[u8], to: &mut Vec<u8>) -> Result<(), Bad> {
    let length = snap::raw::decompress_len(block).map_err(|_| Bad::Nonsense)?;
    if length > block.len().saturating_mul(MOST_OF_SNAPPY) {
        return Err(Bad::Nonsense);
    }
    let at = to.len();
    if length > MOST_BYTES.saturating_sub(at) {
        return Err(Bad::TooLarge);
    }
    to.resize(at + length, 0);
    let written = snap::raw::Decoder::new().decompress(block, &mut to[at..]).map_err(|_| Bad::Nonsense)?;
    if written == length { Ok(()) } else { Err(Bad::Nonsense) }
}

/// The decoder takes twice the largest block for itself: 16 MiB at most.
fn unlz4(packed: &[u8], to: &mut Vec<u8>) -> Result<(), Bad> {
    let mut decoder = FrameDecoder::new(packed);
    loop {
        let part = decoder.fill_buf().map_err(|_| Bad::Nonsense)?;
        if part.is_empty() {
            return Ok(());
        }
        if part.len() > MOST_BYTES.saturating_sub(to.len()) {
            return Err(Bad::TooLarge);
        }
        to.extend_from_slice(part);
        let length = part.len();
        decoder.consume(length);
    }
}

fn unzstd(context: &mut Option<DCtx<'static>>, packed: &[u8], to: &mut Vec<u8>) -> Result<(), Bad> {
    let context = context.get_or_insert_with(DCtx::create);
    context.reset(ResetDirective::SessionOnly).map_err(|_| Bad::Nonsense)?;
    let mut input = InBuffer::around(packed);
    loop {
        make_room(to)?;
        let before = (input.pos(), to.len());
        let mut output = OutBuffer::around_pos(to, before.1);
        let left = context.decompress_stream(&mut output, &mut input).map_err(|_| Bad::Nonsense)?;
        let after = (input.pos(), output.pos());
        if left == 0 && after.0 == packed.len() {
            return Ok(());
        }
        if after == before {
            return Err(Bad::Nonsense);
        }
    }
}
