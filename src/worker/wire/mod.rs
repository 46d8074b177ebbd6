//! What goes over the network, as types: OMB's protocol, and pinload's own.

pub mod omb;
pub mod pinload;
