import {
  ConnectCustomKeyStoreCommand,
  CreateAliasCommand,
  CreateCustomKeyStoreCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeCustomKeyStoresCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  type KMSClient,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../temporary-folder.js';
import type { Credential } from '../xks-requests.js';
import { sdkClient } from './sdk-client.js';
import {
  ALICE,
  type ProxyPlace,
  type SimulatorProcess,
  startSimulatorProcess,
} from './simulator-process.js';

const ALIAS = 'alias/payroll';
const CONTEXT = { Department: 'Payroll' };

/** A key store as KMS is to know it. */
export interface KeyStoreOfProxy {
  readonly name: string;
  readonly host?: string;
  readonly uriPath: string;
  readonly credential: Credential;
}

/** A ciphertext of KMS, and what it opens to. */
export interface KeptCiphertext {
  readonly blob: Uint8Array;
  readonly plaintext: string;
}

/**
 * KMS as those see it who keep data under an alias: a simulator in a process of its own, whose
 * state outlives every change of the proxy, and AWS's SDK.
 */
export class KeptData {
  readonly #state = join(temporaryFolder(), 'kms');
  #simulator: SimulatorProcess | undefined;
  #client: KMSClient | undefined;

  get client(): KMSClient {
    if (this.#client === undefined) throw new Error('KMS knows no way to a proxy yet.');
    return this.#client;
  }

  /** The environment in which AWS's tools reach KMS. */
  get env(): Readonly<Record<string, string>> {
    return this.#simulator?.env ?? {};
  }

  /** Gives KMS the way to proxies, as a change of DNS would. */
  async leadTo(...proxies: readonly ProxyPlace[]): Promise<void> {
    await this.#simulator?.stop();
    const simulator = await startSimulatorProcess(this.#state, ...proxies);
    this.#simulator = simulator;
    onTestFinished(async () => {
      await simulator.stop();
    });
    this.#client = sdkClient(simulator.endpoint, { credentials: ALICE });
  }

  /** Creates a key store and connects it. @returns its id */
  async register({ name, host = 'localhost', uriPath, credential }: KeyStoreOfProxy) {
    const { CustomKeyStoreId } = await this.client.send(
      new CreateCustomKeyStoreCommand({
        CustomKeyStoreName: name,
        CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
        XksProxyConnectivity: 'PUBLIC_ENDPOINT',
        XksProxyUriEndpoint: `https://${host}`,
        XksProxyUriPath: `${uriPath}/kms/xks/v1`,
        XksProxyAuthenticationCredential: {
          AccessKeyId: credential.accessKeyId,
          RawSecretAccessKey: credential.secretAccessKey,
        },
      }),
    );
    await this.client.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
    for (;;) {
      const command = new DescribeCustomKeyStoresCommand({ CustomKeyStoreId });
      const { CustomKeyStores: [store] = [] } = await this.client.send(command);
      if (store?.ConnectionState === 'CONNECTED') return String(CustomKeyStoreId);
      if (store?.ConnectionState === 'FAILED') throw new Error(store.ConnectionErrorCode);
      await sleep(10);
    }
  }

  /** Creates a KMS key on an external key. @returns its id */
  async createKey(CustomKeyStoreId: string, XksKeyId: string): Promise<string> {
    const Origin = 'EXTERNAL_KEY_STORE';
    const command = new CreateKeyCommand({ Origin, CustomKeyStoreId, XksKeyId });
    return String((await this.client.send(command)).KeyMetadata?.KeyId);
  }

  /** Gives a KMS key the alias that the data is kept under. */
  async nameKey(TargetKeyId: string): Promise<void> {
    await this.client.send(new CreateAliasCommand({ AliasName: ALIAS, TargetKeyId }));
  }

  /** Encrypts a text, and a data key, under the alias. */
  async keep(text: string): Promise<KeptCiphertext[]> {
    const about = { KeyId: ALIAS, EncryptionContext: CONTEXT };
    const Plaintext = Buffer.from(text);
    const encrypted = await this.client.send(new EncryptCommand({ ...about, Plaintext }));
    const dataKey = await this.client.send(
      new GenerateDataKeyCommand({ ...about, KeySpec: 'AES_256' }),
    );
    return [
      { blob: encrypted.CiphertextBlob ?? Buffer.of(), plaintext: base64(Plaintext) },
      { blob: dataKey.CiphertextBlob ?? Buffer.of(), plaintext: base64(dataKey.Plaintext) },
    ];
  }

  /** Encrypts anew under another key, without anybody seeing the plaintext. */
  async reEncrypt(
    kept: readonly KeptCiphertext[],
    DestinationKeyId: string,
  ): Promise<KeptCiphertext[]> {
    const moved: KeptCiphertext[] = [];
    for (const { blob, plaintext } of kept) {
      const { CiphertextBlob } = await this.client.send(
        new ReEncryptCommand({
          CiphertextBlob: blob,
          SourceEncryptionContext: CONTEXT,
          DestinationKeyId,
          DestinationEncryptionContext: CONTEXT,
        }),
      );
      moved.push({ blob: CiphertextBlob ?? Buffer.of(), plaintext });
    }
    return moved;
  }

  /**
   * Decrypts.
   *
   * @param named `alias` where the caller names the key that he expects, as is recommended
   * @returns what each opens to, in the order given
   */
  async open(kept: readonly KeptCiphertext[], named?: 'alias'): Promise<string[]> {
    const opened: string[] = [];
    for (const { blob } of kept) {
      const command = new DecryptCommand({
        CiphertextBlob: blob,
        ...(named === 'alias' ? { KeyId: ALIAS } : {}),
        EncryptionContext: CONTEXT,
      });
      opened.push(base64((await this.client.send(command)).Plaintext));
    }
    return opened;
  }
}

/** The texts that ciphertexts have to open to. */
export function plaintextsOf(kept: readonly KeptCiphertext[]): string[] {
  return kept.map(({ plaintext }) => plaintext);
}

function base64(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64');
}
