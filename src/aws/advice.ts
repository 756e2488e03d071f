/**
 * Advice on the code of a failed connection.
 *
 * @see AWS KMS API Reference, CustomKeyStoresListEntry, ConnectionErrorCode
 */
const CONNECTION_ADVICE: Readonly<Record<string, string>> = {
  INVALID_CREDENTIALS:
    'The proxy refused the signature: compare access key ids (holdfast key-stores list), and the clock of the proxy.',
  XKS_PROXY_ACCESS_DENIED:
    'Something in front of the proxy denied access: look for a firewall, WAF or reverse proxy that answers 403.',
  XKS_PROXY_INVALID_CONFIGURATION:
    'The URI path is wrong: compare it with holdfast key-stores list.',
  XKS_PROXY_INVALID_RESPONSE:
    'The answer is not what KMS expects: run holdfast doctor against the endpoint.',
  XKS_PROXY_INVALID_TLS_CONFIGURATION:
    'There is no TLS connection: authority, chain, name and dates of the certificate; run holdfast doctor.',
  XKS_PROXY_NOT_REACHABLE:
    'There is no connection, or no node of the key manager can serve: DNS, firewall, port 443, target health; holdfast doctor backend.',
  XKS_PROXY_TIMED_OUT:
    'The answer took more than 250 ms: measure with holdfast doctor from near the Region.',
  XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND:
    'KMS does not see the endpoint service: its name and Region, and cks.kms.<region>.amazonaws.com among the allowed principals.',
  XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION:
    'The endpoint service needs two zones, no acceptance, and a verified private DNS name that the certificate bears.',
};

/**
 * Advice on an exception of KMS.
 *
 * @see AWS KMS API Reference, the errors of each operation
 */
const EXCEPTION_ADVICE: Readonly<Record<string, string>> = {
  AccessDeniedException:
    'The principal may not call this: docs/registering-with-aws-kms.md lists the permissions.',
  CustomKeyStoreHasCMKsException: 'Schedule the deletion of its KMS keys first.',
  CustomKeyStoreInvalidStateException:
    'The key store is in another state: holdfast aws status tells which.',
  CustomKeyStoreNameInUseException: 'Choose another name with --name.',
  CustomKeyStoreNotFoundException: 'Register it first, or check Region and account.',
  ExpiredTokenException: 'The credentials of AWS have expired: renew them.',
  InvalidSignatureException: 'The secret access key of AWS is wrong, or the clock of this machine.',
  UnrecognizedClientException: 'AWS does not know the access key id.',
  XksKeyAlreadyInUseException:
    'Another KMS key uses the external key: make one of its own for each.',
  XksKeyInvalidConfigurationException:
    'The external key must be enabled, and must encrypt and decrypt: holdfast keys show.',
  XksKeyNotFoundException: 'Create the external key first: holdfast keys create.',
  XksProxyIncorrectAuthenticationCredentialException:
    CONNECTION_ADVICE['INVALID_CREDENTIALS'] ?? '',
  XksProxyInvalidConfigurationException: CONNECTION_ADVICE['XKS_PROXY_INVALID_CONFIGURATION'] ?? '',
  XksProxyInvalidResponseException: CONNECTION_ADVICE['XKS_PROXY_INVALID_RESPONSE'] ?? '',
  XksProxyUriEndpointInUseException: 'Another key store has the endpoint: it needs another name.',
  XksProxyUriInUseException:
    'Another key store has endpoint and path: give this one a path of its own.',
  XksProxyUriUnreachableException: CONNECTION_ADVICE['XKS_PROXY_NOT_REACHABLE'] ?? '',
  XksProxyVpcEndpointServiceInUseException: 'Another key store has the endpoint service.',
  XksProxyVpcEndpointServiceNotFoundException:
    CONNECTION_ADVICE['XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND'] ?? '',
  XksProxyVpcEndpointServiceInvalidConfigurationException:
    CONNECTION_ADVICE['XKS_VPC_ENDPOINT_SERVICE_INVALID_CONFIGURATION'] ?? '',
};

const UNKNOWN_CODE = 'A fault in AWS or between: disconnect and connect again; then AWS support.';

/** Says what to do about a connection that failed. */
export function connectionAdvice(code: string): string {
  return ownText(CONNECTION_ADVICE, code) ?? UNKNOWN_CODE;
}

/** Says what to do about an exception; undefined where its own text has to do. */
export function exceptionAdvice(name: string): string | undefined {
  return ownText(EXCEPTION_ADVICE, name);
}

/** Looks up a text by a name from an answer, which may be that of a member of all objects. */
function ownText(texts: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(texts, name) ? texts[name] : undefined;
}
