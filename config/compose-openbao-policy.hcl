# What Holdfast may do in the OpenBao of docker-compose.yml: docs/key-managers-vault.md. The mount
# is Holdfast's alone. Keys are made by the setup, so there is no right to make any.
path "transit/encrypt/+"   { capabilities = ["update"] }
path "transit/decrypt/+"   { capabilities = ["update"] }
path "transit/keys/+"      { capabilities = ["read"] }
path "transit/config/keys" { capabilities = ["read"] }
# For `holdfast keys list`.
path "transit/keys"        { capabilities = ["list"] }
