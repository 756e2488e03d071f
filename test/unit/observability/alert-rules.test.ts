import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { findPromtool } from '../../support/promtool.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const RULES = fileURLToPath(
  new URL('../../../config/prometheus/holdfast.rules.yml', import.meta.url),
);
/** Of the evaluation: each `for` has passed by then. */
const EVAL_MINUTES = 40;

/** Series by what they are called, in promtool's notation, a sample a minute. */
type Series = Readonly<Record<string, string>>;

const steady = (value: number) => `${value}x${EVAL_MINUTES}`;
const growing = (perMinute: number) => `0+${perMinute}x${EVAL_MINUTES}`;
/** A counter that goes up once, ten minutes before the evaluation. */
const once = `0x${EVAL_MINUTES - 10} 1x10`;

const HEALTH =
  'holdfast_request_duration_seconds_count{operation="GetHealthStatus",result="success",key_store="p"}';
const node = (status: string) =>
  `holdfast_key_manager_node_state{key_manager="hsm",node="a",location="x",status="${status}"}`;
const event = (name: string) => `holdfast_events_total{event="${name}",severity="critical"}`;
const bucket = (le: string) => `holdfast_request_duration_seconds_bucket{key_store="p",le="${le}"}`;
const error = (name: string) => `holdfast_errors_total{error_name="${name}",key_store="p"}`;
const key = '{key_manager="hsm",external_key_id="payroll",key_version="1"}';
const left = `holdfast_encryptions_left${key}`;
const ratio = `holdfast_encryptions_left_ratio${key}`;
const standing = (name: string) => `holdfast_state_standing{standing="${name}"}`;
const delay = 'holdfast_event_loop_delay_seconds{quantile="0.99"}';
const days = 'holdfast_certificate_days_to_expiry{listener="xks"}';
const dropped = 'holdfast_webhook_deliveries_total{webhook="siem",result="dropped"}';
const reloadFailed = 'holdfast_reload_failed{of="configuration"}';
const refused = 'holdfast_authentication_failures_total{cause="signature-mismatch",key_store="p"}';
const files = { holdfast_process_open_files_limit: steady(1_000) };
const count = 'holdfast_request_duration_seconds_count{key_store="p"}';

/** For each alert, series at which it fires, and series at which it does not. */
const CASES: Readonly<Record<string, readonly [fires: Series, quiet: Series]>> = {
  HoldfastDown: [{ 'up{job="holdfast"}': steady(0) }, { 'up{job="holdfast"}': steady(1) }],
  HoldfastNotCalledByKms: [{ [HEALTH]: steady(5) }, { [HEALTH]: growing(1) }],
  HoldfastFailing: [
    { [error('InternalException')]: growing(1) },
    { [error('InternalException')]: steady(7), [error('KeyNotFoundException')]: growing(1) },
  ],
  HoldfastKeyRefused: [
    { [error('InvalidStateException')]: growing(1) },
    { [error('InvalidStateException')]: steady(7) },
  ],
  HoldfastNear250Ms: [
    { [bucket('0.1')]: growing(97), [bucket('0.2')]: growing(100), [bucket('+Inf')]: growing(100) },
    {
      [bucket('0.1')]: growing(100),
      [bucket('0.2')]: growing(100),
      [bucket('+Inf')]: growing(100),
    },
  ],
  HoldfastSlow: [
    { [bucket('0.1')]: growing(98), [count]: growing(100) },
    { [bucket('0.1')]: growing(100), [count]: growing(100) },
  ],
  HoldfastBusy: [{ [delay]: steady(0.06) }, { [delay]: steady(0.01) }],
  HoldfastFilesRunOut: [
    { holdfast_process_open_files: steady(900), ...files },
    { holdfast_process_open_files: steady(100), ...files },
  ],
  HoldfastCredentialRefused: [
    { [refused]: growing(1) },
    { 'holdfast_authentication_failures_total{cause="missing-authorization"}': growing(1) },
  ],
  HoldfastForeignCiphertext: [
    { [error('InvalidCiphertextException')]: growing(1) },
    { [error('InvalidCiphertextException')]: steady(3) },
  ],
  HoldfastKeyPendingDeletionUsed: [
    { [event('key-pending-deletion-used')]: once },
    { [event('key-pending-deletion-used')]: steady(1), [event('key-rotated')]: once },
  ],
  HoldfastKeyEvent: [
    { [event('destroyed-key-appeared')]: once },
    { [event('destroyed-key-appeared')]: steady(0), [event('key-rotated')]: once },
  ],
  HoldfastKeyExpires: [{ [event('key-expiring')]: once }, { [event('key-expiring')]: steady(2) }],
  HoldfastEncryptionBudgetLow: [{ [ratio]: steady(0.09) }, { [ratio]: steady(0.11) }],
  HoldfastKeyNearsItsLimit: [
    { [ratio]: `0.5-0.001x${EVAL_MINUTES}` },
    { [ratio]: `0.5-0.00000001x${EVAL_MINUTES}` },
  ],
  HoldfastKeyAtItsLimit: [{ [left]: steady(29_999) }, { [left]: steady(30_000) }],
  HoldfastNodeDown: [
    { [node('UNAVAILABLE')]: steady(1) },
    { [node('UNAVAILABLE')]: steady(0), [node('DEGRADED')]: steady(1) },
  ],
  HoldfastNodeDegraded: [{ [node('DEGRADED')]: steady(1) }, { [node('DEGRADED')]: steady(0) }],
  HoldfastStateStoreAway: [
    { [standing('alone')]: steady(1) },
    { [standing('alone')]: steady(0), [standing('in-step')]: steady(1) },
  ],
  HoldfastStateNotTrusted: [
    { [standing('gone-back')]: steady(1) },
    { [standing('gone-back')]: steady(0), [standing('alone')]: steady(1) },
  ],
  HoldfastStateProblem: [
    { holdfast_state_problems: steady(1) },
    { holdfast_state_problems: steady(0) },
  ],
  HoldfastAuditInterrupted: [
    { holdfast_audit_interrupted: steady(1) },
    { holdfast_audit_interrupted: steady(0) },
  ],
  HoldfastAuditSinkBehind: [
    { 'holdfast_audit_sink_behind_records{sink="siem"}': steady(10_001) },
    { 'holdfast_audit_sink_behind_records{sink="siem"}': steady(10_000) },
  ],
  HoldfastCertificateExpires: [{ [days]: steady(29.5) }, { [days]: steady(31) }],
  HoldfastCertificateExpiresNow: [{ [days]: steady(-1) }, { [days]: steady(7.5) }],
  HoldfastReloadFailed: [{ [reloadFailed]: steady(1) }, { [reloadFailed]: steady(0) }],
  HoldfastWebhookStuck: [
    { 'holdfast_webhook_stuck_seconds{webhook="siem"}': steady(901) },
    { 'holdfast_webhook_stuck_seconds{webhook="siem"}': steady(900) },
  ],
  HoldfastNotificationsDropped: [{ [dropped]: once }, { [dropped]: steady(4) }],
};

