//! What a client did row by row, as columns.

use crate::stats::schema::{schema_by_counter, schema_by_latency};
use crate::stats::{Counter, Latency};
use crate::telemetry::Role;
use crate::worker::{ClientTimeline, TimelinePoint};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Cow;

/// The rows of a client as columns of equal length, which keeps long runs small and loads into a table at once. Each
/// row has its own span.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    pub(super) role: Role,
    pub(super) rows: &'a ClientTimeline,
}

/// The same while it is written: unpacked.
#[derive(Debug)]
struct OpenTimeline {
    role: Role,
    points: Vec<TimelinePoint>,
}

/// The columns.
#[derive(schemars::JsonSchema, serde::Serialize)]
struct TimelineColumns<'a> {
    /// End of the span.
    #[schemars(extend("unit" = "s since the load's epoch"))]
    at_s: Vec<f64>,
    /// Length of the span: 1, 10, 60 or more, and some ms.
    span_s: Vec<f64>,
    /// The latency families of the span.
    latencies: TimelineLatencies<'a>,
    /// A column for each counter that is not 0 throughout.
    counters: TimelineCounters<'a>,
}

impl Serialize for Timeline<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let open = OpenTimeline { role: self.role, points: self.rows.points().collect() };
        let columns = TimelineColumns {
            at_s: open.column(|point| point.at_s),
            span_s: open.column(|point| point.span_s),
            latencies: TimelineLatencies(&open),
            counters: TimelineCounters(&open),
        };
        columns.serialize(serializer)
    }
}

impl JsonSchema for Timeline<'_> {
    fn inline_schema() -> bool {
        TimelineColumns::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        TimelineColumns::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        TimelineColumns::json_schema(generator)
    }
}

impl OpenTimeline {
    fn column<T>(&self, pick: impl Fn(&TimelinePoint) -> T) -> Vec<T> {
        self.points.iter().map(pick).collect()
    }
}

/// Columns of p50, p99 and maximum of each family of the role; null where a row has none.
#[derive(Debug)]
struct TimelineLatencies<'a>(&'a OpenTimeline);

impl Serialize for TimelineLatencies<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let families: &[Latency] = match self.0.role {
            Role::Producer => &Latency::PRODUCER,
            Role::Consumer => &Latency::CONSUMER,
        };
        let mut map = serializer.serialize_map(Some(families.len()))?;
        for (position, latency) in families.iter().enumerate() {
            let column =
                |figure: usize| self.0.column(|point| point.latencies_ns.get(position).map(|figures| figures[figure]));
            let columns = ClientColumns { p50_ns: column(0), p99_ns: column(1), max_ns: column(2) };
            map.serialize_entry(latency, &columns)?;
        }
        map.end()
    }
}

impl JsonSchema for TimelineLatencies<'_> {
    fn schema_name() -> Cow<'static, str> {
        "TimelineLatencies".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema_by_latency::<ClientColumns>(generator)
    }
}

#[derive(Debug, schemars::JsonSchema, serde::Serialize)]
struct ClientColumns {
    /// 50 % of the values are at most this (and so for the others).
    p50_ns: Vec<Option<u64>>,
    /// 99 %.
    p99_ns: Vec<Option<u64>>,
    /// Largest value.
    max_ns: Vec<Option<u64>>,
}

/// A column per counter that is not 0 throughout.
#[derive(Debug)]
struct TimelineCounters<'a>(&'a OpenTimeline);

impl JsonSchema for TimelineCounters<'_> {
    fn schema_name() -> Cow<'static, str> {
        "TimelineCounters".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schema_by_counter::<Vec<u64>>(generator, false)
    }
}

impl Serialize for TimelineCounters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for counter in Counter::ALL {
            let column = self.0.column(|point| point.counters[*counter]);
            if column.iter().any(|value| *value > 0) {
                map.serialize_entry(counter.name(), &column)?;
            }
        }
        map.end()
    }
}
