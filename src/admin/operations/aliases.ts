import type { Recorded } from '../../external-keys/key-records.js';
import {
  type AliasKeyStore,
  createAlias as create,
  deleteAlias as remove,
  moveAlias as move,
} from '../../external-keys/lifecycle/aliases.js';
import type { KeyActs } from '../../external-keys/lifecycle/lifecycle-ports.js';
import type { AliasRecord } from '../../external-keys/record.js';
import type { KeyStore } from '../../key-stores/key-store.js';
import { AdminError } from '../admin-error.js';
import { askActs } from '../ask-acts.js';
import type { Alias } from '../contract/aliases.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { actsOf, findKeyStore, type InForce } from '../in-force.js';
import { askedKeyManagers } from './find-keys.js';

/** Lists the aliases that fit a filter, the deleted ones too. @throws AdminError `not-found` */
export function listAliases(
  inForce: InForce,
  { query }: RequestOf<Routes['listAliases']>,
): AnswerOf<Routes['listAliases']> {
  const aliases = askedKeyManagers(inForce, query).flatMap(({ name }) =>
    actsOf(inForce, name)
      .ports.records.list()
      .flatMap(({ value }) => (value.kind === 'alias' ? [toAlias(name, value)] : [])),
  );
  const { keyStore } = query;
  return {
    aliases: aliases.filter((each) => keyStore === undefined || each.keyStore === keyStore),
  };
}

/** Makes an alias. @throws AdminError */
export async function createAlias(
  inForce: InForce,
  { body }: RequestOf<Routes['createAlias']>,
  by: string,
): Promise<Alias> {
  const keyStore =
    body.keyStore === undefined
      ? theKeyStoreOf(inForce, body)
      : findKeyStore(inForce, body.keyStore);
  const acts = actsOf(inForce, keyStore.keyManager);
  return act(acts, () => create(acts, aliasKeyStore(keyStore), body, by));
}

/** Points an alias to another key. @throws AdminError */
export async function moveAlias(
  inForce: InForce,
  { pathParameters: { alias }, query, body }: RequestOf<Routes['moveAlias']>,
  by: string,
): Promise<Alias> {
  const { acts, record } = locateAlias(inForce, alias, query.keyManager);
  const keyStore = aliasKeyStore(findKeyStore(inForce, record.keyStore));
  return act(acts, () => move(acts, keyStore, { alias, target: body.target }, by));
}

/** Deletes an alias. @throws AdminError */
export async function deleteAlias(
  inForce: InForce,
  { pathParameters: { alias }, query }: RequestOf<Routes['deleteAlias']>,
): Promise<Alias> {
  const { acts } = locateAlias(inForce, alias, query.keyManager);
  return act(acts, () => remove(acts, alias));
}

async function act(acts: KeyActs, work: () => Promise<Recorded<AliasRecord>>): Promise<Alias> {
  const { name } = acts.ports.keyManager;
  return toAlias(name, (await askActs(name, work)).value);
}

/** The one key store that exposes both, where it is not named. */
function theKeyStoreOf(
  { keyStores }: InForce,
  { alias, target }: { readonly alias: string; readonly target: string },
): KeyStore {
  const fitting = keyStores.keyStores.filter((each) => each.exposes(alias) && each.exposes(target));
  const [keyStore, ...others] = fitting;
  if (keyStore !== undefined && others.length === 0) return keyStore;
  const names = fitting.map(({ name }) => name).join(', ');
  throw new AdminError(
    'invalid-request',
    keyStore === undefined
      ? `No key store exposes both "${alias}" and "${target}".`
      : `Several key stores expose both: ${names}. Say which is meant.`,
  );
}

function locateAlias(
  inForce: InForce,
  alias: string,
  keyManager: string | undefined,
): { readonly acts: KeyActs; readonly record: AliasRecord } {
  const found = askedKeyManagers(inForce, { keyManager }).flatMap(({ name }) => {
    const acts = actsOf(inForce, name);
    const record = acts.ports.records.aliasRecordOf(alias)?.value;
    return record === undefined ? [] : [{ acts, record }];
  });
  const [only, ...others] = found;
  if (only === undefined) throw new AdminError('not-found', `There is no alias "${alias}".`);
  if (others.length === 0) return only;
  const names = found.map(({ acts }) => acts.ports.keyManager.name).join(', ');
  throw new AdminError(
    'conflict',
    `Several key managers have an alias "${alias}": ${names}. Say which is meant.`,
  );
}

function aliasKeyStore(keyStore: KeyStore): AliasKeyStore {
  return {
    name: keyStore.name,
    namesMaterial: keyStore.namesMaterial,
    exposes: (externalKeyId) => keyStore.exposes(externalKeyId),
  };
}

function toAlias(keyManager: string, record: AliasRecord): Alias {
  const { externalKeyId: alias, keyStore, enabled, created, moved, targets } = record;
  const [target, ...formerTargets] = targets;
  return {
    ...{ alias, keyManager, keyStore, enabled, target, formerTargets },
    ...{ createdAt: created.at, createdBy: created.by },
    ...{ movedAt: moved?.at, movedBy: moved?.by },
  };
}
