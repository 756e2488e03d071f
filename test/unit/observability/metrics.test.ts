import { describe, expect, it } from 'vitest';
import { type MetricLabels, Metrics } from '../../../src/observability/metrics.js';
import { STANDINGS } from '../../../src/state/state.js';
import type { MetricSources } from '../../../src/observability/state-gauges.js';
import { requestEntry } from '../../support/request-entry.js';

const NOTHING: MetricSources = {
  nodeStates: () => Promise.resolve([]),
  encryptionsLeft: () => Promise.resolve([]),
  certificates: () => [],
  standing: () => ({
    kind: 'in-step',
    kinds: STANDINGS,
    revision: 0,
    ageSeconds: 0,
    problems: 0,
    leftAside: 0,
  }),
  audit: () => undefined,
  notifications: () => ({ events: [], webhooks: [] }),
  reloads: () => ({ results: {}, lastSuccessSeconds: 0, failed: { files: false }, generation: 1 }),
  policies: () => [],
};

const NO_LABELS: MetricLabels = {
  keyStores: [],
  operations: [],
  errorNames: [],
  authenticationFailures: [],
  throttleReasons: [],
};

describe('Metrics', () => {
  it('no request yet → every series that an alert may ask for is there, at 0', async () => {
    const metrics = new Metrics(NOTHING, {
      keyStores: ['production'],
      operations: ['Encrypt', 'GetHealthStatus'],
      errorNames: ['InternalException'],
      authenticationFailures: ['clock-skew'],
      throttleReasons: ['overload'],
    });
    const text = await metrics.render();
    for (const operation of ['Encrypt', 'GetHealthStatus']) {
      expect(text).toContain(
        `holdfast_request_duration_seconds_count{operation="${operation}",key_store="production",result="success"} 0`,
      );
    }
    expect(text).toContain(
      'holdfast_errors_total{error_name="InternalException",key_store="production"} 0',
    );
    expect(text).toContain(
      'holdfast_authentication_failures_total{cause="clock-skew",key_store="production"} 0',
    );
  });

  it('requests → counted in the bucket of their duration, by operation, key store and result', async () => {
    const metrics = new Metrics(NOTHING, NO_LABELS);
    const encrypt = { operation: 'Encrypt', keyStore: 'production' };
    metrics.recordRequest(requestEntry({ ...encrypt, durationUs: 900 }));
    metrics.recordRequest(requestEntry({ ...encrypt, durationUs: 139_000 }));
    metrics.recordRequest(requestEntry({ ...encrypt, durationUs: 260_000 }));
    const labels = 'operation="Encrypt",key_store="production",result="success"';
    const text = await metrics.render();
    expect(text).toContain(`holdfast_request_duration_seconds_bucket{le="0.001",${labels}} 1`);
    expect(text).toContain(`holdfast_request_duration_seconds_bucket{le="0.1",${labels}} 1`);
    expect(text).toContain(`holdfast_request_duration_seconds_bucket{le="0.14",${labels}} 2`);
    expect(text).toContain(`holdfast_request_duration_seconds_bucket{le="0.25",${labels}} 2`);
    expect(text).toContain(`holdfast_request_duration_seconds_count{${labels}} 3`);
  });

  it('a request without operation or key store → counted under none', async () => {
    const metrics = new Metrics(NOTHING, NO_LABELS);
    metrics.recordRequest(requestEntry({ status: 404, errorName: 'InvalidUriPathException' }));
    const text = await metrics.render();
    expect(text).toContain(
      'holdfast_request_duration_seconds_count{operation="none",key_store="none",result="InvalidUriPathException"} 1',
    );
    expect(text).toContain(
      'holdfast_errors_total{error_name="InvalidUriPathException",key_store="none"} 1',
    );
  });

  it('a method that is not allowed → counted as such, neither as a success nor by error name', async () => {
    const metrics = new Metrics(NOTHING, NO_LABELS);
    metrics.recordRequest(
      requestEntry({ operation: 'Encrypt', keyStore: 'production', status: 405 }),
    );
    const text = await metrics.render();
    expect(text).toContain(
      'holdfast_request_duration_seconds_count{operation="Encrypt",key_store="production",result="method-not-allowed"} 1',
    );
    expect(text).not.toContain('holdfast_errors_total{');
  });

  it('a failed authentication → counted by cause as well', async () => {
    const metrics = new Metrics(NOTHING, NO_LABELS);
    metrics.recordRequest(
      requestEntry({
        keyStore: 'production',
        status: 401,
        errorName: 'AuthenticationFailedException',
        authenticationFailure: 'skew',
      }),
    );
    expect(await metrics.render()).toContain(
      'holdfast_authentication_failures_total{cause="skew",key_store="production"} 1',
    );
  });

  it('state that changes → the gauges of the latest scrape alone', async () => {
    let status: 'ACTIVE' | 'UNAVAILABLE' = 'ACTIVE';
    let keys = ['payroll', 'gone'];
    const sources: MetricSources = {
      nodeStates: () =>
        Promise.resolve([{ keyManager: 'files', node: 'a', location: 'local', status }]),
      encryptionsLeft: () =>
        Promise.resolve(
          keys.map((externalKeyId) => ({
            keyManager: 'files',
            externalKeyId,
            keyVersion: 1,
            encryptionsLeft: 2 ** 31,
            encryptionLimit: externalKeyId === 'payroll' ? 2 ** 32 : undefined,
          })),
        ),
      certificates: () => [{ listener: 'public', daysToExpiry: 12.5 }],
      standing: () => ({
        kind: 'alone',
        kinds: STANDINGS,
        revision: 12,
        ageSeconds: 1.5,
        problems: 2,
        leftAside: 1,
      }),
      reloads: () => NOTHING.reloads(),
      audit: () => ({
        records: 7,
        isInterrupted: true,
        sinks: [{ sink: 'siem', behind: 12 }],
      }),
      policies: () => [],
      notifications: () => ({
        events: [{ event: 'node-down', severity: 'critical', count: 3 }],
        webhooks: [
          {
            ...{ webhook: 'siem', queued: 4, stuckSeconds: 2.5 },
            ...{ delivered: 5, failedAttempts: 6, dropped: 7 },
          },
        ],
      }),
    };
    const metrics = new Metrics(sources, NO_LABELS);
    const node = 'key_manager="files",node="a",location="local"';
    expect(await metrics.render()).toContain(
      `holdfast_key_manager_node_state{${node},status="ACTIVE"} 1`,
    );

    status = 'UNAVAILABLE';
    keys = ['payroll'];
    const text = await metrics.render();
    expect(text).toContain(`holdfast_key_manager_node_state{${node},status="ACTIVE"} 0`);
    expect(text).toContain(`holdfast_key_manager_node_state{${node},status="UNAVAILABLE"} 1`);
    expect(text).toContain(
      'holdfast_encryptions_left{key_manager="files",external_key_id="payroll",key_version="1"} 2147483648',
    );
    expect(text).toContain(
      'holdfast_encryptions_left_ratio{key_manager="files",external_key_id="payroll",key_version="1"} 0.5',
    );
    expect(text).toContain('holdfast_events_total{event="node-down",severity="critical"} 3');
    expect(text).toContain('holdfast_webhook_queued_events{webhook="siem"} 4');
    expect(text).toContain('holdfast_webhook_stuck_seconds{webhook="siem"} 2.5');
    for (const [result, count] of [
      ['delivered', 5],
      ['failed-attempt', 6],
      ['dropped', 7],
    ]) {
      const labels = `webhook="siem",result="${result}"`;
      expect(text).toContain(`holdfast_webhook_deliveries_total{${labels}} ${count}`);
    }
    expect(text).not.toContain('"gone"');
    expect(text).toContain('holdfast_state_standing{standing="alone"} 1');
    expect(text).toContain('holdfast_state_standing{standing="in-step"} 0');
    expect(text).toContain('holdfast_state_revision 12');
    expect(text).toContain('holdfast_state_age_seconds 1.5');
    expect(text).toContain('holdfast_state_problems 2');
    expect(text).toContain('holdfast_state_left_aside 1');
    expect(text).toContain('holdfast_certificate_days_to_expiry{listener="public"} 12.5');
  });

  it('any scrape → processor time, memory and event loop delay', async () => {
    const text = await new Metrics(NOTHING, NO_LABELS).render();
    expect(text).toMatch(/^holdfast_process_cpu_seconds_total [\d.]+$/m);
    expect(text).toMatch(/^holdfast_process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^holdfast_event_loop_delay_seconds\{quantile="0.99"\} [\d.]+/m);
  });

  it('two instances → nothing shared', async () => {
    const busy = new Metrics(NOTHING, NO_LABELS);
    busy.recordRequest(requestEntry({ operation: 'Decrypt' }));
    expect(await new Metrics(NOTHING, NO_LABELS).render()).not.toContain('Decrypt');
  });
});
