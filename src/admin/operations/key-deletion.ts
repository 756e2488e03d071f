import { deletableMaterial } from '../../external-keys/lifecycle/delete-material.js';
import { knownKey } from '../../external-keys/lifecycle/known-key.js';
import {
  cancelRetirement,
  retirableVersion,
} from '../../external-keys/lifecycle/retire-version.js';
import {
  cancelDeletion as cancel,
  deletableKey,
  scheduleDeletion as schedule,
} from '../../external-keys/lifecycle/schedule-deletion.js';
import { AdminError } from '../admin-error.js';
import { askActs } from '../ask-acts.js';
import type { ChangedKey } from '../contract/keys.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';
import { act } from './key-acts.js';
import { wantedRetirement } from './key-versions.js';
import { locateKey } from './locate-key.js';
import { DAY_MS } from '../../shared/durations.js';

/** The time in which the use of a key is looked for before it is deleted. */
const LOOKED_BACK_DAYS = 90;

/** Lets a key wait for its destruction. @throws AdminError */
export async function scheduleDeletion(
  inForce: InForce,
  { pathParameters: { externalKeyId }, query, body }: RequestOf<Routes['scheduleDeletion']>,
  by: string,
): Promise<AnswerOf<Routes['scheduleDeletion']>> {
  const acts = await locateKey(inForce, externalKeyId, query);
  const { name: keyManager } = acts.ports.keyManager;
  const { value } = await askActs(keyManager, () => schedule(acts, externalKeyId, body.days, by));
  const { state, deletion } = value;
  return { externalKeyId, keyManager, state, deletionAt: deletion?.dueAt ?? '' };
}

/** Cancels the deletion of a key, or of a version of it. @throws AdminError */
export function cancelDeletion(
  inForce: InForce,
  request: RequestOf<Routes['cancelDeletion']>,
): Promise<ChangedKey> {
  const { version } = request.body;
  return act(inForce, request, (acts, id) =>
    version === undefined ? cancel(acts, id) : cancelRetirement(acts, id, version),
  );
}

/**
 * Says whether something may be destroyed now, by all that the act itself looks at, and changes
 * nothing.
 *
 * @throws AdminError with the refusal of the act
 */
export async function checkDestruction(
  inForce: InForce,
  { pathParameters: { externalKeyId }, query, body }: RequestOf<Routes['checkDestruction']>,
): Promise<ChangedKey> {
  const { ports } = await locateKey(inForce, externalKeyId, query);
  const { name: keyManager } = ports.keyManager;
  await askActs<unknown>(keyManager, async () => {
    if (body.what === 'key') return deletableKey(ports, externalKeyId, body.days);
    if (body.what === 'imported-material') return deletableMaterial(ports, externalKeyId);
    const wanted = await wantedRetirement(inForce, keyManager, externalKeyId, body);
    return retirableVersion(ports, externalKeyId, wanted);
  });
  return { externalKeyId, keyManager, state: ports.records.keyOf(externalKeyId).state };
}

/**
 * Says what has used a key of late, as far as this replica knows, and what it has not looked at.
 *
 * @throws AdminError
 */
export async function showKeyUsers(
  inForce: InForce,
  { pathParameters: { externalKeyId }, query }: RequestOf<Routes['showKeyUsers']>,
): Promise<AnswerOf<Routes['showKeyUsers']>> {
  const { ports } = await locateKey(inForce, externalKeyId, query);
  const fromMs = ports.clock.now() - LOOKED_BACK_DAYS * DAY_MS;
  const { name: keyManager } = ports.keyManager;
  await askActs(keyManager, () => knownKey(ports, externalKeyId));
  const { state, facts } = inForce;
  const running = state.standing.leases.filter(({ replica }) => replica !== state.replica);
  const unread = [
    ...running.map(({ name }) => name),
    ...inForce.keyUse.reporting.othersSince(fromMs),
  ];
  return {
    from: new Date(fromMs).toISOString(),
    aliases: [...ports.records.aliasesOf(externalKeyId)],
    formerAliases: [...ports.records.formerAliasesOf(externalKeyId)],
    unreadReplicas: [...new Set(unread)],
    ...(await facts.usersOf({ keyManager, externalKeyId, fromMs })),
  };
}

/** Shows the certificate of destruction of a key or of a version. @throws AdminError `not-found` */
export async function showCertificate(
  inForce: InForce,
  { pathParameters: { externalKeyId }, query }: RequestOf<Routes['showCertificate']>,
): Promise<AnswerOf<Routes['showCertificate']>> {
  const { version: text, ...filter } = query;
  const { ports } = await locateKey(inForce, externalKeyId, filter);
  const version = text === undefined ? undefined : Number(text);
  const jws = ports.certificates.of(ports.keyManager.name, externalKeyId, version);
  if (jws !== undefined) return { jws };
  await askActs(ports.keyManager.name, () => knownKey(ports, externalKeyId));
  const what = version === undefined ? externalKeyId : `version ${version} of ${externalKeyId}`;
  const record = ports.records.keyRecordOf(externalKeyId)?.value;
  const isGone =
    version === undefined
      ? record?.destruction?.done !== undefined ||
        record?.imports?.some(({ destroyed }) => destroyed) === true
      : record?.retirements?.some((each) => each.version === version && each.destroyed) === true;
  throw new AdminError(
    'not-found',
    isGone
      ? `There is no certificate for ${what}: it was destroyed where there was no audit log, whose ` +
          'key signs certificates. What is known of it is in its record: holdfast keys show.'
      : `There is no certificate for ${what}: none of its material was destroyed.`,
  );
}
