#!/bin/sh
# Decides about a request over HTTP and prints the receipt; needs curl and jq.
#
#   COUNTERSIGN_URL=https://approvals.example.com COUNTERSIGN_TOKEN=cst_… \
#       ./decide.sh REQUEST_ID VERDICT SHA ACTOR_ID [REASON]
#
# VERDICT is approve, reject, revoke or review. Exit code 0: it is on record; 1: it was refused, for the reason
# that is printed; 2: Countersign did not answer in time, and nothing is known.
set -eu

if [ $# -lt 4 ]; then
    echo "usage: decide.sh REQUEST_ID VERDICT SHA ACTOR_ID [REASON]" >&2
    exit 64
fi
: "${COUNTERSIGN_URL:?the address of Countersign}" "${COUNTERSIGN_TOKEN:?from countersign token create}"

# One id for all attempts: however often this is sent, it counts once.
decision_id=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)
decision=$(jq -n --arg id "$decision_id" --arg verdict "$2" --arg sha "$3" --arg actor "$4" \
    --arg reason "${5-}" \
    '{decision_id: $id, verdict: $verdict, sha: $sha, actor: {id: $actor}, reason: $reason}')

attempt=1
while :; do
    # The token goes in on a file descriptor: the list of processes is for everybody to read.
    answer=$(curl --silent --max-time 15 --config /dev/fd/3 \
        --header 'content-type: application/json' --data-binary "$decision" \
        --write-out '\n%{http_code}' \
        "$COUNTERSIGN_URL/approval-apps/api/v1/requests/$1/decisions" 3<<END
header = "authorization: Bearer $COUNTERSIGN_TOKEN"
END
    ) || true
    code=${answer##*
}
    case $code in
        200 | 201)
            printf '%s\n' "${answer%
*}"
            exit 0
            ;;
        202 | 408 | 429 | 5?? | 000 | '') ;;
        *)
            printf '%s\n' "${answer%
*}"
            exit 1
            ;;
    esac
    if [ "$attempt" -ge 5 ]; then
        echo "Countersign did not answer in time (last: ${code:-nothing}); decision $decision_id" >&2
        exit 2
    fi
    sleep $((attempt * 2))
    attempt=$((attempt + 1))
done
