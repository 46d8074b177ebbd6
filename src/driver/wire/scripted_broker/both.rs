//! Both kinds of producer for the same test: without an I/O thread and with it.

use super::Passing;
use crate::driver::wire::producer::{IoThreadProducer, WireProducer};
use crate::driver::{DriverError, Producer};
use crate::os::affinity::current_mask;
use crate::plan::placement::IoThreadCpu;
use crate::plan::properties::wire::WireProducerSettings;
use std::time::Duration;

/// A producer of topic `t`, with or without an I/O thread.
pub(in crate::driver::wire) trait Connects: Producer + std::fmt::Debug + Sized {
    fn connected(settings: &WireProducerSettings) -> Result<Self, DriverError>;
}

impl Connects for WireProducer {
    fn connected(settings: &WireProducerSettings) -> Result<Self, DriverError> {
        Self::connect(settings, "t", Duration::from_secs(10), &Passing::new())
    }
}

impl Connects for IoThreadProducer {
    fn connected(settings: &WireProducerSettings) -> Result<Self, DriverError> {
        let cpu = current_mask().unwrap().iter().last().unwrap();
        // The broker and other tests are on it as well.
        let at = IoThreadCpu { cpu, shared: true };
        Self::connect(settings, "t", Duration::from_secs(10), Passing::new(), at)
    }
}

/// Tests that hold for a producer without an I/O thread and for one with it.
macro_rules! for_both {
    ($($test:ident)+) => {
        mod in_the_loop {
            $(#[test]
            fn $test() {
                super::$test::<crate::driver::wire::WireProducer>();
            })+
        }
        mod by_a_thread {
            $(#[test]
            fn $test() {
                super::$test::<crate::driver::wire::IoThreadProducer>();
            })+
        }
    };
}
pub(in crate::driver::wire) use for_both;
