import type { KeyAdministration, KeySummary, MaterialImport } from '../backend.js';
import { checkedList, checkedSummary, checkedWrappingKey, demand } from './module-answer.js';
import { withoutSecrets } from './module-node.js';

/** Does the work and checks its answer; its failures show no secrets. */
type Asked = <T>(work: () => Promise<T>, check?: (answer: T) => T) => Promise<T>;

/**
 * Returns a module's administration whose answers are looked at, as those of its nodes are. It has
 * the methods that the module's own has.
 *
 * @param secrets of the module, which its errors must not show
 */
export function checkedAdministration(
  own: KeyAdministration,
  secrets: readonly string[],
): KeyAdministration {
  const asked: Asked = async (work, check = (answer) => answer) => {
    try {
      return check(await work());
    } catch (error) {
      throw withoutSecrets(error, secrets);
    }
  };
  const { countsEncryptions } = own;
  return {
    ...(countsEncryptions === undefined ? {} : { countsEncryptions }),
    ...listing(own, asked),
    ...changes(own, asked),
    ...destruction(own, asked),
    get materialImport() {
      return own.materialImport === undefined
        ? undefined
        : checkedImport(own.materialImport, asked);
    },
  };
}

function listing(own: KeyAdministration, asked: Asked): KeyAdministration {
  const listKeys = own.listKeys?.bind(own);
  const summarizeKey = own.summarizeKey?.bind(own);
  const list = () =>
    asked(
      async () => (await listKeys?.()) ?? [],
      (listed) => checkedList('listKeys', listed),
    );
  return {
    ...(listKeys === undefined
      ? {}
      : {
          listKeys: list,
          takenIds: async () => (await list()).map(({ description }) => description.externalKeyId),
        }),
    ...(summarizeKey === undefined
      ? {}
      : {
          summarizeKey: (id) =>
            asked(
              () => summarizeKey(id),
              (found) => found && checkedSummary('summarizeKey', found),
            ),
        }),
  };
}

function changes(own: KeyAdministration, asked: Asked): KeyAdministration {
  const createKey = own.createKey?.bind(own);
  const rotateKey = own.rotateKey?.bind(own);
  const setKeyEnabled = own.setKeyEnabled?.bind(own);
  return {
    ...(createKey === undefined
      ? {}
      : {
          createKey: (id, usage, origin) =>
            asked(() => createKey(id, usage, origin), summaryOf('createKey')),
        }),
    ...(rotateKey === undefined
      ? {}
      : { rotateKey: (id, from) => asked(() => rotateKey(id, from), summaryOf('rotateKey')) }),
    ...(setKeyEnabled === undefined
      ? {}
      : {
          setKeyEnabled: (id, enabled) =>
            asked(() => setKeyEnabled(id, enabled), summaryOf('setKeyEnabled')),
        }),
  };
}

function destruction(own: KeyAdministration, asked: Asked): KeyAdministration {
  const destroyVersion = own.destroyVersion?.bind(own);
  const destroyKey = own.destroyKey?.bind(own);
  return {
    ...(destroyVersion === undefined
      ? {}
      : { destroyVersion: (id, version) => asked(() => destroyVersion(id, version)) }),
    ...(destroyKey === undefined ? {} : { destroyKey: (id) => asked(() => destroyKey(id)) }),
  };
}

function checkedImport(own: MaterialImport, asked: Asked): MaterialImport {
  const { ways } = own;
  demand(Array.isArray(ways), 'materialImport has ways that are no list');
  const destroyOld = own.destroyOldWrappingKeys?.bind(own);
  return {
    ways,
    createWrappingKey: (way) => asked(() => own.createWrappingKey(way), checkedWrappingKey),
    importKeyMaterial: (id, material) =>
      asked(() => own.importKeyMaterial(id, material), summaryOf('importKeyMaterial')),
    destroyWrappingKey: (id) => asked(() => own.destroyWrappingKey(id)),
    ...(destroyOld && { destroyOldWrappingKeys: () => asked(destroyOld) }),
  };
}

function summaryOf(method: string): (summary: KeySummary) => KeySummary {
  return (summary) => checkedSummary(method, summary);
}
