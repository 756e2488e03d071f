import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

const RESOLUTION_MS = 20;

/**
 * Adds processor time, memory and event loop delay. prom-client's own default metrics watch
 * every garbage collection besides, which costs something even when nobody scrapes.
 */
export function registerProcessGauges(registry: Registry): void {
  const registers = [registry];
  new Counter({
    name: 'holdfast_process_cpu_seconds_total',
    help: 'Processor time used by the process, user and system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'holdfast_process_resident_memory_bytes',
    help: 'Memory that the process keeps resident.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  registerDescriptors(registers);
  registerEventLoopDelay(registry);
}

/** Empty where the system has no /proc. */
function registerDescriptors(registers: Registry[]): void {
  if (process.platform !== 'linux') return;
  new Gauge({
    name: 'holdfast_process_open_files',
    help: 'Files and connections that the process has open.',
    registers,
    collect() {
      this.set(readdirSync('/proc/self/fd').length);
    },
  });
  new Gauge({
    name: 'holdfast_process_open_files_limit',
    help: 'Files and connections that it may have open.',
    registers,
    collect() {
      const limits = readFileSync('/proc/self/limits', 'utf8');
      this.set(Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity));
    },
  });
}

function registerEventLoopDelay(registry: Registry): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: 'holdfast_event_loop_delay_seconds',
    help: 'How late timers ran since the previous scrape.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      this.set({ quantile: '0.5' }, lateness(delay.percentile(50)));
      this.set({ quantile: '0.99' }, lateness(delay.percentile(99)));
      this.set({ quantile: '1' }, lateness(delay.max));
      delay.reset();
    },
  });
}

/** The histogram holds the time between two runs of a timer, in ns, its period included. */
function lateness(betweenRunsNs: number): number {
  return Math.max(0, betweenRunsNs / 1e6 - RESOLUTION_MS) / 1e3;
}
