//! Records compressed when their batch is sealed. Contexts and buffers are used again; a batch that gets no smaller is
//! sent as it is.

use super::format::put_i32;
use crate::plan::properties::wire::{Codec, Compression};
use flate2::{Compress, FlushCompress, Status};
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use std::io::Write;
use zstd_safe::CCtx;

/// The number that attributes of a batch have for what is not compressed.
pub(super) const PLAIN: u8 = 0;
/// And for what is.
pub(super) const GZIP: u8 = 1;
pub(super) const SNAPPY: u8 = 2;
pub(super) const LZ4: u8 = 3;
pub(super) const ZSTD: u8 = 4;

/// What a gzip member of ours begins with: no name, no time, no system.
const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// What Java's snappy streams begin with (xerial's framing): a name, its version, the oldest that can read it.
pub(super) const XERIAL_NAME: &[u8; 8] = b"\x82SNAPPY\0";
const XERIAL_VERSIONS: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 1];
/// A block of such a stream, as large as Java's.
const SNAPPY_BLOCK: usize = 32 * 1024;

/// Compresses batches.
pub(super) struct Packer(Tool);

/// A codec's context.
enum Tool {
    Nothing,
    Gzip(Compress),
    Snappy(Box<snap::raw::Encoder>),
    Lz4(Box<FrameEncoder<Vec<u8>>>),
    Zstd(CCtx<'static>, i32),
}

impl Packer {
    /// As the properties say.
    pub(super) fn new(compression: Compression) -> Self {
        let level = u32::try_from(compression.level).unwrap_or(0);
        Self(match compression.codec {
            Codec::Plain => Tool::Nothing,
            Codec::Gzip => Tool::Gzip(Compress::new(flate2::Compression::new(level.min(9)), false)),
            Codec::Snappy => Tool::Snappy(Box::new(snap::raw::Encoder::new())),
            Codec::Lz4 => {
                // Java's consumers read independent blocks only.
                let frames = FrameInfo::new().block_size(BlockSize::Max64KB).block_mode(BlockMode::Independent);
                Tool::Lz4(Box::new(FrameEncoder::with_frame_info(frames, Vec::new())))
            }
            Codec::Zstd => Tool::Zstd(CCtx::create(), compression.level),
        })
    }

    /// Puts `records`, compressed, behind `room` bytes of whatever into `to`, and returns the codec's number. `PLAIN`:
    /// they are to be sent as they are, and `to` is empty.
    #[inline]
    pub(super) fn pack(&mut self, records: &[u8], room: usize, to: &mut Vec<u8>) -> u8 {
        match self.0 {
            Tool::Nothing => PLAIN,
            _ => self.compress(records, room, to),
        }
    }

    #[inline(never)]
    fn compress(&mut self, records: &[u8], room: usize, to: &mut Vec<u8>) -> u8 {
        to.clear();
        to.resize(room, 0);
        let (codec, done) = match &mut self.0 {
            Tool::Nothing => (PLAIN, None),
            Tool::Gzip(deflate) => (GZIP, gzip(deflate, records, to)),
            Tool::Snappy(encoder) => (SNAPPY, snappy(encoder, records, to)),
            Tool::Lz4(encoder) => (LZ4, lz4(encoder, records, to)),
            Tool::Zstd(context, level) => (ZSTD, zstd(context, *level, records, to)),
        };
        if done.is_some() && to.len() < room + records.len() {
            return codec;
        }
        to.clear();
        PLAIN
    }
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Tool::Nothing => "plain",
            Tool::Gzip(_) => "gzip",
            Tool::Snappy(_) => "snappy",
            Tool::Lz4(_) => "lz4",
            Tool::Zstd(..) => "zstd",
        })
    }
}

/// None, here and below: it does not fit into as many bytes as the records have.
fn gzip(deflate: &mut Compress, records: &[u8], to: &mut Vec<u8>) -> Option<()> {
    deflate.reset();
    to.extend_from_slice(&GZIP_HEAD);
    to.reserve(records.len());
    let status = deflate.compress_vec(records, to, FlushCompress::Finish).ok()?;
    if status != Status::StreamEnd {
        return None;
    }
    to.extend_from_slice(&crc32fast::hash(records).to_le_bytes());
    to.extend_from_slice(&u32::try_from(records.len()).ok()?.to_le_bytes());
    Some(())
}

fn snappy(encoder: &mut snap::raw::Encoder, records: &[u8], to: &mut Vec<u8>) -> Option<()> {
    to.extend_from_slice(XERIAL_NAME);
    to.extend_from_slice(&XERIAL_VERSIONS);
    for block in records.chunks(SNAPPY_BLOCK) {
        let at = to.len();
        to.resize(at + 4 + snap::raw::max_compress_len(block.len()), 0);
        let length = encoder.compress(block, &mut to[at + 4..]).ok()?;
        put_i32(to, at, i32::try_from(length).ok()?);
        to.truncate(at + 4 + length);
    }
    Some(())
}

fn lz4(encoder: &mut FrameEncoder<Vec<u8>>, records: &[u8], to: &mut Vec<u8>) -> Option<()> {
    std::mem::swap(encoder.get_mut(), to);
    // A vector takes everything.
    let done = encoder.write_all(records).is_ok() && encoder.try_finish().is_ok();
    std::mem::swap(encoder.get_mut(), to);
    done.then_some(())
}

fn zstd(context: &mut CCtx<'_>, level: i32, records: &[u8], to: &mut Vec<u8>) -> Option<()> {
    let room = to.len();
    to.resize(room + records.len(), 0);
    let length = context.compress(&mut to[room..], records, level).ok()?;
    to.truncate(room + length);
    Some(())
}
