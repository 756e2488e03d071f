import { z } from 'zod';
import type { BackendDefinition, BackendFacts } from './definition.js';
import { fileBackend, sealedBackend } from './sealed/index.js';
import { moduleBackend } from './module/index.js';
import { pkcs11Backend } from './pkcs11/index.js';
import { vaultBackend } from './vault/index.js';

/** Every backend, by the `type` of its key managers in the configuration. */
const list = {
  file: fileBackend,
  sealed: sealedBackend,
  pkcs11: pkcs11Backend,
  vault: vaultBackend,
  module: moduleBackend,
};

/** A `type` of key managers in the configuration. */
export type BackendType = keyof typeof list;

/** The facts of every backend, by its type. */
export const backendFacts: Readonly<Record<BackendType, BackendFacts>> = list;

/** All backends, as far as they are alike. */
export const backends: readonly BackendFacts[] = Object.values(list);

/** A key manager of a type, as configured. */
type ConfigOf<Type extends BackendType> = z.output<(typeof list)[Type]['schema']>;

/** An entry of `keyManagers` in the configuration. */
export type KeyManagerConfig = ConfigOf<BackendType>;

const definitions: { readonly [Type in BackendType]: BackendDefinition<ConfigOf<Type>> } = list;

// A union has a first member.
const { file, ...others } = list;

/** The schema of an entry of `keyManagers`. */
export const keyManagerConfigSchema = z.discriminatedUnion('type', [
  file.schema,
  ...Object.values(others).map(({ schema }) => schema),
]);

/** Finds the definition of a key manager's backend. */
export function backendOf<Type extends BackendType>({
  type,
}: {
  readonly type: Type;
}): BackendDefinition<ConfigOf<Type>> {
  return definitions[type];
}

/**
 * Finds the backends that a `type`, checked or not, may mean: its own, or all where there is none
 * of that name, so that a mistyped one makes nothing pass for less than it is.
 */
export function backendsFor(type: unknown): readonly BackendFacts[] {
  const own = Object.entries(definitions).find(([name]) => name === type)?.[1];
  return own === undefined ? backends : [own];
}
