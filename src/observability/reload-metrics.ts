import { Counter, Gauge, type Registry } from 'prom-client';

/** The reloads since the start, and the generation in force. */
export interface ReloadSample {
  /** The number of reloads, by what came of them. */
  readonly results: Readonly<Record<string, number>>;
  /** Time at which the configuration in force was found good, in s since 1970. */
  readonly lastSuccessSeconds: number;
  /** Subjects of reloads, and whether the last one of each failed. */
  readonly failed: Readonly<Record<string, boolean>>;
}

/** Adds the metrics of reloads, whose values are read from `source` at every scrape. */
export function registerReloadMetrics(
  registry: Registry,
  source: () => ReloadSample & { readonly generation: number },
): void {
  const registers = [registry];
  new Counter({
    name: 'holdfast_reloads_total',
    help: 'Reloads of the configuration, by what came of them.',
    labelNames: ['result'],
    registers,
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(source().results)) this.inc({ result }, count);
    },
  });
  new Gauge({
    name: 'holdfast_reload_failed',
    help: 'Whether the last reload of the configuration, or of files by themselves, failed.',
    labelNames: ['of'],
    registers,
    collect() {
      for (const [of, failed] of Object.entries(source().failed)) this.set({ of }, Number(failed));
    },
  });
  new Gauge({
    name: 'holdfast_configuration_generation',
    help: 'Number of the configuration in force: 1 since the start, one more for each reload.',
    registers,
    collect() {
      this.set(source().generation);
    },
  });
  new Gauge({
    name: 'holdfast_configuration_last_success_timestamp_seconds',
    help: 'Time at which the configuration in force was last found good.',
    registers,
    collect() {
      this.set(source().lastSuccessSeconds);
    },
  });
}
