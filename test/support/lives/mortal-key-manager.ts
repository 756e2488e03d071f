import type { KeyAdministration } from '../../../src/key-managers/backend.js';
import type { KeyManager } from '../../../src/key-managers/key-manager.js';
import type { Mortal } from './mortal.js';

/** The methods of an administration that change something. */
const CHANGES: ReadonlySet<PropertyKey> = new Set([
  ...(['createKey', 'rotateKey', 'setKeyEnabled', 'destroyVersion', 'destroyKey'] as const),
  ...(['createWrappingKey', 'importKeyMaterial', 'destroyWrappingKey'] as const),
]);

const ERASES: ReadonlySet<PropertyKey> = new Set(['destroyVersion', 'destroyKey']);

/** Called before all material of a key is erased, or that of one version. */
export type OnErasing = (externalKeyId: string, version: number | undefined) => void;

/** A key manager in the hands of a process that may end, whose calls may get lost. */
export function mortalKeyManager(
  keyManager: KeyManager,
  mortal: Mortal,
  onErasing: OnErasing,
): KeyManager {
  const { name, type, nodes } = keyManager;
  return {
    ...{ name, type, nodes },
    administration: around(keyManager.administration, mortal, onErasing),
    describeKey: (id, call) => mortal.look(() => keyManager.describeKey(id, call)),
    describeKeyAnew: (id, call) => mortal.look(() => keyManager.describeKeyAnew(id, call)),
    encrypt: (key, plaintext, aad, call) =>
      mortal.look(() => keyManager.encrypt(key, plaintext, aad, call)),
    encryptAndTry: (key, plaintext, aad, call) =>
      mortal.look(() => keyManager.encryptAndTry(key, plaintext, aad, call)),
    decrypt: (key, sealed, aad, call) =>
      mortal.look(() => keyManager.decrypt(key, sealed, aad, call)),
    health: (deadline) => keyManager.health(deadline),
    close: () => keyManager.close(),
  };
}

function around<Own extends KeyAdministration | object>(
  own: Own,
  mortal: Mortal,
  onErasing: OnErasing,
): Own {
  return new Proxy(own, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (name === 'materialImport' && typeof member === 'object' && member !== null) {
        return around(member, mortal, onErasing);
      }
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const work = (): unknown => {
          if (ERASES.has(name)) erasing(args, onErasing);
          return Reflect.apply(member, target, args);
        };
        return CHANGES.has(name) ? mortal.change('key-manager', work) : mortal.look(work);
      };
    },
  });
}

function erasing([externalKeyId, version]: readonly unknown[], onErasing: OnErasing): void {
  onErasing(String(externalKeyId), typeof version === 'number' ? version : undefined);
}
