import { compilePattern } from '../../shared/wildcard.js';

const CALLER = /^(?<arn>arn:[^:]+:)(?<service>iam|sts)(?<account>::[^:]*:)(?<rest>.+)$/su;
const NAMED = /^(?<kind>role|user)\/(?:.*\/)?(?<name>[^/]+)$/su;
const SESSION = /^assumed-role\/(?<name>[^/]+)(?:\/|$)/su;
const SOME_SESSIONS = /(?:^|:)assumed-role\/[^/]+\/(?!\*+$)[^/]+$/su;
const ROLE_PATTERN = /^(?<start>.*(?<!assumed-)role\/)(?<path>.*\/)?(?<name>[^/]+)$/su;
/** An ARN of a service that calls nobody, or of a role that was assumed by no session. */
const NOBODY = /^arn:[^:]*:(?!(?:iam|sts):)[^:*]*:|:assumed-role\/[^/*]+$/su;
const SERVICE_ENDS = ['.amazonaws.com', '.amazonaws.com.cn'] as const;

/**
 * Prepares a pattern of principals, in which `*` stands for any text and the case of letters makes
 * no difference, because two names in IAM never differ by it alone. AWS calls one caller by several
 * names: the ARN of a role, with its path, and that of a session of it, which lacks the path. A
 * pattern for a role or a user without a path fits it whatever its path. One for a role fits its
 * sessions too, also with a path; one for all sessions of a role fits the role, and one for all of
 * an account fits its sessions.
 *
 * @returns tells whether a principal's ARN fits, or a service's name
 * @see IAM User Guide, "AWS JSON policy elements: Principal", role sessions; "IAM identifiers"
 */
export function compilePrincipalPattern(pattern: string): (principal: string) => boolean {
  const fits = compilePattern(pattern.toLowerCase());
  const fitsSessions = compilePattern(withoutPath(pattern).toLowerCase());
  return (principal) => {
    const { names, isSession } = namesOf(principal.toLowerCase());
    return names.some(fits) || (isSession && names.some(fitsSessions));
  };
}

/**
 * Tells whether a pattern is for roles by their path alone, which the names of their sessions lack:
 * it does not fit those.
 */
export function missesSessions(pattern: string): boolean {
  const { path, name } = ROLE_PATTERN.exec(pattern)?.groups ?? {};
  return path !== undefined && name === '*';
}

/**
 * Tells whether a pattern is for some sessions of a role and not all: where KMS calls them by the
 * ARN of their role, it does not fit them.
 */
export function missesRole(pattern: string): boolean {
  return SOME_SESSIONS.test(pattern);
}

/**
 * Tells whether a pattern can fit nobody. A caller of KMS has an ARN, or the name of an AWS
 * service; a bare name, such as `alice` or `role/team/*`, is neither.
 */
export function fitsNobody(pattern: string): boolean {
  const text = pattern.toLowerCase();
  if (NOBODY.test(text)) return true;
  const isWhole = !text.includes('*');
  const start = isWhole ? text : text.slice(0, text.indexOf('*'));
  const end = text.slice(text.lastIndexOf('*') + 1);
  const mayBeArn = start.startsWith('arn:') || (!isWhole && 'arn:'.startsWith(start));
  const mayBeService =
    /^[a-z0-9.-]*$/u.test(start) &&
    SERVICE_ENDS.some((name) => end.endsWith(name) || (!isWhole && name.endsWith(end)));
  return !mayBeArn && !mayBeService;
}

function withoutPath(pattern: string): string {
  const { start = '', name = '' } = ROLE_PATTERN.exec(pattern)?.groups ?? {};
  return name === '' || missesSessions(pattern) ? pattern : start + name;
}

/** The names by which patterns may mean a caller, its own first. */
function namesOf(principal: string): {
  readonly names: readonly string[];
  readonly isSession: boolean;
} {
  const { arn = '', service, account = '', rest = '' } = CALLER.exec(principal)?.groups ?? {};
  const iam = `${arn}iam${account}`;
  if (service === 'iam') {
    const { kind, name } = NAMED.exec(rest)?.groups ?? {};
    if (kind === undefined || name === undefined) return { names: [principal], isSession: false };
    const sessions = kind === 'role' ? [`${arn}sts${account}assumed-role/${name}/`] : [];
    return { names: [principal, `${iam}${kind}/${name}`, ...sessions], isSession: false };
  }
  if (service !== 'sts') return { names: [principal], isSession: false };
  const name = SESSION.exec(rest)?.groups?.['name'];
  const role = name === undefined ? [] : [`${iam}role/${name}`];
  return { names: [principal, `${iam}${rest}`, ...role], isSession: name !== undefined };
}
