# Sourced by the tests of what is built for users: what holds for every program in a package.
# shellcheck shell=bash

# judge_program FILE
judge_program() {
    local dynamic
    dynamic=$(readelf --dynamic "$1")
    [[ $dynamic != *NEEDED* ]] || fail "$1 needs shared libraries"
    ! grep -qaF -e "$PWD" -e "$HOME/" "$1" || fail "$1 has a path of this machine in it"
}
