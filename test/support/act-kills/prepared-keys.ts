import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { AdminClient } from '../../../src/cli/admin-client.js';
import { decryptBody, encryptBody } from '../../../src/doctor/client/bodies.js';
import type { KeyRecord } from '../../../src/external-keys/record.js';
import { startHoldfast, type HoldfastServer } from '../holdfast-server.js';
import { OVER, type StoppedRecords } from '../stopped-records.js';
import { OAEP_2048, wrap } from '../wrapping-pair.js';
import { XksClient } from '../xks-client.js';
import type { KilledPlace } from './killed-place.js';

/** Something encrypted under a version of a key before the kill. */
export interface Sample {
  readonly externalKeyId: string;
  readonly version: number;
  readonly plaintext: Buffer;
  readonly answer: Readonly<Record<string, unknown>>;
}

/** A Holdfast that has stopped, with keys for every act. */
export class PreparedKeys {
  readonly place: KilledPlace;
  /** Its state folder. */
  readonly folder: string;
  readonly samples: readonly Sample[];

  constructor(place: KilledPlace, folder: string, samples: readonly Sample[]) {
    this.place = place;
    this.folder = folder;
    this.samples = samples;
  }

  /** Every record, while nothing runs. */
  get records(): StoppedRecords {
    return this.place.recordsOf(this.folder);
  }

  /** Copies it, so that what is done to the copy is done to nothing else. */
  async copy(): Promise<PreparedKeys> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-act-kills-'));
    await cp(this.folder, folder, { recursive: true });
    return new PreparedKeys(await this.place.copy(), folder, this.samples);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await this.place.remove();
  }
}

const BOTH: ('ENCRYPT' | 'DECRYPT')[] = ['ENCRYPT', 'DECRYPT'];
/** The material of the key that has lost it. */
export const LOST = Buffer.alloc(32, 5);

/** A running Holdfast as operators and KMS reach it. */
export class RunningKeys {
  readonly server: HoldfastServer;
  readonly admin: AdminClient;
  readonly #client: XksClient;

  private constructor(server: HoldfastServer) {
    this.server = server;
    this.admin = new AdminClient(server.adminSocket);
    this.#client = new XksClient(server);
  }

  /** Starts it on a folder. @param args of node, default `holdfast serve` */
  static async start(
    { place, folder }: Pick<PreparedKeys, 'place' | 'folder'>,
    start: Pick<Parameters<typeof startHoldfast>[0] & object, 'args' | 'env'> = {},
  ): Promise<RunningKeys> {
    const { configuration } = place;
    return new RunningKeys(
      await startHoldfast({ ...start, configuration, stateDirectory: folder }),
    );
  }

  create(externalKeyId: string, origin: 'generated' | 'external' = 'generated') {
    return this.admin.call('createKey', {
      body: { externalKeyId, keyStore: 'quickstart', usage: BOTH, origin },
    });
  }

  /** Imports material under parameters of its own. */
  async bring(externalKeyId: string, material: Buffer, newVersion = false): Promise<void> {
    const key = { pathParameters: { externalKeyId }, query: {} };
    const parameters = await this.admin.call('getImportParameters', { ...key, body: OAEP_2048 });
    const publicKey = Buffer.from(parameters.publicKey, 'base64');
    await this.admin.call('importKeyMaterial', {
      ...key,
      body: {
        encryptedKeyMaterial: wrap(OAEP_2048, publicKey, material).toString('base64'),
        importToken: parameters.importToken,
        ...(newVersion && { newVersion }),
      },
    });
  }

  async stateOf(externalKeyId: string): Promise<string> {
    const key = { pathParameters: { externalKeyId }, query: {} };
    return (await this.admin.call('showKey', key)).state;
  }

