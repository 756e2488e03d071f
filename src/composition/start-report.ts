import type { AddressInfo } from 'node:net';
import type { QuickstartFiles } from '../configuration/quickstart-files.js';
import type { NodeReport } from '../key-managers/key-manager.js';
import type { KeyStore } from '../key-stores/key-store.js';
import type { DescriptorPlan } from './descriptors.js';
import type { ServingListener } from './listeners.js';

/** The state of a server that has just started. */
export interface StartReport {
  readonly version: string;
  readonly configurationFile: string;
  readonly configurationHash: string;
  /** The files that the quickstart has made; undefined without a quickstart. */
  readonly quickstart: QuickstartFiles | undefined;
  readonly listeners: readonly ServingListener[];
  /** Absent where the system does not tell the limit. */
  readonly descriptors?: DescriptorPlan | undefined;
  readonly operations: AddressInfo;
  readonly adminSocket: string;
  /** Absent where there is no audit log. */
  readonly audit: { readonly directory: string; readonly publicKey: string } | undefined;
  readonly keyStores: readonly KeyStore[];
  readonly keyManagers: readonly {
    readonly name: string;
    readonly type: string;
    readonly nodes: readonly NodeReport[];
  }[];
}
