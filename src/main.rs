//! The program `saescope`; everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    saescope::cli::report_panics_in_one_line();
    saescope::cli::fail_at_size_limits();
    saescope::cli::main()
}
