import type { ImportWay, KeyUsage, MaterialImport } from '../../key-managers/backend.js';
import type { Recorded } from '../key-records.js';
import type { KeyRecord } from '../record.js';
import type { KeyAct } from '../states.js';
import { assertActsAreSafe, assertAllowed, cannot, knownKey } from './known-key.js';
import { LifecycleError } from './lifecycle-error.js';
import type { LifecyclePorts } from './lifecycle-ports.js';

/**
 * Finds the record of a key of imported material for an act on that.
 *
 * @throws LifecycleError for another key, and in a state that does not allow the act
 */
export async function importedKey(
  ports: LifecyclePorts,
  externalKeyId: string,
  act: KeyAct,
): Promise<Recorded<KeyRecord>> {
  assertActsAreSafe(ports);
  const record = await knownKey(ports, externalKeyId);
  assertAllowed(record.value, act, ports.clock.now());
  if (record.value.origin === 'external') {
    if (act === 'import') assertEncrypts(externalKeyId, new Set(record.value.usage));
    return record;
  }
  throw new LifecycleError(
    'unsupported',
    `the material of ${externalKeyId} was not imported. Only a key that was created with the ` +
      'origin external takes material, and loses it before the key itself is deleted',
  );
}

/** @throws LifecycleError `unsupported` for a key that could not make the witness of an import */
export function assertEncrypts(externalKeyId: string, usage: ReadonlySet<KeyUsage>): void {
  if (usage.has('ENCRYPT')) return;
  throw new LifecycleError(
    'unsupported',
    `${externalKeyId} is not for ENCRYPT, and material is imported into a key alone that encrypts: ` +
      'its first import encrypts random bytes, by which the same material is known again. Create ' +
      'a key with the usage ENCRYPT,DECRYPT, as AWS KMS needs it.',
  );
}

/** The import of a key manager. @throws LifecycleError `unsupported` where it has none */
export function importOf({ keyManager, capabilities }: LifecyclePorts): MaterialImport {
  const { materialImport } = keyManager.administration;
  if (materialImport !== undefined) return materialImport;
  throw cannot(keyManager.name, 'import key material', capabilities.import);
}

/** @throws LifecycleError `unsupported` for a way in which the key manager cannot unwrap */
export function assertWay(ports: LifecyclePorts, way: ImportWay): void {
  const { ways } = importOf(ports);
  if (ways.some((each) => nameOf(each) === nameOf(way))) return;
  const { keyManager, capabilities } = ports;
  const refusal = cannot(keyManager.name, `unwrap ${nameOf(way)}`, capabilities.import);
  const possible = ways.map(nameOf).join(', ');
  throw new LifecycleError('unsupported', `${refusal.message} It unwraps: ${possible}.`);
}

/** @throws LifecycleError `unsupported` where the loss of material would be that of the key */
export function assertMaterialCanGo({ keyManager, capabilities }: LifecyclePorts): void {
  const { 'destroy-version': destroy, 'import-again': again } = capabilities;
  const what = 'let imported material expire, or delete it and keep the key';
  if (!destroy.can) throw cannot(keyManager.name, what, destroy);
  if (!again.can) throw cannot(keyManager.name, what, again);
}

/** A way in one word. */
export function nameOf({ wrappingAlgorithm, wrappingKeySpec }: ImportWay): string {
  return `${wrappingAlgorithm} with ${wrappingKeySpec}`;
}
