import { type Block, blockIdOf, type BlockSubject } from '../../authorization/blocks/block.js';
import type { BlockOutcome } from '../../authorization/blocks/blocks.js';
import {
  fitsNobody,
  missesRole,
  missesSessions,
} from '../../authorization/blocks/principal-pattern.js';
import { describedKeyIfThere } from '../../external-keys/lifecycle/known-key.js';
import { systemClock } from '../../shared/clock.js';
import { AdminError } from '../admin-error.js';
import { askActs } from '../ask-acts.js';
import { askState } from '../ask-state.js';
import type { ChangedBlocks, ShownBlock } from '../contract/blocks.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { actsOf, findKeyStore, type InForce } from '../in-force.js';
import { askedKeyManagers } from './find-keys.js';

const DATA_KEYS =
  'data keys that AWS KMS has already handed out go on being used until their holders drop them';
const SERVICES =
  'calls that AWS services make in their own name, for resources that the principal has set up';
const SESSIONS =
  'sessions of these roles that KMS names as assumed-role/…: their names lack the path; block the ' +
  'roles by name as well';
const ROLE =
  'these sessions where KMS names their role instead, as it does for calls of a role; block the ' +
  'role to be sure';

/** Refuses every use of a key or an alias. @throws AdminError */
export function blockKey(
  inForce: InForce,
  request: RequestOf<Routes['blockKey']>,
  by: string,
): Promise<ChangedBlocks> {
  return changeKey(inForce, request, { blocked: true, by });
}

/** Lifts the block of a key or an alias. @throws AdminError */
export function unblockKey(
  inForce: InForce,
  request: RequestOf<Routes['unblockKey']>,
  by: string,
): Promise<ChangedBlocks> {
  return changeKey(inForce, request, { blocked: false, by });
}

/** Refuses every use of the keys of a key store. @throws AdminError */
export function blockKeyStore(
  inForce: InForce,
  request: RequestOf<Routes['blockKeyStore']>,
  by: string,
): Promise<ChangedBlocks> {
  return changeKeyStore(inForce, request, { blocked: true, by });
}

/** Lifts the block of a key store. @throws AdminError */
export function unblockKeyStore(
  inForce: InForce,
  request: RequestOf<Routes['unblockKeyStore']>,
  by: string,
): Promise<ChangedBlocks> {
  return changeKeyStore(inForce, request, { blocked: false, by });
}

/** Refuses callers that fit a pattern. @throws AdminError */
export function blockPrincipals(
  inForce: InForce,
  { body: { pattern, reason } }: RequestOf<Routes['blockPrincipals']>,
  by: string,
): Promise<ChangedBlocks> {
  if (fitsNobody(pattern)) {
    throw new AdminError(
      'invalid-request',
      `No caller of KMS has a name such as "${pattern}", so nobody would be blocked. Name an ARN, such as ` +
        'arn:aws:iam::111122223333:user/alice, or an AWS service, such as ec2.amazonaws.com; * stands for any text.',
    );
  }
  return change(inForce, [{ kind: 'principal', pattern }], { blocked: true, by, reason });
}

/** Lifts the block of a pattern of callers. @throws AdminError */
export function unblockPrincipals(
  inForce: InForce,
  { body: { pattern, reason } }: RequestOf<Routes['unblockPrincipals']>,
  by: string,
): Promise<ChangedBlocks> {
  return change(inForce, [{ kind: 'principal', pattern }], { blocked: false, by, reason });
}

/** Lists what is blocked, and the blocks that were lifted. */
export function listBlocks({ blocks }: InForce): AnswerOf<Routes['listBlocks']> {
  return { blocks: blocks.list().map(shown) };
}

interface Change {
  readonly blocked: boolean;
  readonly by: string;
  readonly reason: string;
}

