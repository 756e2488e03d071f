import { NotLookedAt } from './ending.js';
import type { RehearsedProxy } from './proxy.js';
import type { Kms } from './stage/kms.js';
import type { Relay } from './stage/relay.js';
import type { SimulatedKms } from './stage/simulated-kms.js';

/** A ciphertext that an earlier chapter made, and what is in it. */
export interface Keepsake {
  readonly plaintext: Buffer;
  readonly ciphertext: Buffer;
  readonly encryptionContext: Readonly<Record<string, string>>;
}

/** The things that chapters leave behind for later ones. */
interface Props {
  customKeyStoreId?: string;
  connected?: true;
  alias?: string;
  keyArn?: string;
  keepsake?: Keepsake;
}

const MADE_BY: Readonly<Record<keyof Props, string>> = {
  customKeyStoreId: 'no key store was created',
  connected: 'the key store was not connected',
  alias: 'no key was created',
  keyArn: 'no key was created',
  keepsake: 'nothing was encrypted before',
};

/** All that chapters play with. */
export class Scene {
  readonly proxy: RehearsedProxy;
  readonly externalKeyId: string;
  readonly simulated: SimulatedKms;
  readonly relay: Relay;
  /** Folder for files of chapters. */
  readonly folder: string;
  readonly #props: Props = {};

  constructor(ports: Pick<Scene, ScenePort>) {
    this.proxy = ports.proxy;
    this.externalKeyId = ports.externalKeyId;
    this.simulated = ports.simulated;
    this.relay = ports.relay;
    this.folder = ports.folder;
  }

  get kms(): Kms {
    return this.simulated.kms;
  }

  /** Leaves something behind for later chapters. */
  leave(props: Props): void {
    Object.assign(this.#props, props);
  }

  /** Takes up what an earlier chapter left behind. @throws NotLookedAt */
  need<Name extends keyof Props>(name: Name): NonNullable<Props[Name]> {
    const prop = this.#props[name];
    if (prop === undefined) throw new NotLookedAt(`${MADE_BY[name]}, so this cannot be tried`);
    return prop;
  }
}

type ScenePort = 'proxy' | 'externalKeyId' | 'simulated' | 'relay' | 'folder';
