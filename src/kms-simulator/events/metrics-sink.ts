import type { ProxyCall } from '../towards-proxy/xks-client.js';

/** Is told what CloudWatch is told of external key stores. */
export interface MetricsSink {
  proxyCalled(customKeyStoreId: string, call: ProxyCall): void;
  /** @param states of all key managers that the proxy has told of */
  managersSeen(customKeyStoreId: string, states: readonly string[]): void;
  throttled(customKeyStoreId: string, kmsOperation: string): void;
  /** The key store is deleted, and with it all that was told of it. */
  forget(customKeyStoreId: string): void;
}
