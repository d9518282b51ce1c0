#!/bin/sh
# shellcheck disable=SC2154 # the values come from a file
# Makes the secrets of docker-compose.yml that are not there yet, in one folder for each container:
#   secrets.sh
# Makes standard input one of them:
#   secrets.sh put FOLDER/NAME
set -eu
umask 077

root=${SECRETS:-/secrets}
nats_data=${NATS_DATA:-/nats-data}
seed=$root/seed/values

# Letters and digits, to stand in addresses and in configurations; nats-server wants a letter first.
random() { printf 's%s' "$(head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n')"; }

# What `countersign audit key` prints: PRIVATE+KEY+<name>+<id>+<0x01 and the seed, in base64>. The id is the beginning
# of the SHA-256 of the name, a line feed, 0x01 and the public key.
log_key() {
    pem=$(openssl genpkey -algorithm ed25519)
    # The last 32 bytes of either encoding are the key itself.
    private() { printf '%s\n' "$pem" | openssl pkey -outform DER | tail -c 32; }
    public() { printf '%s\n' "$pem" | openssl pkey -pubout -outform DER | tail -c 32; }
    id=$({ printf 'countersign\n\001'; public; } | sha256sum | cut -c 1-8)
    printf 'PRIVATE+KEY+countersign+%s+%s' "$id" "$({ printf '\001'; private; } | base64 | tr -d '\n')"
}

# The user that a folder's container runs as.
owner() {
    case $1 in
    postgres/*) echo 999 ;;
    *) echo 65532 ;;
    esac
}

# Standard input becomes a file that only its container's user can read.
keep() {
    new=$root/$1.new
    rm -f "$new"
    cat >"$new"
    chmod 0400 "$new"
    chown "$(owner "$1")" "$new"
    mv "$new" "$root/$1"
}

# What is there stays: it may have been put there.
once() { [ -e "$root/$1" ] || printf '%s\n' "$2" | keep "$1"; }

if [ "${1-}" = put ]; then
    if [ ! -d "$root/$(dirname "$2")" ]; then
        echo "There is no folder for $2." >&2
        exit 64
    fi
    keep "$2"
    exit
fi

# Most of them are in two containers, so all are made in a place of their own that no other container sees.
touch "$seed"
for name in postgres migrate recorder bus_ingress bus_recorder bus_decision bus_ui ask_recorder hook token log_key; do
    if grep -q "^$name=" "$seed"; then continue; fi
    case $name in
    log_key) value=$(log_key) ;;
    *) value=$(random) ;;
    esac
    [ "${#value}" -ge 49 ] || exit 1
    {
        cat "$seed"
        printf "%s='%s'\n" "$name" "$value"
    } >"$seed.new"
    mv "$seed.new" "$seed"
done
# shellcheck source=/dev/null
. "$seed"

once nats/passwords.conf "BUS_PASSWORD_INGRESS: \"$bus_ingress\"
BUS_PASSWORD_RECORDER: \"$bus_recorder\"
BUS_PASSWORD_DECISION: \"$bus_decision\"
BUS_PASSWORD_UI: \"$bus_ui\""
once postgres/postgres "$postgres"
once postgres/migrate "$migrate"
once postgres/recorder "$recorder"
once migrate/database-url "postgres://migrate:$migrate@postgres/countersign"
once ingress/bus-url "nats://ingress:$bus_ingress@nats:4222"
once ingress/hook-secret "$hook"
once recorder/bus-url "nats://recorder:$bus_recorder@nats:4222"
once recorder/database-url "postgres://recorder:$recorder@postgres/countersign"
once recorder/recorder-secret "$ask_recorder"
once recorder/log-key "$log_key"
once decision/bus-url "nats://decision:$bus_decision@nats:4222"
once decision/recorder-secret "$ask_recorder"
once decision/gitlab-token "$token"
once ui/bus-url "nats://ui:$bus_ui@nats:4222"
once ui/recorder-secret "$ask_recorder"
once gitlab/gitlab-token "$token"
once gitlab/hook-secret "$hook"

# nats-server does not run as root here, and its image has no such folder whose owner a new volume could get.
chown 65532 "$nats_data"
