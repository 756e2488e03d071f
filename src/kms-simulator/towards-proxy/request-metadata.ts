import type { Call } from '../call.js';

/** `requestMetadata` of a request to a proxy. */
export interface RequestMetadata {
  readonly awsPrincipalArn?: string;
  readonly awsSourceVpc?: string;
  readonly awsSourceVpce?: string;
  readonly kmsKeyArn?: string;
  readonly kmsOperation: string;
  readonly kmsRequestId: string;
  readonly kmsViaService?: string;
}

/**
 * The metadata of Encrypt and Decrypt. The VPC is told to the proxy of the caller's own account
 * alone.
 *
 * @see XKS Proxy API, Encrypt and Decrypt
 */
export function keyMetadataOf(call: Call, kmsKeyArn: string): RequestMetadata {
  const isOwn = kmsKeyArn.split(':')[4] === call.account;
  return {
    awsPrincipalArn: call.principalArn,
    ...(isOwn ? vpcOf(call) : {}),
    kmsKeyArn,
    kmsOperation: call.operation,
    kmsRequestId: call.requestId,
    ...(call.viaService === undefined ? {} : { kmsViaService: call.viaService }),
  };
}

/** The metadata of GetKeyMetadata, which has neither a KMS key nor a service. */
export function inspectionMetadataOf(call: Call): RequestMetadata {
  return {
    awsPrincipalArn: call.principalArn,
    ...vpcOf(call),
    kmsOperation: call.operation,
    kmsRequestId: call.requestId,
  };
}

/** The metadata of GetHealthStatus. */
export function healthMetadata(kmsOperation: string, kmsRequestId: string): RequestMetadata {
  return { kmsRequestId, kmsOperation };
}

function vpcOf({ sourceVpc, sourceVpce }: Call): RequestMetadataVpc {
  return {
    ...(sourceVpc === undefined ? {} : { awsSourceVpc: sourceVpc }),
    ...(sourceVpce === undefined ? {} : { awsSourceVpce: sourceVpce }),
  };
}

type RequestMetadataVpc = Pick<RequestMetadata, 'awsSourceVpc' | 'awsSourceVpce'>;
