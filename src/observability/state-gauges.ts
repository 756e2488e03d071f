import { Gauge, type Registry } from 'prom-client';
import type { NotificationSample } from './notification-metrics.js';
import type { ReloadSample } from './reload-metrics.js';
import type { PolicySample } from './policy-metrics.js';

const STATUSES = ['ACTIVE', 'DEGRADED', 'UNAVAILABLE'] as const;

/** One node of a key manager, as its latest health check found it. */
export interface NodeStateSample {
  readonly keyManager: string;
  readonly node: string;
  readonly location: string;
  readonly status: (typeof STATUSES)[number];
}

/** Encryptions that the current version of a key may still make. */
export interface EncryptionsLeftSample {
  readonly keyManager: string;
  readonly externalKeyId: string;
  readonly keyVersion: number;
  readonly encryptionsLeft: number;
  /** All that a version may make. Absent for keys that get a new version by themselves. */
  readonly encryptionLimit?: number | undefined;
}

/** The end of a listener's certificates. */
export interface CertificateSample {
  readonly listener: string;
  /** Negative once one has expired. */
  readonly daysToExpiry: number;
}

/** The audit log, as it is. */
export interface AuditSample {
  /** Records that are in it. */
  readonly records: number;
  /** True while records cannot be written. */
  readonly isInterrupted: boolean;
  /** Records that each sink has not been sent yet. */
  readonly sinks: readonly { readonly sink: string; readonly behind: number }[];
}

/** The standing of this replica towards the state store. */
export interface StandingSample {
  readonly kind: string;
  /** Every kind that there is. */
  readonly kinds: readonly string[];
  /** The revision up to which every change is in force here. */
  readonly revision: number;
  /** Age of the copy in memory. */
  readonly ageSeconds: number;
  /** The number of problems that GetHealthStatus shows as DEGRADED. */
  readonly problems: number;
  /** The number of sentences about what is in the store and counts for nothing. */
  readonly leftAside: number;
}

/** Sources that are read at every scrape. */
export interface MetricSources {
  nodeStates(): Promise<readonly NodeStateSample[]>;
  encryptionsLeft(): Promise<readonly EncryptionsLeftSample[]>;
  certificates(): readonly CertificateSample[];
  standing(): StandingSample;
  /** Undefined where there is no audit log. */
  audit(): AuditSample | undefined;
  notifications(): NotificationSample;
  reloads(): ReloadSample & { readonly generation: number };
  policies(): readonly PolicySample[];
}

/** Adds the gauges whose values are read from `sources` at every scrape. */
export function registerStateGauges(registry: Registry, sources: MetricSources): void {
  registerNodeGauge(registry, sources);
  registerEncryptionsGauges(registry, sources);
  registerCertificateGauge(registry, sources);
  registerStandingGauges(registry, sources);
  registerAuditGauges(registry, sources);
}

function registerNodeGauge(registry: Registry, sources: MetricSources): void {
  new Gauge({
    name: 'holdfast_key_manager_node_state',
    help: '1 for the status a node has, 0 for the ones it has not.',
    labelNames: ['key_manager', 'node', 'location', 'status'],
    registers: [registry],
    async collect() {
      const samples = await sources.nodeStates();
      this.reset();
      for (const { keyManager, node, location, status } of samples) {
        for (const each of STATUSES) {
          const labels = { key_manager: keyManager, node, location, status: each };
          this.set(labels, each === status ? 1 : 0);
        }
      }
    },
  });
}

function registerEncryptionsGauges(registry: Registry, sources: MetricSources): void {
  const labelNames = ['key_manager', 'external_key_id', 'key_version'] as const;
  const registers = [registry];
  const read = shared(() => sources.encryptionsLeft());
  new Gauge({
    name: 'holdfast_encryptions_left',
    help: 'Encryptions the current version of a key may still make before it is replaced.',
    labelNames,
    registers,
    async collect() {
      const samples = await read();
      this.reset();
      for (const sample of samples) this.set(labelsOf(sample), sample.encryptionsLeft);
    },
  });
  new Gauge({
    name: 'holdfast_encryptions_left_ratio',
    help: 'The same as a part of all that a version may make, for keys that get no new one by themselves.',
    labelNames,
    registers,
    async collect() {
      const samples = await read();
      this.reset();
      for (const sample of samples) {
        const { encryptionsLeft, encryptionLimit } = sample;
        if (encryptionLimit !== undefined) {
          this.set(labelsOf(sample), encryptionsLeft / encryptionLimit);
        }
      }
    },
  });
}

function labelsOf({ keyManager, externalKeyId, keyVersion }: EncryptionsLeftSample) {
  return {
    key_manager: keyManager,
    external_key_id: externalKeyId,
    key_version: String(keyVersion),
  };
}

/** Reads once for all that ask before it is there: gauges are collected at the same time. */
function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}

function registerCertificateGauge(registry: Registry, sources: MetricSources): void {
  new Gauge({
    name: 'holdfast_certificate_days_to_expiry',
    help: 'Days until the first certificate of a listener expires.',
    labelNames: ['listener'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { listener, daysToExpiry } of sources.certificates()) {
        this.set({ listener }, daysToExpiry);
      }
    },
  });
}

function registerStandingGauges(registry: Registry, sources: MetricSources): void {
  const registers = [registry];
  new Gauge({
    name: 'holdfast_state_standing',
    help: '1 for the standing this replica has towards the state store, 0 for the others.',
    labelNames: ['standing'],
    registers,
    collect() {
      const { kind, kinds } = sources.standing();
      for (const standing of kinds) this.set({ standing }, standing === kind ? 1 : 0);
    },
  });
  new Gauge({
    name: 'holdfast_state_revision',
    help: 'Revision of the state store up to which every change is in force on this replica.',
    registers,
    collect() {
      this.set(sources.standing().revision);
    },
  });
  new Gauge({
    name: 'holdfast_state_age_seconds',
    help: 'Time since the state store last confirmed the copy of this replica.',
    registers,
    collect() {
      this.set(sources.standing().ageSeconds);
    },
  });
  new Gauge({
    name: 'holdfast_state_problems',
    help: 'Problems with the state store: damaged documents, writes that fail, no standby.',
    registers,
    collect() {
      this.set(sources.standing().problems);
    },
  });
  new Gauge({
    name: 'holdfast_state_left_aside',
    help: 'What is in the state store and counts for nothing here, as holdfast status names it.',
    registers,
    collect() {
      this.set(sources.standing().leftAside);
    },
  });
}

function registerAuditGauges(registry: Registry, sources: MetricSources): void {
  if (sources.audit() === undefined) return;
  const registers = [registry];
  new Gauge({
    name: 'holdfast_audit_records',
    help: 'Records in the audit log of this replica, the removed ones too.',
    registers,
    collect() {
      this.set(sources.audit()?.records ?? 0);
    },
  });
  new Gauge({
    name: 'holdfast_audit_interrupted',
    help: '1 while records cannot be written to the audit log.',
    registers,
    collect() {
      this.set(sources.audit()?.isInterrupted === true ? 1 : 0);
    },
  });
  new Gauge({
    name: 'holdfast_audit_sink_behind_records',
    help: 'Records of the audit log that a sink has not been sent yet.',
    labelNames: ['sink'],
    registers,
    collect() {
      for (const { sink, behind } of sources.audit()?.sinks ?? []) this.set({ sink }, behind);
    },
  });
}
