import { randomUUID } from 'node:crypto';
import type { Call } from '../call.js';
import type { Outcome, UsedKey } from './finished-call.js';

type Fields = Readonly<Record<string, unknown>>;

/** An event of CloudTrail, and the accounts whose trails it is delivered to. */
export interface DeliveredEvent {
  readonly account: string;
  readonly event: Fields;
}

/** Fields of an input that CloudTrail leaves out. */
const OMITTED = new Set([
  'Plaintext',
  'CiphertextBlob',
  'Policy',
  'GrantTokens',
  'KeyStorePassword',
  'TrustAnchorCertificate',
  'Recipient',
]);

/** Operations whose output CloudTrail tells. It leaves out that of operations which read. */
const WITH_RESPONSE = /^(Create|Update|Schedule|Cancel|Delete|Connect|Disconnect|Enable|Rotate)/;

const READS = /^(Describe|List|Get|Encrypt$|Decrypt$|ReEncrypt$|GenerateDataKey|GenerateRandom$)/;

const CRYPTOGRAPHIC = new Set(['Encrypt', 'Decrypt']);

/**
 * The event of a call: one for the caller's trail, and where the key is another account's, one
 * more for that account's trail, which share an id.
 *
 * @param at when the call was completed, in ms since 1970
 * @see AWS KMS Developer Guide, "Examples of AWS KMS log entries"
 */
export function cloudTrailEvents(
  call: Call,
  outcome: Outcome,
  { at, region }: { readonly at: number; readonly region: string },
): readonly DeliveredEvent[] {
  const owners = outcome.keys.map(({ arn }) => accountOf(arn)).filter((owner) => owner !== '');
  const accounts = [...new Set([call.account, ...owners])];
  const shared = accounts.length > 1 ? { sharedEventID: randomUUID() } : {};
  return accounts.map((account) => ({
    account,
    event: {
      ...eventOf(call, outcome, region),
      eventTime: `${new Date(at).toISOString().slice(0, 19)}Z`,
      eventID: randomUUID(),
      recipientAccountId: account,
      ...shared,
    },
  }));
}

function eventOf(call: Call, outcome: Outcome, region: string): Fields {
  const { operation } = call;
  const { error, keys } = outcome;
  return {
    eventVersion: '1.11',
    userIdentity: identityOf(call),
    eventSource: 'kms.amazonaws.com',
    eventName: operation,
    awsRegion: region,
    sourceIPAddress: call.viaService ?? call.sourceAddress,
    userAgent: call.viaService ?? call.userAgent,
    ...(error === undefined ? {} : { errorCode: error.name, errorMessage: error.message }),
    requestParameters: parametersOf(call, outcome),
    responseElements: responseOf(operation, outcome),
    ...additionalOf(operation, keys),
    requestID: call.requestId,
    readOnly: READS.test(operation),
    ...resourcesOf(keys),
    eventType: 'AwsApiCall',
    managementEvent: true,
    ...(call.sourceVpce === undefined ? {} : { vpcEndpointId: call.sourceVpce }),
    eventCategory: 'Management',
  };
}

function identityOf({ sessionArn, principalArn, account, accessKeyId, viaService }: Call): Fields {
  const invokedBy = viaService === undefined ? {} : { invokedBy: viaService };
  const name = sessionArn.split('/').at(-1) ?? '';
  const isRole = sessionArn.includes(':assumed-role/');
  if (!isRole) {
    const type = sessionArn.endsWith(':root') ? 'Root' : 'IAMUser';
    const userName = type === 'Root' ? {} : { userName: name };
    const principalId = type === 'Root' ? account : idOf('AIDA', sessionArn);
    return {
      type,
      principalId,
      arn: sessionArn,
      accountId: account,
      accessKeyId,
      ...userName,
      ...invokedBy,
    };
  }
  const roleId = idOf('AROA', principalArn);
  return {
    type: 'AssumedRole',
    principalId: `${roleId}:${name}`,
    arn: sessionArn,
    accountId: account,
    accessKeyId,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: roleId,
        arn: principalArn,
        accountId: account,
        userName: principalArn.split('/').at(-1) ?? '',
      },
    },
    ...invokedBy,
  };
}

