//! What holds for the repository itself: its documentation, the layers of its source and what they offer, the size of
//! its files.

mod docs;
mod documented;
mod layers;
mod size;
