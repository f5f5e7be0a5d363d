//! The static agent: serves a controller on its standard streams.

use std::process::ExitCode;

fn main() -> ExitCode {
    warp_agent::main_with_args(std::env::args_os().skip(1))
}
