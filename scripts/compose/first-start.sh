#!/bin/sh
# The first start of Holdfast in docker-compose.yml: with --init, until it serves, makes the keys
# that are named as arguments, and stops it. Done once, and remembered beside the secrets: where the
# state is empty afterwards its volume is missing, and Holdfast says so instead of beginning anew.
#
#   SECRETS    folder that remembers, in the file `begun`
#   KEY_STORE  the key store that exposes the keys
set -eu
umask 077
: "${SECRETS:=/etc/holdfast/secrets}" "${KEY_STORE:=compose}"
: "${HOLDFAST_CONFIG:=/etc/holdfast/holdfast.yaml}"
export HOLDFAST_CONFIG
program=$(dirname "$0")/../../dist/cli/main.js
begun=$SECRETS/begun
ATTEMPTS=60

if [ -e "$begun" ]; then
  echo 'first-start: done before'
  exit 0
fi

node "$program" serve --init &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
left=$ATTEMPTS
until node "$program" keys list >/dev/null 2>&1; do
  left=$((left - 1))
  if [ "$left" -le 0 ] || ! kill -0 "$server" 2>/dev/null; then
    echo 'first-start: Holdfast has not started' >&2
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
touch "$begun"