/** An id that is the same for the same name, of the form of IAM's. */
function idOf(prefix: string, arn: string): string {
  const letters = Buffer.from(arn)
    .toString('base64')
    .toUpperCase()
    .replace(/[^A-Z2-7]/g, '');
  return `${prefix}${letters.slice(-17).padStart(17, 'A')}`;
}

/** Exceptions of an input whose members nobody knows the meaning of. */
const UNREADABLE = new Set(['ValidationException', 'SerializationException']);

function parametersOf({ operation }: Call, { input, error }: Outcome): Fields | null {
  if (error !== undefined && UNREADABLE.has(error.name)) return null;
  const algorithm = CRYPTOGRAPHIC.has(operation)
    ? { encryptionAlgorithm: input['EncryptionAlgorithm'] ?? 'SYMMETRIC_DEFAULT' }
    : {};
  const parameters = { ...algorithm, ...inCamelCase(input) };
  return Object.keys(parameters).length === 0 ? null : parameters;
}

function responseOf(operation: string, { output }: Outcome): Fields | null {
  const isTold = WITH_RESPONSE.test(operation) && output !== undefined;
  const response = isTold ? inCamelCase(output) : {};
  return Object.keys(response).length === 0 ? null : response;
}

/** KMS's own members begin with a capital; others that a caller sends are passed over. */
const MEMBER = /^[A-Z][A-Za-z]*$/;
/** More levels than any member of KMS has. */
const MAX_DEPTH = 8;

/** Names begin small, as CloudTrail has them; the secret half of a credential is not told. */
function inCamelCase(fields: Fields, depth = 0): Fields {
  const told = new Map<string, readonly [name: string, value: unknown]>();
  for (const [name, value] of Object.entries(fields)) {
    const isMember = MEMBER.test(name) && !OMITTED.has(name) && value !== undefined;
    // Whoever reads events takes no two names that differ in capitals alone.
    if (isMember && !told.has(name.toLowerCase())) {
      told.set(name.toLowerCase(), memberOf(name, value, depth));
    }
  }
  return Object.fromEntries(told.values());
}

function memberOf(name: string, value: unknown, depth: number): readonly [string, unknown] {
  if (name === 'XksProxyAuthenticationCredential') {
    const accessKeyId = isFields(value) ? value['AccessKeyId'] : undefined;
    return ['xksProxyAuthenticationAccessKeyId', accessKeyId];
  }
  // Names in an encryption context are the caller's own.
  if (name.endsWith('EncryptionContext')) return [camelCase(name), value];
  return [camelCase(name), toldValue(value, depth + 1)];
}

function toldValue(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return value.map((item) => toldValue(item, depth + 1));
  return isFields(value) ? inCamelCase(value, depth + 1) : value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function camelCase(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

/** The external keys that a call is about. ReEncrypt has two keys, either of which may be one. */
function additionalOf(operation: string, keys: readonly UsedKey[]): Fields {
  const prefixes = operation === 'ReEncrypt' ? ['source', 'destination'] : [''];
  const entries = keys.flatMap(({ customKeyStoreId, xksKeyId }, at) => {
    const prefix = prefixes[at];
    if (prefix === undefined || customKeyStoreId === undefined) return [];
    return [
      [named(prefix, 'customKeyStoreId'), customKeyStoreId],
      [named(prefix, 'xksKeyId'), xksKeyId],
    ];
  });
  return entries.length === 0 ? {} : { additionalEventData: Object.fromEntries(entries) as Fields };
}

function named(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function resourcesOf(keys: readonly UsedKey[]): Fields {
  if (keys.length === 0) return {};
  const resources = keys.map(({ arn }) => {
    return { accountId: accountOf(arn), type: 'AWS::KMS::Key', ARN: arn };
  });
  return { resources };
}

function accountOf(arn: string): string {
  return arn.split(':')[4] ?? '';
}
