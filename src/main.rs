//! The vrrpd binary.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    vrrpd::cli::main()
}
