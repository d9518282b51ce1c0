#!/usr/bin/env bash
# check.sh lint: what needs no running service.
# check.sh test: the same, then the tests; the last line is `N passed, N failed, N skipped`.
# check.sh fuzz: the properties alone, with $CASES random inputs each; prints how many ran.
# A step that fails does not keep the next ones from running.
set -euo pipefail
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

what=${1:-test}
log=$root/target/test.log
# The same plan each time; `make chaos` chooses another one for each run.
faults=(--seed 1 --seconds 40)
failed=()

step() {
    local name=$1
    shift
    heading "$name: $*"
    "$@" </dev/null || failed+=("$name")
}

optional() {
    local tool=$1
    shift
    if command -v "$tool" >/dev/null; then
        step "$@"
    else
        say "-- $1: not run, $tool is not installed"
    fi
}

# Adds up the `test result:` lines of a log, and those of the runs under faults.
sum() {
    awk '{ gsub(/\033\[[0-9;]*m/, "") }
        match($0, /^chaos: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped/) {
            passed += $2; fails += $4; skipped += $6
        }
        match($0, /test result: (ok|FAILED)\. [0-9]+ passed; [0-9]+ failed; [0-9]+ ignored/) {
            n = split(substr($0, RSTART, RLENGTH), word, " ")
            skipped += word[n - 1]; fails += word[n - 3]; passed += word[n - 5]
        }
        END { printf "%d passed, %d failed, %d skipped\n", passed, fails, skipped }' "$1"
}

lint() {
    step "Formatting" cargo fmt --all --check
    step "Lints" cargo clippy --workspace --all-targets -- -D warnings
    step "Documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
    # The build fetches this platform's packages only; the check wants to see all of them.
    if command -v cargo-deny >/dev/null; then cargo fetch --quiet || true; fi
    optional cargo-deny "Dependencies" cargo deny --offline --config .cargo/deny.toml check bans licenses sources
}

# Every way out after set-up ends in the sum.
finish() {
    local code=$?
    trap - EXIT
    if [ "${#failed[@]}" -gt 0 ]; then
        printf 'Failed: %s\n' "$(join ", " "${failed[@]}")"
        code=1
    fi
    if [ "$what" = test ]; then sum "$log"; fi
    exit "$code"
}

case $what in
    sum)
        sum "${2:?sum needs a log}"
        ;;
    lint)
        trap finish EXIT
        "$here/setup.sh" build
        optional shellcheck "Scripts" shellcheck -x .ci/run deploy/setup/*.sh deploy/compose/*.sh docs/integrations/*.sh
        lint
        ;;
    fuzz)
        mkdir -p target
        log=$root/target/fuzz.log
        PROPTEST_CASES=${CASES:?} cargo test --lib -p gitlab -p proto -- fuzz:: 2>&1 </dev/null |
            tee "$log"
        properties=$(awk '/^test fuzz::.* ok$/ && !/the_payload_is_a_call/' "$log" | wc -l)
        say "$properties properties, $((properties * CASES)) executions"
        ;;
    test)
        mkdir -p target
        : >"$log"
        heading "Set-up: deploy/setup/setup.sh test"
        "$here/setup.sh" test
        trap finish EXIT
        # shellcheck source=/dev/null
        . "$tools/env"
        lint
        before=${#failed[@]}
        step "Binary" cargo build --workspace --bins
        # The tests start this binary: without it they say nothing.
        if [ "${#failed[@]}" -eq "$before" ]; then
            heading "Tests: cargo test --workspace --no-fail-fast"
            cargo test --workspace --no-fail-fast 2>&1 </dev/null | tee "$log" || failed+=("Tests")
            heading "Under faults: chaos ${faults[*]}; longer: make chaos"
            "${CARGO_TARGET_DIR:-target}/debug/chaos" "${faults[@]}" 2>&1 </dev/null | tee -a "$log" ||
                failed+=("Under faults")
        fi
        heading "Result"
        ;;
    *)
        die "usage: check.sh lint|fuzz|test"
        ;;
esac
