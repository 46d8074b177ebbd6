//! How far the latencies of the run are the broker's own: judged above this room, told on its page.

use super::exposition::{MetricType, MetricsPage};
use crate::stats::Latency;
use std::sync::{Arc, Mutex, PoisonError};

/// One slate: who judges writes on it, the page reads it.
#[derive(Debug, Clone, Default)]
pub struct TrustSlate(Arc<Mutex<Vec<(Latency, f64)>>>);

impl TrustSlate {
    /// Each latency that was judged, with the percentile (50 … 100) up to which it is the broker's own; 0: not even the
    /// median is.
    pub fn tell(&self, judged: Vec<(Latency, f64)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = judged;
    }

    pub(super) fn write(&self, page: &mut MetricsPage) {
        let judged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if judged.is_empty() {
            return;
        }
        let help = "Percentile up to which the latency is the broker's own in the measurement so far; 0: not even the \
            median is.";
        let mut family = page.family("pinload_latency_own_up_to_percentile", MetricType::Gauge, help);
        for (latency, percentile) in judged.iter() {
            family.sample(&[("latency", latency.name())], *percentile);
        }
    }
}