  /** Encrypts as KMS asks for it. @returns the status where it is refused */
  async encrypt(externalKeyId: string): Promise<Sample | number> {
    const plaintext = randomBytes(32);
    const { status, json } = await this.#client.call(
      `keys/${externalKeyId}/encrypt`,
      encryptBody(plaintext),
    );
    if (status !== 200) return status;
    const answer = json ?? {};
    const metadata = Buffer.from(String(answer['ciphertextMetadata']), 'base64');
    return { externalKeyId, version: metadata.readUInt32BE(1), plaintext, answer };
  }

  /** Tells whether a ciphertext opens to what was encrypted. */
  async opens({ externalKeyId, plaintext, answer }: Sample): Promise<boolean> {
    const body = decryptBody(answer);
    const { status, json } = await this.#client.call(`keys/${externalKeyId}/decrypt`, body);
    return status === 200 && json?.['plaintext'] === plaintext.toString('base64');
  }

  /** Ends it with SIGTERM. @returns how it has ended, which may be by a kill before */
  async stop(): Promise<number | string> {
    this.#client.close();
    return this.server.stop();
  }
}

/** Makes keys for every act, and something encrypted under each of their versions. */
export async function prepareKeys(place: KilledPlace): Promise<PreparedKeys> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-act-kills-'));
  const running = await RunningKeys.start({ place, folder });
  try {
    return new PreparedKeys(place, folder, await makeKeys(running));
  } finally {
    await running.stop();
  }
}

async function makeKeys(running: RunningKeys): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const sample = async (id: string) => {
    const made = await running.encrypt(id);
    if (typeof made === 'number') throw new Error(`${id} does not encrypt: ${made}`);
    samples.push(made);
  };
  for (const id of ['one', 'two', 'going', 'older', 'off', 'kept']) {
    await running.create(id);
    await sample(id);
  }
  for (const externalKeyId of ['one', 'older']) {
    await running.admin.call('rotateKey', { pathParameters: { externalKeyId }, query: {} });
    await sample(externalKeyId);
  }
  await running.create('empty', 'external');
  for (const id of ['brought', 'lost', 'waiting', 'fading']) {
    await running.create(id, 'external');
    await running.bring(id, id === 'lost' ? LOST : randomBytes(32));
    await sample(id);
  }
  await running.bring('waiting', randomBytes(32), true);
  const lost = { pathParameters: { externalKeyId: 'lost' }, query: {} };
  await running.admin.call('deleteImportedMaterial', lost);
  await running.admin.call('createAlias', { body: { alias: 'name', target: 'one' } });
  await sample('name');
  await running.admin.call('disableKey', { pathParameters: { externalKeyId: 'off' }, query: {} });
  const kept = { pathParameters: { externalKeyId: 'kept' }, query: {} };
  await running.admin.call('scheduleDeletion', { ...kept, body: { days: 7 } });
  for (const alias of ['going-name', 'gone-name']) {
    await running.admin.call('createAlias', { body: { alias, target: 'one' } });
  }
  await running.admin.call('deleteAlias', { pathParameters: { alias: 'gone-name' }, query: {} });
  return samples;
}

/** The records that can be made to be due, so that the next start destroys. */
export const DUE: Readonly<Record<string, (record: KeyRecord) => KeyRecord>> = {
  going: (record) => ({ ...record, state: 'PendingDeletion', deletion: OVER }),
  older: (record) => ({
    ...record,
    retirements: [{ version: 1, materialName: '00'.repeat(8), waiting: OVER }],
  }),
  fading: ({ imports = [], ...record }) => ({
    ...record,
    imports: imports.map((each) => ({ ...each, expiresAt: OVER.scheduled.at, dueRanMs: 0 })),
  }),
};

/** Makes a key due while nothing runs. */
export async function makeDue({ records }: PreparedKeys, externalKeyId: string): Promise<void> {
  await records.change(externalKeyId, (record) => {
    const due = record.kind === 'key' ? DUE[externalKeyId]?.(record) : undefined;
    return due ?? record;
  });
}
