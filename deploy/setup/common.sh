# shellcheck shell=bash
# shellcheck disable=SC2034 # used by the scripts that source this
# Sourced by the scripts beside it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
here=$root/deploy/setup
tools=$root/.tools
cd "$root" || exit 1

say() { printf '%s\n' "$*"; }

# One sentence, then the end.
die() {
    printf '%s\n' "$*" >&2
    exit 1
}

heading() { printf '\n== %s\n' "$*"; }

# join ", " a b c -> a, b, c
join() {
    local separator=$1 first=${2-}
    shift 2 || return 0
    printf '%s' "$first" "${@/#/$separator}"
}
