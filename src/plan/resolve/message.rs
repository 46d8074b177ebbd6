//! What messages are made of: size, keys, payload, stamp.

use super::desk::Desk;
use crate::plan::message::STAMP_MIN_BYTES;
use crate::plan::{KeyDistributor, MessagePlan, PayloadPlan};
use std::io::ErrorKind;
use std::path::Path;

/// Seed of payload pools: fixed, so that the same files make the same payloads on every machine.
const PAYLOAD_SEED: u64 = 0x0070_696e_6c6f_6164;

/// Decides the message.
pub(super) fn decide(desk: &mut Desk<'_>) -> Option<MessagePlan> {
    let workload = desk.workload;
    check_ratio(desk);
    let randomized = workload.use_randomized_payloads.unwrap_or(false);
    let (size_bytes, payload) = match &workload.payload_file {
        Some(path) if !randomized => from_file(desk, path)?,
        file => {
            if file.is_some() {
                desk.warn("payloadFile", "is ignored: useRandomizedPayloads is true");
            }
            let size = workload.message_size.or_else(|| {
                desk.missing("messageSize", "1024");
                None
            });
            let payload = if randomized { random(desk, size) } else { zeros(desk) };
            (size?, payload?)
        }
    };
    let no_stamp_reason = if desk.options.no_stamp {
        Some("--no-stamp".to_owned())
    } else if size_bytes < STAMP_MIN_BYTES {
        Some(format!("messageSize {size_bytes} is below the stamp's {STAMP_MIN_BYTES} bytes"))
    } else {
        None
    };
    Some(MessagePlan {
        size_bytes,
        keys: workload.key_distributor.unwrap_or(KeyDistributor::NoKey),
        payload,
        stamp: no_stamp_reason.is_none(),
        no_stamp_reason,
    })
}

fn check_ratio(desk: &mut Desk<'_>) {
    if let Some(ratio) = desk.workload.random_bytes_ratio.filter(|ratio| !(0.0..=1.0).contains(ratio)) {
        desk.refuse("randomBytesRatio", format!("{ratio} is not between 0 (all zeros) and 1 (all random): write 0.5"));
    }
}

/// As OMB: `(int) (messageSize × randomBytesRatio)` random bytes, the rest zeros.
fn random(desk: &mut Desk<'_>, size: Option<u32>) -> Option<PayloadPlan> {
    let pool = desk.workload.randomized_payload_pool_size;
    let ratio = desk.workload.random_bytes_ratio.unwrap_or_else(|| {
        if !desk.written_wrongly("randomBytesRatio") {
            desk.warn("randomBytesRatio", "is missing: 0, all bytes are zeros and compress extremely well");
        }
        0.0
    });
    if !matches!(pool, Some(1..)) && !desk.written_wrongly("randomizedPayloadPoolSize") {
        let what = if pool.is_some() { "is 0" } else { "is missing" };
        desk.refuse(
            "randomizedPayloadPoolSize",
            format!("{what}: randomized payloads need at least 1, write for example randomizedPayloadPoolSize: 1000"),
        );
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a ratio beyond 0 … 1 is refused, so that the product is at most the size"
    )]
    let random_bytes = (f64::from(size?) * ratio) as u32;
    Some(PayloadPlan::Randomized { pool: pool.filter(|pool| *pool > 0)?, random_bytes, seed: PAYLOAD_SEED })
}

/// Neither a file nor random bytes: OMB fails after it has made the topics, the guide's shortest example is written so. Zeros then.
fn zeros(desk: &mut Desk<'_>) -> Option<PayloadPlan> {
    if desk.written_wrongly("useRandomizedPayloads") || desk.written_wrongly("payloadFile") {
        return None;
    }
    desk.warn(
        "payloadFile",
        "is missing and useRandomizedPayloads is not true: payloads of zeros are sent, which compress extremely well",
    );
    Some(PayloadPlan::Randomized { pool: 1, random_bytes: 0, seed: PAYLOAD_SEED })
}

/// The length of the file must be the message size; where that is not written it is the message size.
fn from_file(desk: &mut Desk<'_>, path: &Path) -> Option<(u32, PayloadPlan)> {
    let shown = path.display();
    let length = match length(path) {
        Ok(length) => length,
        Err(why) => {
            desk.refuse("payloadFile", format!("{shown} {why}"));
            return None;
        }
    };
    match desk.workload.message_size {
        None if desk.written_wrongly("messageSize") => return None,
        Some(size) if u64::from(size) != length => {
            desk.refuse(
                "payloadFile",
                format!(
                    "{shown} has {length} bytes, messageSize is {size}: write messageSize: {length} or another file"
                ),
            );
            return None;
        }
        None | Some(_) => {}
    }
    let Ok(size) = u32::try_from(length) else {
        desk.refuse("payloadFile", format!("{shown} has {length} bytes: too large for a message"));
        return None;
    };
    Some((size, PayloadPlan::File { path: path.to_owned() }))
}

fn length(path: &Path) -> Result<u64, String> {
    let words = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => "does not exist: check the path (it is relative to the current folder)".to_owned(),
        ErrorKind::PermissionDenied => "cannot be read: permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    let metadata = std::fs::metadata(path).map_err(words)?;
    if metadata.is_dir() {
        return Err("is a folder: name one file (folders of payloads are not built yet)".to_owned());
    }
    std::fs::File::open(path).map_err(words)?;
    Ok(metadata.len())
}
