//! The built program and its tools, driven as a user drives them. All of it is one program: what the tests share is
//! built once, and one stage says which scenes play beside each other (`scene/stage.rs`).

#[path = "../embedded/mod.rs"]
mod embedded;
#[path = "../kafka/mod.rs"]
mod kafka;
#[path = "../scene/mod.rs"]
mod scene;
#[path = "../timing/mod.rs"]
mod timing;
