/** A call of an operation of KMS, as the simulator knows it once its caller is authenticated. */
export interface Call {
  /** `x-amzn-RequestId` to the caller, `requestID` to CloudTrail, `kmsRequestId` to the proxy. */
  readonly requestId: string;
  /** Operation of KMS, such as `GenerateDataKey`. */
  readonly operation: string;
  /** ARN that the proxy is told: of the role for a session, of the user for a user. */
  readonly principalArn: string;
  /** ARN that CloudTrail tells: of the session for a role, of the user for a user. */
  readonly sessionArn: string;
  readonly accessKeyId: string;
  /** Account of the caller, 12 digits. */
  readonly account: string;
  /** AWS service that calls for the principal, such as `s3.eu-west-1.amazonaws.com`. */
  readonly viaService?: string | undefined;
  readonly sourceVpc?: string | undefined;
  readonly sourceVpce?: string | undefined;
  /** Address that the call comes from. */
  readonly sourceAddress: string;
  readonly userAgent: string;
}
