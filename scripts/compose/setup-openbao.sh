#!/bin/sh
# The setup container of docker-compose.yml: initialises OpenBao once, and makes the Transit
# engine, the keys that are named as arguments, the policy, and the AppRole that Holdfast logs in
# with. All of it may be run again. It needs `bao`, sh, sed and grep.
#
#   BAO_ADDR, BAO_CACERT  the server, and who vouches for it
#   ADMIN                 folder that gets init.json: recovery key and root token
#   SECRETS               folder that gets openbao-role-id and openbao-secret-id
#   POLICY                file of Holdfast's policy
#   BAO_TOKEN             a token that may do all this, once init.json has been taken away
set -eu
umask 077
: "${ADMIN:=/admin}" "${SECRETS:=/etc/holdfast/secrets}" "${POLICY:=/etc/holdfast/openbao-policy.hcl}"
ATTEMPTS=60

say() {
  echo "setup-openbao: $*"
}

fail() {
  say "$*" >&2
  exit 1
}

# Calls what is given once a second until it succeeds.
wait_for() {
  left=$ATTEMPTS
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "no success within $ATTEMPTS s: $1"
    sleep 1
  done
}

# What `bao operator init -status` ends with: 0 initialised, 2 not yet, 1 nobody answers.
init_status() {
  status=0
  bao operator init -status >/dev/null 2>&1 || status=$?
  echo "$status"
}

answers() {
  [ "$(init_status)" != 1 ]
}

is_ready() {
  bao token lookup
}

initialise() {
  say 'initialising'
  # In one piece: without the root token nobody could go on from here.
  made=$(bao operator init -recovery-shares=1 -recovery-threshold=1 -format=json)
  printf '%s\n' "$made" >"$ADMIN/init.json.new"
  mv "$ADMIN/init.json.new" "$ADMIN/init.json"
}

provision() {
  bao secrets list | grep -q '^transit/' || bao secrets enable transit
  bao write transit/config/keys disable_upsert=true >/dev/null
  for key in holdfast-health-test "$@"; do
    bao read "transit/keys/$key" >/dev/null 2>&1 && continue
    say "making the key $key"
    bao write -f "transit/keys/$key" type=aes256-gcm96 >/dev/null
  done
  bao policy write holdfast "$POLICY" >/dev/null
  bao auth list | grep -q '^approle/' || bao auth enable approle
  # Tokens come to an end, so the secret id must be good for many logins.
  bao write auth/approle/role/holdfast token_policies=holdfast token_ttl=1h token_max_ttl=24h \
    secret_id_num_uses=0 secret_id_ttl=0 >/dev/null
  put openbao-role-id "$(bao read -field=role_id auth/approle/role/holdfast/role-id)"
  logs_in && return
  say 'making a secret id'
  put openbao-secret-id "$(bao write -f -field=secret_id auth/approle/role/holdfast/secret-id)"
}

put() {
  printf '%s' "$2" >"$SECRETS/$1.new"
  mv "$SECRETS/$1.new" "$SECRETS/$1"
}

# Whether Holdfast could log in; the token goes back at once.
logs_in() {
  [ -s "$SECRETS/openbao-role-id" ] && [ -s "$SECRETS/openbao-secret-id" ] || return 1
  token=$(BAO_TOKEN='' bao write -field=token auth/approle/login \
    role_id=@"$SECRETS/openbao-role-id" secret_id=@"$SECRETS/openbao-secret-id") || return 1
  BAO_TOKEN=$token bao token revoke -self >/dev/null
}

wait_for answers
if [ "$(init_status)" = 2 ]; then
  [ ! -e "$ADMIN/init.json" ] ||
    fail "OpenBao is empty, and $ADMIN/init.json belongs to another: is its volume missing?"
  initialise
fi
if [ -z "${BAO_TOKEN:-}" ] && [ -s "$ADMIN/init.json" ]; then
  BAO_TOKEN=$(sed -n 's/.*"root_token": *"\([^"]*\)".*/\1/p' "$ADMIN/init.json")
fi
if [ -n "${BAO_TOKEN:-}" ]; then
  export BAO_TOKEN
  wait_for is_ready
  provision "$@"
fi
wait_for logs_in
say 'Holdfast can log in'
