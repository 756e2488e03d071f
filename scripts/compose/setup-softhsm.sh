#!/bin/sh
# The setup container of the profile `softhsm` of docker-compose.yml: makes the token, and lets
# Holdfast start for the first time, when it makes the key of its health checks, and the keys that
# are named as arguments. Done once; afterwards a token that is missing is an error.
#
#   STATE      state directory of the configuration
#   SECRETS    folder with the PIN, hsm-pin
#   KEY_STORE  the key store that exposes the keys
#   MODULE     SoftHSM's library
set -eu
umask 077
: "${STATE:=/var/lib/holdfast}" "${SECRETS:=/etc/holdfast/secrets}" "${KEY_STORE:=compose}"
: "${MODULE:=/usr/lib/softhsm/libsofthsm2.so}"
: "${HOLDFAST_CONFIG:=/etc/holdfast/holdfast.yaml}" "${SOFTHSM2_CONF:=/etc/holdfast/softhsm2.conf}"
export HOLDFAST_CONFIG SOFTHSM2_CONF
program=$(dirname "$0")/../../dist/cli/main.js
done_file=$STATE/.softhsm-is-set-up
ATTEMPTS=60

if [ -e "$done_file" ]; then
  echo 'setup-softhsm: done before'
  exit 0
fi

mkdir -p "$STATE/tokens"
node "$(dirname "$0")/softhsm-token.mjs" "$MODULE" holdfast "$SECRETS/hsm-pin"

node "$program" serve --init &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
left=$ATTEMPTS
until node "$program" keys list >/dev/null 2>&1; do
  left=$((left - 1))
  if [ "$left" -le 0 ] || ! kill -0 "$server" 2>/dev/null; then
    echo 'setup-softhsm: Holdfast has not started' >&2
    exit 1
  fi
  sleep 1
done
for key in "$@"; do
  node "$program" keys show "$key" >/dev/null 2>&1 ||
    node "$program" keys create "$key" --key-store "$KEY_STORE"
done
kill "$server"
wait "$server"
trap - EXIT
touch "$done_file"
