# shellcheck shell=bash
# What the scripts beside this file share. To be read from the repository's root.

work=target/fuzz
triple=$(rustc -vV | sed -n 's/^host: //p')
programs=$work/$triple/fuzz
mapfile -t all_targets < <(cd fuzz/targets && printf '%s\n' *.rs | sed 's/\.rs$//')
export all_targets programs

# Instrumentation of libFuzzer, and the address sanitizer: libyaml is full of unsafe code, hyper
# and its kin have some. Sanitizers are not stable; RUSTC_BOOTSTRAP lets the stable compiler take
# the option.
instrumented=(
    -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
    -Ccodegen-units=1
    -Zsanitizer=address
    --cfg=fuzzing
)

# Freed memory is watched for a while before it is used again; the default is more than the
# corpora of all targets.
export ASAN_OPTIONS=quarantine_size_mb=32

# check_names TARGET...
check_names() {
    local target
    for target in "$@"; do
        [[ -f fuzz/targets/$target.rs ]] && continue
        printf 'there is no target %s; there are: %s\n' "$target" "${all_targets[*]}" >&2
        exit 2
    done
}

# build TARGET...
build() {
    local target bins=()
    for target in "$@"; do
        bins+=(--bin "$target")
    done
    RUSTC_BOOTSTRAP=1 RUSTFLAGS="${instrumented[*]}" cargo build --locked --quiet \
        --package vrrp-fuzz --features libfuzzer --profile fuzz \
        --target "$triple" --target-dir "$work" "${bins[@]}"
}

# The longest input worth trying: beyond it a target does the same more often.
max_len() {
    case $1 in
    advert | advert_emit | announcement) echo 1024 ;;
    router) echo 2048 ;;
    *) echo 4096 ;;
    esac
}
