//! What a message is made of, decided.

pub use crate::config::workload::KeyDistributor;

/// Bytes that a message stamp takes at the start of a value (`load::stamp::STAMP_BYTES`, which lies below this room and
/// equals it).
pub const STAMP_MIN_BYTES: u32 = 48;
/// Bytes before the first record of a batch of records (format 2).
pub const BATCH_HEADER_BYTES: usize = 61;

/// Where values come from.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayloadPlan {
    /// `pool` payloads, each `random_bytes` random bytes followed by zeros; chosen uniformly per message.
    Randomized {
        /// Payloads in the pool.
        #[schemars(extend("unit" = "payloads"))]
        pool: u32,
        /// Random bytes at the start of each payload; the rest are zeros.
        random_bytes: u32,
        /// Seed of the pool.
        ///
        /// Seed of the pool, so that a run can be repeated.
        seed: u64,
    },
    /// The bytes of a file, read by `plan` and checked against the message size.
    File {
        /// Its path as given.
        path: std::path::PathBuf,
    },
    /// The files of a folder, in the order of their names; chosen uniformly per message.
    Folder {
        /// Its path as given.
        path: std::path::PathBuf,
        /// Files in it.
        #[schemars(extend("unit" = "payloads"))]
        files: u32,
    },
    /// One payload for each size; chosen by weight per message.
    Distribution {
        /// Each size.
        ///
        /// The sizes, each with a weight above 0.
        sizes: Vec<SizePlan>,
        /// Seed of the pool.
        seed: u64,
    },
    /// Payloads that somebody else made (a coordinator on another host); chosen by weight, or uniformly when there are
    /// no weights.
    Given {
        /// The length of each.
        ///
        /// The detail file has no more of them. Between processes they are base64.
        #[serde(with = "base64_texts")]
        #[schemars(rename = "payload_bytes", with = "Vec<usize>")]
        payloads: Vec<Vec<u8>>,
        /// How often each is chosen, relative to the others; empty: all alike.
        weights: Vec<u64>,
    },
}

/// One size of a distribution: a range that the user wrote, and the payload that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct SizePlan {
    /// Smallest size of the range that this size stands for.
    pub lowest_bytes: u32,
    /// Largest size of the range: the size of the payload.
    pub highest_bytes: u32,
    /// Random bytes at the start of each payload; the rest are zeros.
    pub random_bytes: u32,
    /// How often, relative to the other sizes.
    pub weight: u64,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, schemars::JsonSchema, serde::Serialize, serde::Deserialize)]
pub struct MessagePlan {
    /// Length of each value; where they differ the average (of a distribution by weight, of the ranges' middles, as in
    /// OMB).
    ///
    /// Value bytes: of each message, or their average where they differ (a distribution: the weighted average of the
    /// middles of its ranges, OMB's figure). What results call the message size, and what a backlog is reckoned with.
    pub size_bytes: u32,
    /// Length of the longest value.
    pub largest_bytes: u32,
    /// How keys are chosen.
    pub keys: KeyDistributor,
    /// Where values come from.
    pub payload: PayloadPlan,
    /// True: each value begins with pinload's stamp.
    ///
    /// Stamp at the start of each value? False: too small, or turned off; end-to-end times then come from CreateTime
    /// (ms).
    pub stamp: bool,
    /// Why there is no stamp.
    pub no_stamp_reason: Option<String>,
}

impl MessagePlan {
    /// The same without the bytes of given payloads: clients find those in the payload pool.
    #[must_use]
    pub fn without_bytes(&self) -> Self {
        let payload = match &self.payload {
            PayloadPlan::Given { .. } => PayloadPlan::Given { payloads: Vec::new(), weights: Vec::new() },
            other => other.clone(),
        };
        Self { payload, no_stamp_reason: self.no_stamp_reason.clone(), ..*self }
    }
}

/// Byte strings as a list of base64 texts (standard alphabet, padded), as OMB's `/start-load` has them.
mod base64_texts {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(payloads: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(payloads.iter().map(|payload| STANDARD.encode(payload)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<u8>>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| STANDARD.decode(text).map_err(D::Error::custom)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(payload: PayloadPlan) -> MessagePlan {
        MessagePlan {
            size_bytes: 100,
            largest_bytes: 256,
            keys: KeyDistributor::RandomNano,
            payload,
            stamp: false,
            no_stamp_reason: Some("--no-stamp".to_owned()),
        }
    }

    #[test]
    fn every_message_plan_comes_back_from_json_as_it_was() {
        let size = SizePlan { lowest_bytes: 0, highest_bytes: 256, random_bytes: 128, weight: 234 };
        for payload in [
            PayloadPlan::Randomized { pool: 10, random_bytes: 50, seed: u64::MAX },
            PayloadPlan::File { path: "payload/a b.data".into() },
            PayloadPlan::Folder { path: "payload".into(), files: 3 },
            PayloadPlan::Distribution { sizes: vec![size], seed: 7 },
            PayloadPlan::Given { payloads: vec![vec![0, 255, 7], vec![]], weights: vec![1, 0] },
        ] {
            let plan = message(payload);
            let text = serde_json::to_string(&plan).unwrap();
            assert_eq!(serde_json::from_str::<MessagePlan>(&text).unwrap(), plan, "{text}");
        }
    }

    #[test]
    fn given_payloads_are_base64_and_broken_ones_are_refused() {
        let given = message(PayloadPlan::Given { payloads: vec![vec![0, 1, 2, 3]], weights: vec![] });
        let text = serde_json::to_string(&given).unwrap();
        assert!(text.contains(r#""payload":{"given":{"payloads":["AAECAw=="],"weights":[]}}"#), "{text}");
        assert!(serde_json::from_str::<MessagePlan>(&text.replace("AAECAw==", "A*")).is_err());
        let bare = given.without_bytes();
        assert_eq!(bare.payload, PayloadPlan::Given { payloads: vec![], weights: vec![] });
        assert_eq!((bare.largest_bytes, bare.no_stamp_reason), (256, given.no_stamp_reason));
    }
}
