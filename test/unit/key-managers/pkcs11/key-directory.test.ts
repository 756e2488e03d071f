import { describe, expect, it } from 'vitest';
import { KeyManagerError } from '../../../../src/key-managers/backend.js';
import { KeyDirectory } from '../../../../src/key-managers/pkcs11/key-directory.js';
import type { KeyReply } from '../../../../src/key-managers/pkcs11/wire/messages.js';
import { Deadline } from '../../../../src/shared/deadline.js';

const ID = 'payroll';
const SECOND = 1_000;

/** A token with versions that a test adds, and a clock that it moves. */
class FakeToken {
  now = 1_000_000;
  looks = 0;
  failure: KeyManagerError | undefined;
  #versions = [1];
  readonly clock = { now: () => this.now, monotonic: () => this.now };
  readonly directory = new KeyDirectory(
    {
      describe: () => {
        this.looks += 1;
        return this.failure === undefined
          ? Promise.resolve(this.#reply())
          : Promise.reject(this.failure);
      },
    },
    this.clock,
  );

  add(version: number): void {
    this.#versions.push(version);
  }

  async find() {
    const deadline = Deadline.after(this.clock, 100);
    const { description } = await this.directory.get(ID, deadline);
    return {
      current: description.current?.version,
      known: [...description.versions.keys()],
    };
  }

  /** What is known after so long, and after what that has caused to be read has been read. */
  async findAfter(ms: number) {
    this.now += ms;
    await this.find();
    await new Promise(setImmediate);
    return this.find();
  }

  #reply(): KeyReply {
    return {
      externalKeyId: ID,
      versions: this.#versions.map((version) => ({
        version,
        materialName: `000000000000000${String(version)}`,
        usage: ['ENCRYPT', 'DECRYPT'],
        lookup: 'attributes',
      })),
    };
  }
}

describe('KeyDirectory', () => {
  it('the first look → every version may encrypt, and the newest does', async () => {
    const token = new FakeToken();
    token.add(2);
    expect(await token.find()).toEqual({ current: 2, known: [1, 2] });
  });

  it('a version that turns up → opens at once, and encrypts when every replica has looked', async () => {
    const token = new FakeToken();
    await token.find();
    token.add(2);
    expect(await token.findAfter(30 * SECOND)).toEqual({ current: 1, known: [1, 2] });
    expect(await token.findAfter(59 * SECOND)).toMatchObject({ current: 1 });
    expect(await token.findAfter(30 * SECOND)).toMatchObject({ current: 2 });
  });

  it('a version that turns up while its handle is forgotten → settles all the same', async () => {
    const token = new FakeToken();
    await token.find();
    token.add(2);
    token.directory.forget(ID);
    expect(await token.find()).toEqual({ current: 1, known: [1, 2] });
  });

  it('younger than 30 s → not asked for; older → asked for meanwhile; than 60 s → waited for', async () => {
    const token = new FakeToken();
    await token.find();
    token.now += 29 * SECOND;
    await token.find();
    expect(token.looks).toBe(1);
    token.add(2);
    token.now += 30 * SECOND;
    expect((await token.find()).known).toEqual([1]);
    expect(token.looks).toBe(2);
    await new Promise(setImmediate);
    token.add(3);
    token.now += 61 * SECOND;
    expect((await token.find()).known).toEqual([1, 2, 3]);
  });

  it('an outage → the old answer, however old', async () => {
    const token = new FakeToken();
    await token.find();
    token.failure = new KeyManagerError('unreachable', 'away');
    expect(await token.findAfter(600 * SECOND)).toEqual({ current: 1, known: [1] });
  });

  it('a key that is gone → not found', async () => {
    const token = new FakeToken();
    await token.find();
    token.failure = new KeyManagerError('key-not-found', 'gone');
    token.now += 61 * SECOND;
    await expect(token.find()).rejects.toMatchObject({ code: 'key-not-found' });
  });
});
