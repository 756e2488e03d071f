import { Counter, type Registry } from 'prom-client';

/** The decisions of the policies of a key store since the start. */
export interface PolicySample {
  readonly keyStore: string;
  readonly remembered: number;
  readonly evaluated: number;
  readonly errors: number;
  readonly shadowCompared: number;
  readonly shadowSkipped: number;
  readonly shadowWouldAllow: number;
  readonly shadowWouldDeny: number;
}

/** Adds the metrics of policies, read from `samples` at every scrape. */
export function registerPolicyMetrics(
  registry: Registry,
  samples: () => readonly PolicySample[],
): void {
  const registers = [registry];
  new Counter({
    name: 'holdfast_policy_decisions_total',
    help: 'Decisions of policies: those that were remembered, and those that Cedar was asked for.',
    labelNames: ['key_store', 'source'],
    registers,
    collect() {
      this.reset();
      for (const { keyStore: key_store, remembered, evaluated } of samples()) {
        this.inc({ key_store, source: 'remembered' }, remembered);
        this.inc({ key_store, source: 'evaluated' }, evaluated);
      }
    },
  });
  new Counter({
    name: 'holdfast_policy_errors_total',
    help: 'Requests that were denied because a policy could not be evaluated.',
    labelNames: ['key_store'],
    registers,
    collect() {
      this.reset();
      for (const { keyStore: key_store, errors } of samples()) this.inc({ key_store }, errors);
    },
  });
  new Counter({
    name: 'holdfast_policy_shadow_requests_total',
    help: 'Requests that a candidate was evaluated for, and those left out to save time.',
    labelNames: ['key_store', 'result'],
    registers,
    collect() {
      this.reset();
      for (const { keyStore: key_store, shadowCompared, shadowSkipped } of samples()) {
        this.inc({ key_store, result: 'compared' }, shadowCompared);
        this.inc({ key_store, result: 'left-out' }, shadowSkipped);
      }
    },
  });
  new Counter({
    name: 'holdfast_policy_shadow_differences_total',
    help: 'Requests that a candidate would allow and that were denied, and the reverse.',
    labelNames: ['key_store', 'would'],
    registers,
    collect() {
      this.reset();
      for (const { keyStore: key_store, shadowWouldAllow, shadowWouldDeny } of samples()) {
        this.inc({ key_store, would: 'allow' }, shadowWouldAllow);
        this.inc({ key_store, would: 'deny' }, shadowWouldDeny);
      }
    },
  });
}
