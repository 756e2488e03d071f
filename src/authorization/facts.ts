import { isIP } from 'node:net';
import { accountIn, regionIn } from '../shared/arn.js';
import type { LocalTime } from './local-time.js';
import { PRINCIPAL_KINDS, type PrincipalFacts } from './principal.js';
import type { AuthorizationRequest } from './request.js';

/** A request with what follows from it, from which every fact is taken. */
export interface KnownRequest {
  readonly request: AuthorizationRequest;
  readonly principal: PrincipalFacts;
  readonly local: LocalTime;
  readonly keyStore: string;
}

/** The parts of a request that policies read attributes of. */
export type FactOwner = 'principal' | 'resource' | 'context';

/** An attribute that policies may read. */
export interface Fact {
  readonly owner: FactOwner;
  readonly name: string;
  readonly type: 'String' | 'Long' | 'ipaddr' | 'datetime';
  /** True for a fact that a request may be without: policies ask for it with `has` first. */
  readonly optional: boolean;
  /** True for a fact that GetKeyMetadata never carries. */
  readonly notOfMetadata: boolean;
  readonly description: string;
  readonly valueOf: (known: KnownRequest) => string | number | undefined;
}

type FactLine = Omit<Fact, 'owner' | 'name' | 'optional' | 'notOfMetadata'> &
  Partial<Pick<Fact, 'optional' | 'notOfMetadata'>>;

const CONTEXT: Readonly<Record<string, FactLine>> = {
  kmsOperation: {
    type: 'String',
    description: 'Operation of KMS that led to it, such as `GenerateDataKey` or `CreateKey`.',
    valueOf: ({ request }) => request.kmsOperation,
  },
  kmsKeyArn: {
    type: 'String',
    notOfMetadata: true,
    description: 'ARN of the KMS key.',
    valueOf: ({ request }) => request.kmsKeyArn,
  },
  kmsKeyRegion: {
    type: 'String',
    optional: true,
    notOfMetadata: true,
    description: 'Region out of `kmsKeyArn`.',
    valueOf: ({ request }) => regionIn(request.kmsKeyArn),
  },
  kmsKeyAccount: {
    type: 'String',
    optional: true,
    notOfMetadata: true,
    description: 'Account id out of `kmsKeyArn`.',
    valueOf: ({ request }) => accountIn(request.kmsKeyArn),
  },
  kmsViaService: {
    type: 'String',
    optional: true,
    notOfMetadata: true,
    description: 'AWS service that called KMS for the principal, such as `ebs`.',
    valueOf: ({ request }) => request.kmsViaService,
  },
  sourceVpc: {
    type: 'String',
    optional: true,
    description: 'VPC of the caller, where KMS names it.',
    valueOf: ({ request }) => request.sourceVpc,
  },
  sourceVpce: {
    type: 'String',
    optional: true,
    description: 'VPC endpoint of the caller, where KMS names it.',
    valueOf: ({ request }) => request.sourceVpce,
  },
  clientCertificateName: {
    type: 'String',
    optional: true,
    description: 'The allowed name that the client certificate bears (mutual TLS).',
    valueOf: ({ request }) => request.clientCertificateName,
  },
  clientAddress: {
    type: 'ipaddr',
    description: 'Address at the other end of the connection; often that of a load balancer.',
    valueOf: ({ request }) => cedarAddress(request.clientAddress),
  },
  time: {
    type: 'datetime',
    description: 'The minute in which the request came: its beginning, in UTC.',
    valueOf: ({ local }) => local.minute,
  },
  localHour: {
    type: 'Long',
    description: 'Hour of the day in `timeZone`, 0 to 23.',
    valueOf: ({ local }) => local.hour,
  },
  weekday: {
    type: 'Long',
    description: 'Day of the week in `timeZone`: 1 is Monday and 7 is Sunday.',
    valueOf: ({ local }) => local.weekday,
  },
};

const PRINCIPAL: Readonly<Record<string, FactLine>> = {
  arn: {
    type: 'String',
    description: 'The caller as KMS names it; the same as its id.',
    valueOf: ({ principal }) => principal.arn,
  },
  kind: {
    type: 'String',
    description: `One of ${PRINCIPAL_KINDS.map((kind) => `\`${kind}\``).join(', ')}.`,
    valueOf: ({ principal }) => principal.kind,
  },
  account: {
    type: 'String',
    optional: true,
    description: 'Account id of the caller. A service has none.',
    valueOf: ({ principal }) => principal.account,
  },
  service: {
    type: 'String',
    optional: true,
    description: "A service's principal, such as `ec2.amazonaws.com`.",
    valueOf: ({ principal }) => principal.service,
  },
  sessionName: {
    type: 'String',
    optional: true,
    description: 'Name of the session, where KMS sends that of a role or of a federated user.',
    valueOf: ({ principal }) => principal.sessionName,
  },
  roleName: {
    type: 'String',
    optional: true,
    description: 'Name of the role without its path, the same for a role and its sessions.',
    valueOf: ({ principal }) => principal.roleName,
  },
};

const RESOURCE: Readonly<Record<string, FactLine>> = {
  externalKeyId: {
    type: 'String',
    description: 'The external key that is used; the same as its id.',
    valueOf: ({ request }) => request.externalKeyId,
  },
  alias: {
    type: 'String',
    optional: true,
    description: 'The alias that was asked for, where one was.',
    valueOf: ({ request: { askedId, externalKeyId } }) =>
      askedId === externalKeyId ? undefined : askedId,
  },
  keyStore: {
    type: 'String',
    description: 'Name of the key store.',
    valueOf: ({ keyStore }) => keyStore,
  },
  keyManager: {
    type: 'String',
    description: 'Name of the key manager that holds the key.',
    valueOf: ({ request }) => request.keyManager,
  },
};

/**
 * The list of facts that policies may read, tags aside. The schema, its documentation, what Cedar
 * is given and the key of a remembered decision all follow from it.
 */
export const FACTS: readonly Fact[] = [
  ...factsOf('principal', PRINCIPAL),
  ...factsOf('resource', RESOURCE),
  ...factsOf('context', CONTEXT),
];

function factsOf(owner: FactOwner, lines: Readonly<Record<string, FactLine>>): readonly Fact[] {
  return Object.entries(lines).map(([name, line]) => ({
    ...{ owner, name, optional: false, notOfMetadata: false },
    ...line,
  }));
}

const MAPPED_IPV4 = /^::ffff:(?<ipv4>\d+\.\d+\.\d+\.\d+)$/iu;

/**
 * Writes an address as Cedar's `ip()` takes it: IPv4 that came over an IPv6 socket as IPv4, and
 * without the zone of a link-local address.
 *
 * @returns undefined for what is no address
 */
export function cedarAddress(address: string): string | undefined {
  const ipv4 = MAPPED_IPV4.exec(address)?.groups?.['ipv4'];
  const plain = ipv4 ?? address.replace(/%.*$/su, '');
  if (isIP(plain) !== 6 || !plain.includes('.')) return isIP(plain) === 0 ? undefined : plain;
  return new URL(`http://[${plain}]`).hostname.slice(1, -1);
}
