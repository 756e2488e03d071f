import { accountOf, textOf, type TrailEvent, withLowerCaseNames } from './trail-event.js';

type Fields = Readonly<Record<string, unknown>>;

/** An operation of the XKS Proxy API that touches a key. */
export type XksOperation = 'Encrypt' | 'Decrypt' | 'GetKeyMetadata';

/** A call of the proxy that an operation of KMS leads to. */
export interface ExpectedCall {
  /** `undefined` for an operation of KMS that is not known: it may lead to any, or to none. */
  readonly operation: XksOperation | undefined;
  /**
   * ARN of the KMS key, or what the caller named instead; `undefined` where the event tells none.
   */
  readonly key: string | undefined;
}

/** A call of KMS that CloudTrail knows of, as far as it matters here. */
export interface KmsEvent {
  readonly requestId: string;
  /** The operation of KMS. */
  readonly eventName: string;
  /** Time at which the call was completed, in ms since 1970, to the second. */
  readonly time: number;
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly principal: string | undefined;
  /** Error code with which KMS refused or failed; absent for a call that succeeded. */
  readonly errorCode: string | undefined;
  readonly calls: readonly ExpectedCall[];
  readonly externalKeyIds: readonly string[];
  readonly customKeyStoreIds: readonly string[];
  /** True when the event names a key of an external key store. */
  readonly ofExternalKeyStore: boolean;
}

const ENCRYPTING = new Set([
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
]);

/**
 * Tells whether the event is a call of KMS. The same call can stand in CloudTrail a second time as
 * network activity of a VPC endpoint, which tells nothing more.
 */
export function isKmsCall({ eventsource, eventtype, eventcategory }: TrailEvent): boolean {
  if (eventsource?.startsWith('kms.amazonaws.com') !== true) return false;
  return eventtype !== 'AwsVpceEvent' && eventcategory !== 'NetworkActivity';
}

/** Tells whether KMS calls the proxy to serve the operation, unless it refuses it first. */
export function asksProxy(eventName: string): boolean {
  return ENCRYPTING.has(eventName) || ['Decrypt', 'ReEncrypt', 'CreateKey'].includes(eventName);
}

/**
 * Reads an event of KMS.
 *
 * @returns `undefined` for an event without a request id, which nothing can be joined to
 * @see AWS KMS Developer Guide, "Decrypt with a KMS key in an external key store" among the
 * CloudTrail examples
 */
export function toKmsEvent(event: TrailEvent): KmsEvent | undefined {
  const requestId = textOf(event.requestid);
  if (requestId === undefined) return undefined;
  const eventName = event.eventname ?? '';
  const parameters = withLowerCaseNames(event.requestparameters);
  const additional = withLowerCaseNames(event.additionaleventdata);
  const externalKeyIds = valuesNamed('xkskeyid', parameters, additional);
  return {
    requestId,
    eventName,
    time: event.time,
    account: accountOf(event),
    region: textOf(event.awsregion),
    principal: principalOf(event),
    errorCode: textOf(event.errorcode),
    calls: callsOf(eventName, keyArnsOf(event), parameters),
    externalKeyIds,
    customKeyStoreIds: valuesNamed('customkeystoreid', parameters, additional),
    ofExternalKeyStore: externalKeyIds.length > 0 || parameters['origin'] === 'EXTERNAL_KEY_STORE',
  };
}

function callsOf(
  eventName: string,
  arns: readonly string[],
  parameters: Fields,
): readonly ExpectedCall[] {
  if (eventName === 'ReEncrypt') return callsOfReEncrypt(arns, parameters);
  // CreateKey asks for an external key, before there is a KMS key.
  if (eventName === 'CreateKey') return [{ operation: 'GetKeyMetadata', key: undefined }];
  const key = arns[0] ?? textOf(parameters['keyid']);
  if (eventName === 'Decrypt') return [{ operation: 'Decrypt', key }];
  return [{ operation: ENCRYPTING.has(eventName) ? 'Encrypt' : undefined, key }];
}

function callsOfReEncrypt(
  [first, second]: readonly string[],
  { sourcekeyid, destinationkeyid }: Fields,
): readonly ExpectedCall[] {
  const [source, destination] = [textOf(sourcekeyid), textOf(destinationkeyid)];
  // With one key listed, the parameters say which of the two it is.
  const isDestination = second === undefined && isSameKey(destination ?? '', first);
  return [
    { operation: 'Decrypt', key: isDestination ? source : (first ?? source) },
    { operation: 'Encrypt', key: isDestination ? first : (second ?? destination) },
  ];
}

/** ARNs of the keys: of ReEncrypt's two, the source's comes first. */
function keyArnsOf({ resources }: TrailEvent): readonly string[] {
  const arns = resources?.map((resource) => textOf(withLowerCaseNames(resource)['arn'])) ?? [];
  return arns.filter((arn) => arn !== undefined).filter((arn) => arn.includes(':key/'));
}

/**
 * Values of fields of this name, or with something before it, as ReEncrypt has them for its two
 * keys.
 */
function valuesNamed(name: string, ...objects: readonly Fields[]): readonly string[] {
  const values = new Set<string>();
  for (const fields of objects) {
    for (const field in fields) {
      const value = field.endsWith(name) ? textOf(fields[field]) : undefined;
      if (value !== undefined) values.add(value);
    }
  }
  return [...values];
}

/** The caller: an ARN, or the AWS service that called on its own. */
function principalOf({ useridentity }: TrailEvent): string | undefined {
  const { arn, invokedby, principalid, accountid } = withLowerCaseNames(useridentity);
  return textOf(arn) ?? textOf(invokedby) ?? textOf(principalid) ?? textOf(accountid);
}

/**
 * Tells whether a key that an event names can be the KMS key of an ARN. An alias can be any key.
 *
 * @param named ARN, key id or alias; `undefined` where the event names none
 */
export function isSameKey(named: string | undefined, keyArn: string | undefined): boolean {
  if (named === undefined || keyArn === undefined || named === keyArn) return true;
  if (/(^|:)alias\//.test(named)) return true;
  return named !== '' && !named.includes(':') && keyArn.endsWith(`:key/${named}`);
}
