#!/bin/sh
# The setup container of the profile `softhsm` of docker-compose.yml: makes the token, and lets
# Holdfast start for the first time, when it makes the key of its health checks, and the keys that
# are named as arguments. Done once; afterwards a token that is missing is an error.
#
#   STATE    state directory of the configuration
#   SECRETS  folder with the PIN, hsm-pin
#   MODULE   SoftHSM's library
set -eu
umask 077
: "${STATE:=/var/lib/holdfast}" "${SECRETS:=/etc/holdfast/secrets}"
: "${MODULE:=/usr/lib/softhsm/libsofthsm2.so}"
: "${SOFTHSM2_CONF:=/etc/holdfast/softhsm2.conf}"
export SECRETS SOFTHSM2_CONF
here=$(dirname "$0")

if [ ! -e "$SECRETS/begun" ]; then
  mkdir -p "$STATE/tokens"
  node "$here/softhsm-token.mjs" "$MODULE" holdfast "$SECRETS/hsm-pin"
fi
exec /bin/sh "$here/first-start.sh" "$@"
