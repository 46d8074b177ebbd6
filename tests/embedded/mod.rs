//! The built program, driven as a user drives it: on the embedded broker, on none, and where something must outlive a
//! run on a real Kafka.

mod campaign;
mod command_line;
mod console;
mod doctor;
mod ends;
mod examples;
mod inputs;
mod metrics;
mod page;
mod raw_samples;
mod run_on_embedded;
mod shapes;
mod tools;