async function changeKey(
  inForce: InForce,
  { pathParameters: { externalKeyId }, query, body }: RequestOf<Routes['blockKey']>,
  act: Omit<Change, 'reason'>,
): Promise<ChangedBlocks> {
  const subjects: BlockSubject[] = [];
  for (const { name: keyManager } of askedKeyManagers(inForce, query)) {
    const isConcerned = !act.blocked || (await mayHaveKey(inForce, keyManager, externalKeyId));
    if (isConcerned) subjects.push({ kind: 'key', keyManager, externalKeyId });
  }
  const [first, ...others] = subjects;
  if (first !== undefined) return change(inForce, [first, ...others], { ...act, ...body });
  throw new AdminError('not-found', `There is no key "${externalKeyId}" that could be blocked.`);
}

/** True for a key manager that has the key, and for one that cannot say. */
async function mayHaveKey(
  inForce: InForce,
  keyManager: string,
  externalKeyId: string,
): Promise<boolean> {
  const { ports } = actsOf(inForce, keyManager);
  if (ports.records.documentOf(externalKeyId) !== undefined) return true;
  try {
    const described = () => describedKeyIfThere(ports, externalKeyId);
    return (await askActs(keyManager, described)) !== undefined;
  } catch (error) {
    if (error instanceof AdminError) return true;
    throw error;
  }
}

function changeKeyStore(
  inForce: InForce,
  { pathParameters, body }: RequestOf<Routes['blockKeyStore']>,
  act: Omit<Change, 'reason'>,
): Promise<ChangedBlocks> {
  const { name: keyStore } = findKeyStore(inForce, pathParameters.keyStore);
  return change(inForce, [{ kind: 'key-store', keyStore }], { ...act, ...body });
}

async function change(
  { blocks }: InForce,
  subjects: readonly [BlockSubject, ...BlockSubject[]],
  act: Change,
): Promise<ChangedBlocks> {
  const at = new Date(systemClock.now()).toISOString();
  const concerned = act.blocked ? subjects : subjects.filter((each) => isBlocked(blocks, each));
  const outcomes: BlockOutcome[] = [];
  for (const subject of concerned) {
    outcomes.push(await askState(() => blocks.change({ subject, ...act, at })));
  }
  const [first, ...others] = outcomes;
  const name = nameOf(subjects[0]);
  if (first === undefined) {
    throw new AdminError(
      'not-found',
      `"${name}" is not blocked. What is, and by which name: holdfast blocks list.`,
    );
  }
  const doesNotReach = act.blocked ? [...limitsOf(subjects[0])] : [];
  return { ...combined([first, ...others]), doesNotReach };
}

function isBlocked(blocks: InForce['blocks'], subject: BlockSubject): boolean {
  const id = blockIdOf(subject);
  return blocks.list().some((each) => each.blocked && blockIdOf(each.subject) === id);
}

const KEPT = ['store', 'replica', 'memory'] as const;

/** The worst of what each outcome says. */
function combined(
  outcomes: readonly [BlockOutcome, ...BlockOutcome[]],
): Omit<ChangedBlocks, 'doesNotReach'> {
  const [{ confirmed }] = outcomes;
  return {
    blocks: outcomes.map(({ block }) => shown(block)),
    kept: KEPT.findLast((kept) => outcomes.some((each) => each.kept === kept)) ?? 'memory',
    confirmed: confirmed.filter((name) => outcomes.every((each) => each.confirmed.includes(name))),
    unconfirmed: [...new Set(outcomes.flatMap((each) => each.unconfirmed))],
    problem: outcomes.find(({ problem }) => problem !== undefined)?.problem,
  };
}

function limitsOf(subject: BlockSubject): readonly string[] {
  if (subject.kind !== 'principal') return [DATA_KEYS];
  const { pattern } = subject;
  return [
    ...[DATA_KEYS, SERVICES],
    ...(missesSessions(pattern) ? [SESSIONS] : []),
    ...(missesRole(pattern) ? [ROLE] : []),
  ];
}

function nameOf(subject: BlockSubject): string {
  switch (subject.kind) {
    case 'key':
      return subject.externalKeyId;
    case 'key-store':
      return subject.keyStore;
    case 'principal':
      return subject.pattern;
  }
}

function shown({ subject, ...change }: Block): ShownBlock {
  const { kind } = subject;
  const keyManager = kind === 'key' ? subject.keyManager : undefined;
  return { kind, name: nameOf(subject), keyManager, ...change };
}
