//! What holds for the repository itself: its documentation and the layers of its source.

mod docs;
mod layers;
