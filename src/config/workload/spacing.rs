//! Keys of how messages come: at their rate, or one after the answer to another. All of them are pinload's own.

use crate::config::fields::FieldReader;

/// `arrivals` as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrivalShape {
    /// `uniform`
    Uniform,
    /// `dithered`
    Dithered,
    /// `poisson`
    Poisson,
    /// `burst`
    Burst,
}

/// The keys as written; None: not written, or written wrongly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spacing {
    /// `arrivals`.
    pub arrivals: Option<ArrivalShape>,
    /// `arrivalSeed`, of `arrivals: poisson` and `dithered`.
    pub arrival_seed: Option<u32>,
    /// `burstMessages`, of `arrivals: burst`.
    pub burst_messages: Option<u32>,
    /// `outstandingMessages`: a closed loop.
    pub outstanding_messages: Option<u32>,
}

impl Spacing {
    /// Reads them.
    pub(super) fn read(fields: &mut FieldReader<'_>) -> Self {
        Self {
            arrivals: arrivals(fields),
            arrival_seed: fields.count("arrivalSeed", "1"),
            burst_messages: fields.count("burstMessages", "100"),
            outstanding_messages: fields.count("outstandingMessages", "16"),
        }
    }
}

fn arrivals(fields: &mut FieldReader<'_>) -> Option<ArrivalShape> {
    let text = fields.text("arrivals", "poisson")?;
    match text.trim().to_ascii_lowercase().as_str() {
        "uniform" => Some(ArrivalShape::Uniform),
        "dithered" => Some(ArrivalShape::Dithered),
        "poisson" => Some(ArrivalShape::Poisson),
        "burst" => Some(ArrivalShape::Burst),
        _ => {
            fields.mistake(
                "arrivals",
                format!("{text:?} is none of uniform, dithered, poisson and burst; write one of them"),
            );
            None
        }
    }
}
