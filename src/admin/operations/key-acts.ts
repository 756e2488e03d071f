import type { Recorded } from '../../external-keys/key-records.js';
import { describedKeyIfThere } from '../../external-keys/lifecycle/known-key.js';
import type { KeyActs, LifecyclePorts } from '../../external-keys/lifecycle/lifecycle-ports.js';
import { rotateKey as rotate } from '../../external-keys/lifecycle/rotate-key.js';
import {
  disableKey as disable,
  enableKey as enable,
} from '../../external-keys/lifecycle/set-key-enabled.js';
import {
  adoptKey as adopt,
  scheduleRotation as schedule,
  updateKey as update,
} from '../../external-keys/lifecycle/update-key.js';
import type { KeyRecord } from '../../external-keys/record.js';
import { KeyManagerError } from '../../key-managers/backend.js';
import { askActs } from '../ask-acts.js';
import type { ChangedKey, KeyFilter } from '../contract/keys.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { actsOf, type InForce } from '../in-force.js';
import { locateKey } from './locate-key.js';

/** The part of a request that says which key an act is on. */
export interface OnKey {
  readonly pathParameters: { readonly externalKeyId: string };
  readonly query: KeyFilter;
}

/** Lets a key be used again. @throws AdminError */
export function enableKey(inForce: InForce, request: OnKey, by: string): Promise<ChangedKey> {
  return act(inForce, request, (acts, id) => enable(acts, id, by));
}

/** Keeps a key from being used. @throws AdminError */
export function disableKey(inForce: InForce, request: OnKey, by: string): Promise<ChangedKey> {
  return act(inForce, request, (acts, id) => disable(acts, id, by));
}

/** Gives a key a new version of its material. @throws AdminError */
export async function rotateKey(
  inForce: InForce,
  request: OnKey,
  by: string,
): Promise<AnswerOf<Routes['rotateKey']>> {
  const changed = await act(inForce, request, (acts, id) => rotate(acts, id, by));
  const { ports } = actsOf(inForce, changed.keyManager);
  return { ...changed, ...(await versionsOf(ports, changed.externalKeyId)) };
}

/** The key is rotated already: that its key manager does not answer now makes that no failure. */
async function versionsOf(
  ports: LifecyclePorts,
  externalKeyId: string,
): Promise<Pick<AnswerOf<Routes['rotateKey']>, 'newestVersion' | 'currentVersion'>> {
  try {
    const described = await describedKeyIfThere(ports, externalKeyId);
    if (described === undefined) return {};
    const newestVersion = Math.max(...described.versions.keys());
    return { newestVersion, currentVersion: described.current?.version };
  } catch (error) {
    if (!(error instanceof KeyManagerError)) throw error;
    return {};
  }
}

/** Says that nobody else uses a key. @throws AdminError */
export function adoptKey(inForce: InForce, request: OnKey, by: string): Promise<ChangedKey> {
  return act(inForce, request, (acts, id) => adopt(acts, id, by));
}

/** Changes the description and the tags of a key. @throws AdminError */
export function updateKey(
  inForce: InForce,
  request: RequestOf<Routes['updateKey']>,
): Promise<ChangedKey> {
  return act(inForce, request, (acts, id) => update(acts, id, request.body));
}

/** Sets or ends the rotation of a key by the calendar. @throws AdminError */
export function scheduleRotation(
  inForce: InForce,
  request: RequestOf<Routes['scheduleRotation']>,
): Promise<ChangedKey> {
  return act(inForce, request, (acts, id) => schedule(acts, id, request.body.every));
}

/** Does an act on a key, and tells what has become of the key. @throws AdminError */
export async function act(
  inForce: InForce,
  { pathParameters: { externalKeyId }, query }: OnKey,
  work: (acts: KeyActs, externalKeyId: string) => Promise<Recorded<KeyRecord>>,
): Promise<ChangedKey> {
  const acts = await locateKey(inForce, externalKeyId, query);
  const { name: keyManager } = acts.ports.keyManager;
  await askActs(keyManager, () => work(acts, externalKeyId));
  return { externalKeyId, keyManager, state: acts.ports.records.keyOf(externalKeyId).state };
}
