//! The program: everything is in the library, this is its door.

/// For C as well (feature `override`): librdkafka allocates each received message in one thread and frees it in
/// another, which is what glibc's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    pinload::main()
}
