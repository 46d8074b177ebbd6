//! The counters of a span, as far as somebody counts them.

use crate::plan::MeasuredBy;
use crate::stats::schema::schema_by_counter;
use crate::stats::{Counter, Counters};

/// Counters as far as somebody counts them.
#[derive(Debug, Clone, Copy)]
pub(super) struct CounterDetail {
    pub(super) counters: Counters,
    pub(super) by: MeasuredBy,
}

impl schemars::JsonSchema for CounterDetail {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CounterDetail".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schema_by_counter::<u64>(generator, false)
    }
}

impl serde::Serialize for CounterDetail {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counted = Counter::ALL.iter().filter(|counter| self.by.knows(**counter));
        serializer.collect_map(counted.map(|counter| (counter.name(), self.counters[*counter])))
    }
}
