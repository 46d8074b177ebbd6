//! What to send and when: pacer, keys, payload choice, message stamp, sequence accounting. Pure: time comes in as an
//! argument.

pub mod accounting;
pub mod keys;
pub mod pacer;
pub mod payloads;
pub mod stamp;
