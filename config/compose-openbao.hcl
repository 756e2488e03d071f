# The OpenBao server of docker-compose.yml: docs/containers.md.
ui = false
api_addr = "https://openbao:8200"
cluster_addr = "https://openbao:8201"

storage "raft" {
  path = "/openbao/file"
  node_id = "openbao"
}

listener "tcp" {
  address = "0.0.0.0:8200"
  tls_cert_file = "/run/openbao/server.pem"
  tls_key_file = "/run/openbao/server.key"
}

# Opens the storage by itself after every restart. Who has this file and the storage has the keys:
# where there is an HSM or a cloud's KMS, let that be the seal.
seal "static" {
  current_key_id = "compose-1"
  current_key = "file:///run/openbao/seal.key"
}

# Who did what, into the container's log; secrets in it are HMACs.
audit "file" "stdout" {
  options {
    file_path = "stdout"
  }
}
