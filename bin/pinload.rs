//! The program: everything is in the library, this is its door.
fn main() -> std::process::ExitCode {
    pinload::cli::main()
}
