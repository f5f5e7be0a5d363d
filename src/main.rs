//! The binary: parse, dispatch, exit code.

fn main() -> std::process::ExitCode {
    warp::cli::main()
}
