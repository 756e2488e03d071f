/** The kinds of callers that KMS names. */
export const PRINCIPAL_KINDS = [
  ...(['role', 'assumed-role', 'user', 'federated-user', 'root'] as const),
  ...(['service', 'aws-internal', 'other'] as const),
] as const;

/** One of {@link PRINCIPAL_KINDS}. */
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number];

/** A caller of KMS, as far as its name tells. */
export interface PrincipalFacts {
  /** The whole name, as KMS sent it. */
  readonly arn: string;
  readonly kind: PrincipalKind;
  /** Account id of 12 digits. */
  readonly account: string | undefined;
  /** A service's principal, such as `ec2.amazonaws.com`. */
  readonly service: string | undefined;
  /** The name of a session of a role, or of a federated user. */
  readonly sessionName: string | undefined;
  /** The name of a role without its path, the same for the role and its sessions. */
  readonly roleName: string | undefined;
  /** The ARN of the role or the user without its path; names are unique in their account. */
  readonly arnWithoutPath: string | undefined;
}

const ARN =
  /^arn:(?<partition>aws[a-z-]*):(?<service>iam|sts)::(?<account>\d{12}):(?<type>[a-z-]+)(?:\/(?<rest>.+))?$/su;
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/u;
const KINDS: ReadonlyMap<string, PrincipalKind> = new Map([
  ['iam:role', 'role'],
  ['iam:user', 'user'],
  ['iam:root', 'root'],
  ['sts:assumed-role', 'assumed-role'],
  ['sts:federated-user', 'federated-user'],
]);

/**
 * Reads the name of a caller. KMS sends the ARN of the role for a role; the ARN of a session
 * (`sts…assumed-role/ROLE/SESSION`), which has lost the role's path, is read as well.
 */
export function principalOf(arn: string): PrincipalFacts {
  const parts = ARN.exec(arn)?.groups;
  if (parts === undefined) return nameless(arn);
  const { partition = '', service, account, type, rest } = parts;
  const kind = KINDS.get(`${service ?? ''}:${type ?? ''}`) ?? 'other';
  const roleName = roleNameOf(kind, rest);
  const name = kind === 'user' ? `user/${lastOf(rest ?? '')}` : roleName && `role/${roleName}`;
  return {
    arn,
    kind,
    account,
    service: undefined,
    sessionName: sessionNameOf(kind, rest),
    roleName,
    arnWithoutPath: name && `arn:${partition}:iam::${account ?? ''}:${name}`,
  };
}

function nameless(arn: string): PrincipalFacts {
  const isService = SERVICE.test(arn);
  return {
    arn,
    kind: isService ? 'service' : arn === 'AWS Internal' ? 'aws-internal' : 'other',
    account: undefined,
    service: isService ? arn : undefined,
    sessionName: undefined,
    roleName: undefined,
    arnWithoutPath: undefined,
  };
}

/** The last segment of `path/ROLE`, or the first of `ROLE/SESSION`. */
function roleNameOf(kind: PrincipalKind, rest: string | undefined): string | undefined {
  if (rest === undefined) return undefined;
  if (kind === 'role') return lastOf(rest);
  if (kind !== 'assumed-role') return undefined;
  const slash = rest.indexOf('/');
  return slash < 0 ? rest : rest.slice(0, slash);
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function sessionNameOf(kind: PrincipalKind, rest: string | undefined): string | undefined {
  if (rest === undefined) return undefined;
  if (kind === 'federated-user') return rest;
  const slash = rest.indexOf('/');
  return kind === 'assumed-role' && slash >= 0 ? rest.slice(slash + 1) : undefined;
}
