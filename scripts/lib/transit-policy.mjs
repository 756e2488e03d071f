/**
 * The policy of a token for every act of Holdfast on the keys of Transit at `transit/`, as
 * docs/key-managers-vault.md tells operators to grant it.
 */
export const TRANSIT_POLICY = `
path "transit/encrypt/+" { capabilities = ["update"] }
path "transit/decrypt/+" { capabilities = ["update"] }
path "transit/keys" { capabilities = ["list"] }
path "transit/keys/+" { capabilities = ["read", "create", "update", "delete"] }
path "transit/config/keys" { capabilities = ["read"] }
path "transit/keys/+/rotate" { capabilities = ["update"] }
path "transit/keys/+/config" { capabilities = ["update"] }
path "transit/keys/+/trim" { capabilities = ["update"] }
path "transit/keys/+/soft-delete" { capabilities = ["delete"] }
path "transit/keys/+/soft-delete-restore" { capabilities = ["update"] }
path "transit/wrapping_key" { capabilities = ["read"] }
path "transit/keys/+/import" { capabilities = ["update"] }
path "transit/keys/+/import_version" { capabilities = ["update"] }
`;