interface Rule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string };
}

const rules = (
  parse(readFileSync(RULES, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] }
).groups.flatMap((group) => group.rules);

const promtool = await findPromtool();
const run = (...args: readonly string[]) => promisify(execFile)(promtool ?? '', [...args]);

describe('the alert rules', () => {
  it('every rule → a severity, and what to do', () => {
    for (const { labels, annotations } of rules) {
      expect(['warning', 'critical']).toContain(labels.severity);
      expect(annotations).toMatchObject({
        summary: expect.any(String) as unknown,
        action: expect.any(String) as unknown,
      });
    }
  });

  it('every rule → tested here', () => {
    expect(rules.map(({ alert }) => alert).toSorted()).toEqual(Object.keys(CASES).toSorted());
  });

  it.skipIf(promtool === undefined)('promtool → takes them', async () => {
    expect((await run('check', 'rules', RULES)).stdout).toContain(`${rules.length} rules found`);
  });

  it.skipIf(promtool === undefined)(
    'each alert → fires where it should, and nowhere else',
    async () => {
      const file = join(temporaryFolder(), 'tests.yml');
      const tests = [true, false].flatMap((fires) => {
        const cases = Object.entries(CASES).map(([alert, [firing, quiet]]) => ({
          alert,
          series: fires ? firing : quiet,
          fires,
        }));
        return apart(cases).map(testOf);
      });
      writeFileSync(file, stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }));
      const { stdout } = await run('test', 'rules', file).catch((failure: unknown) => {
        throw new Error('promtool found differences', { cause: failure });
      });
      expect(stdout).toContain('SUCCESS');
    },
  );
});

interface Case {
  readonly alert: string;
  readonly series: Series;
  readonly fires: boolean;
}

/** Puts cases together that have no metric in common: each test of promtool takes a second. */
function apart(cases: readonly Case[]): readonly (readonly Case[])[] {
  const groups: { readonly metrics: Set<string>; readonly cases: Case[] }[] = [];
  for (const each of cases) {
    const metrics = Object.keys(each.series).map((name) => name.split('{')[0] ?? '');
    const free = groups.find((group) => metrics.every((metric) => !group.metrics.has(metric)));
    const group = free ?? { metrics: new Set<string>(), cases: [] };
    if (free === undefined) groups.push(group);
    for (const metric of metrics) group.metrics.add(metric);
    group.cases.push(each);
  }
  return groups.map((group) => group.cases);
}

/** A test in promtool's form, which looks at what Prometheus itself notes of alerts. */
function testOf(cases: readonly Case[]): object {
  const series = cases.flatMap((each) => Object.entries(each.series));
  return {
    interval: '1m',
    input_series: series.map(([name, values]) => ({ series: name, values })),
    promql_expr_test: cases.map(({ alert, fires }) => ({
      expr: `count by (alertname) (ALERTS{alertname="${alert}", alertstate="firing"})`,
      eval_time: `${EVAL_MINUTES}m`,
      exp_samples: fires ? [{ labels: `{alertname="${alert}"}`, value: 1 }] : [],
    })),
  };
}
