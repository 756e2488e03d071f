import {
  type ConnectionStateType,
  DescribeCustomKeyStoresCommand,
  type KMSClient,
  type KMSServiceException,
} from '@aws-sdk/client-kms';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type HoldfastOptions,
  type HoldfastServer,
  startHoldfast,
} from '../../../support/holdfast-server.js';
import { type Credentials, sdkClient } from '../../../support/kms-simulator/sdk-client.js';
import {
  ALICE,
  BOB,
  CAROL,
  REGION,
  type SimulatorProcess,
  startSimulatorProcess,
} from '../../../support/kms-simulator/simulator-process.js';

/** A server with its quickstart key store, a simulator before it, and AWS's SDK for JavaScript. */
export class SdkScene {
  /** Operations that were called. */
  readonly called = new Set<string>();
  readonly #state: string;
  readonly #options: HoldfastOptions;
  #server: HoldfastServer | undefined;
  #simulator: SimulatorProcess | undefined;
  #clients: Readonly<Record<'alice' | 'bob' | 'carol', KMSClient>> | undefined;

  /** @param state folder of the simulator */
  constructor(state: string, options: HoldfastOptions = {}) {
    this.#state = state;
    this.#options = options;
  }

  get server(): HoldfastServer {
    return present(this.#server);
  }

  get simulator(): SimulatorProcess {
    return present(this.#simulator);
  }

  get alice(): KMSClient {
    return present(this.#clients).alice;
  }

  /** A session of a role in Alice's account. */
  get bob(): KMSClient {
    return present(this.#clients).bob;
  }

  /** A user of another account. */
  get carol(): KMSClient {
    return present(this.#clients).carol;
  }

  async start(): Promise<void> {
    this.#server ??= await startHoldfast(this.#options);
    this.#simulator = await startSimulatorProcess(this.#state, this.#server);
    this.#clients = {
      alice: this.clientOf(ALICE),
      bob: this.clientOf(BOB),
      carol: this.clientOf(CAROL),
    };
  }

  async stop(): Promise<void> {
    await this.#simulator?.stop();
    await this.#server?.stop();
  }

  /** The SDK's client as it comes, but that it tries once. */
  clientOf(credentials: Credentials, region = REGION): KMSClient {
    const onCall = (operation: string) => this.called.add(operation);
    return sdkClient(this.simulator.endpoint, { credentials, region, onCall });
  }

  /** Waits for the end of a change of a key store's connection. @returns the state then */
  async settled(id: string): Promise<ConnectionStateType | undefined> {
    for (;;) {
      const command = new DescribeCustomKeyStoresCommand({ CustomKeyStoreId: id });
      const { CustomKeyStores: [store] = [] } = await this.alice.send(command);
      if (store?.ConnectionState?.endsWith('ING') !== true) return store?.ConnectionState;
      await sleep(10);
    }
  }
}

/** The exception of a call. @throws Error where the call succeeds */
export async function failureOf(call: Promise<unknown>): Promise<KMSServiceException> {
  try {
    await call;
  } catch (error) {
    return error as KMSServiceException;
  }
  throw new Error('the call has succeeded');
}

function present<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('The scene has not started.');
  return part;
}
