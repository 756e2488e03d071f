import { randomBytes } from 'node:crypto';
import { formatPath } from './config/problem.js';
import { BufferedDestination } from './observability/log-destination.js';
import type { Logger } from './observability/logger.js';
import { declareLoggers, type Loggers } from './observability/loggers.js';
import { tell } from './observability/standard-error.js';
import { Holdfast } from './runtime/compose.js';
import {
  type LoadedConfiguration,
  readConfiguration,
  resolveConfiguration,
} from './runtime/configuration-file.js';
import { configurationFile } from './runtime/overrides.js';
import { prepareQuickstart } from './runtime/quickstart.js';
import { renderStartScreen, renderStopping, startedFields } from './runtime/start-screen.js';
import { systemClock } from './shared/clock.js';
import { IGNORED_SIGNALS } from './shared/ignored-signals.js';

const STDOUT = 1;

/** How to serve, where that is not a matter of the configuration. */
export interface ServeOptions {
  /** Default: what `HOLDFAST_CONFIG` names, else the quickstart. */
  readonly configFile?: string;
  /** Whether empty key folders may be made key folders. */
  readonly init?: boolean;
  /** Why an unsigned tail of the audit log is taken over that no crash can have left. */
  readonly acceptUnsignedTail?: string;
}

/**
 * Serves until SIGTERM or SIGINT, then drains and resolves; the process may end then.
 *
 * @throws ConfigurationError, or what the part that could not be started says
 */
export async function serve(options: ServeOptions = {}): Promise<void> {
  const loaded = await load(options.configFile ?? configurationFile(process.env));
  const stdout = new BufferedDestination(STDOUT);
  try {
    await serveLoaded(loaded, stdout, options);
  } finally {
    await stdout.end();
  }
}

async function serveLoaded(
  loaded: LoadedConfiguration,
  stdout: BufferedDestination,
  { init = false, acceptUnsignedTail }: ServeOptions,
): Promise<void> {
  const loggers = declareLoggers(loaded.configuration.log, stdout, systemClock);
  process.on('uncaughtExceptionMonitor', (error) => {
    loggers.process.fatal({ err: error }, 'the process ends because of a defect');
  });
  logIgnoredSignals(loggers.process);
  for (const { path, message } of loaded.warnings) {
    loggers.process.warn({ path: formatPath(path) }, message);
  }
  const stopSignal = nextStopSignal();
  const ports = { clock: systemClock, loggers, stdout, init, acceptUnsignedTail };
  const { holdfast, screen } = await Holdfast.start(loaded, ports);
  tell(renderStartScreen(screen));
  loggers.process.info(startedFields(screen), 'started');
  const signal = await stopSignal;
  tell(renderStopping(loaded.configuration));
  await stopOn(signal, holdfast, loggers);
}

async function load(file: string): Promise<LoadedConfiguration> {
  const source = readConfiguration(file, process.env);
  if (source.quickstart) {
    await prepareQuickstart(source, { clock: systemClock, randomBytes });
  }
  return resolveConfiguration(source, process.env, systemClock);
}

/** Lost terminals and logrotate send them. */
function logIgnoredSignals(log: Logger): void {
  for (const name of IGNORED_SIGNALS) {
    process.on(name, (signal) => {
      log.warn({ signal }, 'a signal is ignored');
    });
  }
}

/** Afterwards Node's own handlers are in place again: a second signal ends the process at once. */
function nextStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      process.off('SIGTERM', stop).off('SIGINT', stop);
      resolve(signal);
    };
    process.on('SIGTERM', stop).on('SIGINT', stop);
  });
}

async function stopOn(
  signal: NodeJS.Signals,
  holdfast: Holdfast,
  { process: log, strangers }: Loggers,
): Promise<void> {
  log.info({ signal }, 'stopping');
  await holdfast.stop();
  strangers.close();
  log.info('stopped');
}
