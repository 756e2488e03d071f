import { randomBytes } from 'node:crypto';
import { type OpenAuditTrail, openAuditTrail } from '../audit/trail/open-trail.js';
import type { LoadedConfiguration } from '../configuration/configuration-file.js';
import type { Blocks } from '../authorization/blocks/blocks.js';
import type { Environment } from '../configuration/overrides.js';
import { Certificates } from '../external-keys/certificates.js';
import type { CredentialUses } from '../key-stores/credentials/credential-uses.js';
import type { RunTimeCredentials } from '../key-stores/credentials/run-time-credentials.js';
import { ExternalKeyRecords } from '../external-keys/external-key-records.js';
import type { ScheduleClock } from '../external-keys/schedules/schedule-clock.js';
import type { KeyUse } from '../external-keys/use/key-use.js';
import { QuotaMeters } from '../key-stores/quotas/quotas.js';
import type { Notifications } from '../notifications/open-notifications.js';
import { FailedAuthentications } from '../observability/failed-authentications.js';
import type { LogDestination } from '../observability/log-destination.js';
import type { Loggers } from '../observability/loggers.js';
import { Overload } from '../pipeline/overload.js';
import type { Clock } from '../shared/clock.js';
import type { StateCopy } from '../state/copy/state-copy.js';
import { openBlocks } from './blocks.js';
import { openCredentials, startCredentialUses } from './credentials.js';
import type { FirstStart } from './first-start.js';
import { BreakGlassOpenings } from '../authorization/break-glass/break-glass.js';
import { openNotifications } from './notifications.js';
import type { ReservedAddresses } from './reserved-addresses.js';
import { openScheduleClock, startKeyUse } from './schedules.js';
import { PolicyEngine } from './policies.js';
import { newConfirmations, openState } from './state.js';
import type { Teardown } from './teardown.js';
import { VERSION } from './version.js';

/** The parts that the process hands to a server. */
export interface ProcessPorts {
  readonly clock: Clock;
  /** The environment that configurations are read with. */
  readonly env: Environment;
  readonly loggers: Loggers;
  /** The destination of the log, and of audit sinks that write to standard output. */
  readonly stdout: LogDestination;
  /** The parts that may be begun (`--init`). */
  readonly firstStart: Pick<
    FirstStart,
    'keys' | 'audit' | 'state' | 'followsLostLog' | 'acceptsLostState'
  >;
  /** Addresses that are held for the listeners until they listen. */
  readonly addresses: Pick<ReservedAddresses, 'release'>;
  /**
   * The operator's reason to take over an unsigned tail of the audit log
   * (`--accept-unsigned-tail`).
   */
  readonly acceptUnsignedTail?: string | undefined;
}

/** The parts of a server that live as long as its process, whatever generation is in force. */
export interface ServerProcess {
  readonly clock: Clock;
  readonly loggers: Loggers;
  /** Absent where there is no audit log. */
  readonly audit: OpenAuditTrail | undefined;
  readonly notifications: Notifications;
  readonly state: StateCopy;
  readonly records: ExternalKeyRecords;
  readonly keyUse: KeyUse;
  readonly blocks: Blocks;
  readonly quotaMeters: QuotaMeters;
  /** The credentials that are added at run time. */
  readonly credentials: RunTimeCredentials;
  readonly credentialUses: CredentialUses;
  readonly failedAuthentications: FailedAuthentications;
  readonly overload: Overload;
  /** The measured running time of the state store. */
  readonly running: ScheduleClock;
  readonly certificates: Certificates;
  readonly policyEngine: PolicyEngine;
}

/**
 * Opens what outlives generations, the audit log first: it records what everything after it does.
 *
 * @throws what the part that failed says
 */
export async function openProcess(
  { configuration }: LoadedConfiguration,
  ports: ProcessPorts,
  teardown: Teardown,
): Promise<ServerProcess> {
  const { clock, loggers, firstStart } = ports;
  const audit = await openAudit(configuration.audit, ports);
  if (audit !== undefined) teardown.add(() => audit.close());
  const { notifications: eventLog, keyManager: log } = loggers;
  const told = { clock, log: eventLog, trail: audit?.trail };
  const notifications = await openNotifications(configuration, told);
  teardown.add(() => notifications.close());
  const stateLog = loggers.state;
  const state = await openState(configuration, { clock, randomBytes, firstStart, log: stateLog });
  teardown.add(() => state.close());
  const keyUse = await startKeyUse(configuration.audit?.replica, { state, clock, log });
  teardown.add(() => keyUse.stop());
  const confirmations = newConfirmations(configuration.audit?.replica, { state, clock });
  const { notifier: events } = notifications;
  const breakGlass = new BreakGlassOpenings({ state, clock, events, confirmations });
  const changed = { state, clock, log: stateLog, confirmations };
  const blocks = await openBlocks(configuration, changed);
  teardown.add(() => blocks.close());
  const credentials = await openCredentials(configuration, changed);
  const credentialUses = startCredentialUses({ state, clock, log: stateLog });
  teardown.add(() => credentialUses.stop());
  return {
    policyEngine: new PolicyEngine({ clock, log: loggers.process, breakGlass }),
    ...{ clock, loggers, audit, notifications, state, keyUse, blocks },
    quotaMeters: new QuotaMeters(),
    ...{ credentials, credentialUses },
    failedAuthentications: new FailedAuthentications(clock),
    overload: new Overload(clock, configuration.audit?.durability),
    records: new ExternalKeyRecords(state, clock),
    running: openScheduleClock(configuration.stateDirectory, { state, clock }),
    certificates: new Certificates(state, audit?.statements),
  };
}

async function openAudit(
  config: LoadedConfiguration['configuration']['audit'],
  { clock, loggers, stdout, firstStart, acceptUnsignedTail }: ProcessPorts,
): Promise<OpenAuditTrail | undefined> {
  if (config === undefined) return undefined;
  return openAuditTrail(config, {
    version: VERSION,
    clock,
    logger: loggers.audit,
    stdout,
    init: firstStart.audit,
    followsLostLog: firstStart.followsLostLog,
    acceptUnsignedTail,
  });
}
