/**
 * The exports of the package as `holdfast/key-managers`, for authors of a key manager of their
 * own: the interfaces, the suite that every key manager must pass, and what is needed to run it.
 */
export { systemClock } from '../shared/clock.js';
export { Deadline } from '../shared/deadline.js';
export type { OperatorLog } from '../shared/operator-log.js';
export { Secret } from '../shared/secret.js';
export {
  HEALTH_TEST_KEY_ID,
  type HealthStatus,
  type ImportWay,
  type KeyAdministration,
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyManagerNode,
  type KeyRef,
  type KeySummary,
  type KeyUsage,
  type KeyVersion,
  type MaterialImport,
  type MaterialOrigin,
  type NodeHealth,
  type Sealed,
  type VersionSummary,
  type Witness,
  type WrappedMaterial,
  type WrappingKey,
} from './backend.js';
export type { BackendPorts } from './definition.js';
export type { MaybePromise } from './maybe-promise.js';
export {
  type ContractCase,
  type ContractHarness,
  keyManagerContract,
  type OthersAtWork,
} from './contract/index.js';
export {
  type CreateKeyManager,
  createModuleKeyManager,
  type ModuleKeyManager,
  type ModuleKeyManagerConfig,
  type ModulePorts,
} from './module/index.js';
