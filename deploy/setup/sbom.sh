#!/usr/bin/env bash
# sbom.sh FILE: what the program is made of, with versions, licences and hashes, as CycloneDX.
set -euo pipefail
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

file=${1:?usage: sbom.sh FILE}
made=services/countersign/countersign.cdx.json
# It is written beside each manifest; only the program's is wanted.
trap 'find . -name "*.cdx.json" -not -path "./target/*" -not -path "./.tools/*" -delete' EXIT
cargo cyclonedx --quiet --format json --spec-version 1.5 --target all --manifest-path services/countersign/Cargo.toml
[ -s "$made" ] || die "cargo cyclonedx wrote nothing to $made."
mkdir -p "$(dirname "$file")"
mv -f "$made" "$file"
say "$(grep -c '"bom-ref"' "$file") components are in $file"
