//! What is known of the floor for one run: in the detail file, and below the closing table.

use super::Floor;
use super::comparison::{FloorComparison, FloorFigure, compare};
use crate::caveat::Caveat;
use crate::workload_generator::RunResult;

/// What is known of the floor for one run.
#[derive(Debug, Clone, PartialEq)]
pub enum FloorStanding {
    /// Put beside the result.
    Used(Box<UsedFloor>),
    /// There is no calibration for this machine.
    None,
    /// There is one and it is not used; why.
    NotUsed(String),
    /// The clients run on workers, whose floors are not known here.
    Elsewhere,
    /// Nobody wants to hear of it.
    Off,
}

/// A floor that is used.
#[derive(Debug, Clone, PartialEq)]
pub struct UsedFloor {
    /// The file.
    pub path: String,
    /// What it holds.
    pub floor: Floor,
}

/// The floor in the detail file.
#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
pub struct FloorDetail<'a> {
    /// True: there is one, of the same machine and build.
    used: bool,
    /// Why there is none, or why it is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The file it was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor_file: Option<&'a str>,
    /// When it was measured, local time with offset (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    calibrated_at: Option<&'a str>,
    /// The figures that both have.
    comparisons: Vec<FloorComparison>,
    /// What speaks against the floor itself: others used the machine while it was calibrated, or it has too few CPUs
    /// for what was measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    floor_caveats: Vec<Caveat>,
}

impl<'a> FloorDetail<'a> {
    /// What the standing has to say of this result.
    pub fn new(standing: &'a FloorStanding, result: &RunResult<'_>) -> Self {
        let nothing = |reason| Self {
            used: false,
            reason: Some(reason),
            floor_file: None,
            calibrated_at: None,
            comparisons: Vec::new(),
            floor_caveats: Vec::new(),
        };
        match standing {
            FloorStanding::Used(used) => {
                let comparisons = compare(&used.floor, result);
                Self {
                    used: true,
                    reason: None,
                    floor_file: Some(&used.path),
                    calibrated_at: Some(&used.floor.calibrated_at),
                    floor_caveats: caveats(&used.floor, &comparisons),
                    comparisons,
                }
            }
            FloorStanding::None => nothing("no calibration on this machine: run pinload calibrate"),
            FloorStanding::NotUsed(why) => nothing(why),
            FloorStanding::Elsewhere => nothing("the clients run on workers, whose floors are not known here"),
            FloorStanding::Off => nothing("not wanted (--floor none)"),
        }
    }
}

/// Lines below the closing table: the floor's figures beside the result's, a note for each that is near; or why there
/// is none.
pub fn floor_lines(standing: &FloorStanding, result: &RunResult<'_>) -> Vec<String> {
    match standing {
        FloorStanding::Elsewhere | FloorStanding::Off => Vec::new(),
        FloorStanding::None => vec!["  floor: no calibration on this machine: run pinload calibrate".to_owned()],
        FloorStanding::NotUsed(why) => vec![format!("  floor: {why}")],
        FloorStanding::Used(used) => {
            let comparisons = compare(&used.floor, result);
            if comparisons.is_empty() {
                return Vec::new();
            }
            let parts: Vec<_> = comparisons.iter().map(FloorComparison::in_words).collect();
            let mut lines = vec![format!("  floor: {}", parts.join(" · "))];
            let near = comparisons.iter().filter(|compared| compared.near).map(FloorComparison::caveat);
            let caveats = near.chain(caveats(&used.floor, &comparisons));
            lines.extend(caveats.map(|caveat| format!("  {caveat}")));
            lines
        }
    }
}

/// What speaks against those of the floor's figures that were compared.
fn caveats(floor: &Floor, comparisons: &[FloorComparison]) -> Vec<Caveat> {
    let through_broker =
        |compared: &FloorComparison| matches!(compared.figure, FloorFigure::AcknowledgedP50 | FloorFigure::EndToEndP50);
    let end_to_end = floor.end_to_end.as_ref().filter(|_| comparisons.iter().any(through_broker));
    let busy = floor.busy_caveat().filter(|_| !comparisons.is_empty());
    busy.into_iter().chain(end_to_end.and_then(|run| run.caveat())).collect()
}
