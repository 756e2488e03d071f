import { HEALTH_TEST_KEY_ID, type KeyAdministration, type KeySummary } from '../backend.js';
import { assertIdFree, assertIsKeyOfUser } from '../key-ids.js';
import { asKeyManagerError } from './conditions.js';

/** The words for a change that fails unexpectedly, by the method that makes it. */
const CHANGES: ReadonlyMap<PropertyKey, string> = new Map([
  ['createKey', 'is not made'],
  ['rotateKey', 'is not rotated'],
  ['setKeyEnabled', 'is neither enabled nor disabled'],
  ['destroyVersion', 'keeps its version'],
  ['destroyKey', 'is not destroyed'],
  ['importKeyMaterial', 'takes no material'],
]);

/** The methods that answer at once, and do not fail. */
const ANSWERED_AT_ONCE: ReadonlySet<PropertyKey> = new Set(['listingGap']);

/**
 * Returns an administration with the same methods, whose every call is checked, whatever the
 * backend: no key is changed under an id that is no key's, or the health-test key's; no key is made
 * under an id that is taken, also by one that differs only by case; lists are in order and without
 * the health-test key; and nothing fails with any error but {@link KeyManagerError}.
 */
export function checkedAdministration<Own extends KeyAdministration>(own: Own): Own {
  const creations = new Creations(own);
  return around(own, async (method, args, work) => {
    const [externalKeyId] = args;
    if (!CHANGES.has(method) || typeof externalKeyId !== 'string') {
      return method === 'listKeys' ? shown(own) : work();
    }
    assertIsKeyOfUser(externalKeyId);
    return method === 'createKey' ? creations.create(externalKeyId, work) : work();
  });
}

/** Keys in the making: those of one id come one after the other. */
class Creations {
  readonly #own: KeyAdministration;
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(own: KeyAdministration) {
    this.#own = own;
  }

  /** @throws KeyManagerError `conflict` for an id that is taken */
  async create(externalKeyId: string, make: () => unknown): Promise<unknown> {
    const lowercased = externalKeyId.toLowerCase();
    const creation = this.#after(this.#underWay.get(lowercased), externalKeyId, make);
    this.#underWay.set(lowercased, creation);
    try {
      return await creation;
    } finally {
      if (this.#underWay.get(lowercased) === creation) this.#underWay.delete(lowercased);
    }
  }

  async #after(
    before: Promise<unknown> | undefined,
    externalKeyId: string,
    make: () => unknown,
  ): Promise<unknown> {
    await before?.catch(() => undefined); // Told to whoever asked for it.
    assertIdFree(externalKeyId, (await this.#own.takenIds?.()) ?? []);
    return make();
  }
}

/** Does the work of a call, or refuses to. */
type Call = (method: PropertyKey, args: readonly unknown[], work: () => unknown) => unknown;

/** Returns an object with the same members, whose methods are called through `call`. */
function around<Own extends object>(own: Own, call: Call): Own {
  return new Proxy(own, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (name === 'materialImport' && typeof member === 'object' && member !== null) {
        return around(member, call);
      }
      if (typeof member !== 'function') return member;
      const work = (args: unknown[]): unknown => Reflect.apply(member, target, args);
      if (ANSWERED_AT_ONCE.has(name)) return (...args: unknown[]) => work(args);
      return async (...args: unknown[]) => {
        try {
          return await call(name, args, () => work(args));
        } catch (error) {
          throw asKeyManagerError(error, wordsFor(name, args));
        }
      };
    },
  });
}

function wordsFor(method: PropertyKey, [externalKeyId]: readonly unknown[]): string | undefined {
  const what = CHANGES.get(method);
  return what === undefined ? undefined : `${String(externalKeyId)} ${what}`;
}

async function shown(own: KeyAdministration): Promise<readonly KeySummary[]> {
  const listed = (await own.listKeys?.()) ?? [];
  return listed
    .filter(({ description }) => description.externalKeyId !== HEALTH_TEST_KEY_ID)
    .sort((a, b) => (a.description.externalKeyId < b.description.externalKeyId ? -1 : 1));
}
