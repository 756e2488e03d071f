import { randomBytes } from 'node:crypto';
import { formatPath } from './configuration/reading/problem.js';
import { BufferedDestination } from './observability/log-destination.js';
import type { Logger } from './observability/logger.js';
import { declareLoggers, type Loggers } from './observability/loggers.js';
import { tell } from './observability/standard-error.js';
import type { ProcessPorts } from './composition/process.js';
import { type RunningServer, startServer } from './composition/start-server.js';
import {
  type ConfigurationSource,
  type LoadedConfiguration,
  readConfiguration,
  resolveConfiguration,
} from './configuration/configuration-file.js';
import { endpointsIn } from './composition/endpoints.js';
import { FirstStart, type Init } from './composition/first-start.js';
import { configurationFile } from './configuration/overrides.js';
import { checkPrivateState } from './configuration/private-state.js';
import { prepareQuickstart } from './quickstart/quickstart.js';
import { ReservedAddresses } from './composition/reserved-addresses.js';
import { renderStartScreen, renderStopping, startedFields } from './presentation/start-screen.js';
import { systemClock } from './shared/clock.js';
import { IGNORED_SIGNALS } from './shared/ignored-signals.js';

export type { InitPart } from './composition/first-start.js';

const STDOUT = 1;

/** The options of `serve` on the command line. */
export interface ServeArguments {
  /** Default: what `HOLDFAST_CONFIG` names, else the quickstart. */
  readonly configFile?: string;
  /** The parts that may be begun where they are empty. */
  readonly init?: Init;
  /**
   * The operator's reason to take over an unsigned tail of the audit log that no crash can have
   * left.
   */
  readonly acceptUnsignedTail?: string;
}

/**
 * Serves until SIGTERM or SIGINT, then drains and resolves; the process may end then.
 *
 * @throws ConfigurationError, or what the part that could not be started says
 */
export async function serve(options: ServeArguments = {}): Promise<void> {
  const source = readConfiguration(
    options.configFile ?? configurationFile(process.env),
    process.env,
  );
  // What is not a quickstart is checked before anything else is done.
  const checked = source.quickstart ? undefined : resolve(source);
  const value = checked?.configuration ?? source.value;
  await checkPrivateState(value, source.stateDirectory);
  const addresses = await ReservedAddresses.take(endpointsIn(value));
  try {
    await serveAt(addresses, checked ?? (await prepare(source)), options);
  } finally {
    await addresses.releaseAll();
  }
}

async function serveAt(
  addresses: ReservedAddresses,
  loaded: LoadedConfiguration,
  options: ServeArguments,
): Promise<void> {
  const firstStart = await FirstStart.begin(loaded.configuration, options.init);
  const { log, audit } = loaded.configuration;
  const stdout = new BufferedDestination(STDOUT);
  const loggers = declareLoggers(log, audit !== undefined, stdout, systemClock);
  const { acceptUnsignedTail } = options;
  const ports = {
    ...{ clock: systemClock, env: process.env, loggers, stdout },
    ...{ firstStart, addresses, acceptUnsignedTail },
  };
  try {
    await serveLoaded(loaded, ports);
  } finally {
    await stdout.end();
  }
}

async function serveLoaded(
  loaded: LoadedConfiguration,
  ports: ProcessPorts & { readonly firstStart: FirstStart },
): Promise<void> {
  const { loggers, firstStart } = ports;
  process.on('uncaughtExceptionMonitor', (error) => {
    loggers.process.fatal({ err: error }, 'the process ends because of a defect');
  });
  logIgnoredSignals(loggers.process);
  for (const { path, message } of loaded.warnings) {
    loggers.process.warn({ path: formatPath(path) }, message);
  }
  if (firstStart.isNeedless) {
    loggers.process.warn(
      '--init has nothing left to begin: leave it out, or volumes that are not mounted pass for new ones',
    );
  }
  const stopSignal = nextStopSignal();
  const reloads = reloadOnSignal();
  const server = await startServer(loaded, ports);
  await firstStart.succeeded();
  tell(renderStartScreen(server.report));
  loggers.process.info(startedFields(server.report), 'started');
  reloads.begin(server);
  const signal = await stopSignal;
  tell(renderStopping(server.configuration()));
  await stopOn(signal, server, loggers);
}

/** Makes what a quickstart refers to. */
async function prepare(source: ConfigurationSource): Promise<LoadedConfiguration> {
  await prepareQuickstart(source, { clock: systemClock, randomBytes });
  return resolve(source);
}

function resolve(source: ConfigurationSource): LoadedConfiguration {
  return resolveConfiguration(source, process.env, systemClock);
}

/**
 * Reloads on SIGHUP. One that comes before the server serves is obeyed when it does, and many that
 * come during a reload are one more.
 */
function reloadOnSignal() {
  let serving: Pick<RunningServer, 'reload'> | undefined;
  let isAsked = false;
  let isReloading = false;
  const obey = async (): Promise<void> => {
    if (serving === undefined || isReloading) return;
    isReloading = true;
    while (isAsked) {
      isAsked = false;
      await serving.reload('signal');
    }
    isReloading = false;
  };
  process.on('SIGHUP', () => {
    isAsked = true;
    void obey();
  });
  return {
    begin(server: Pick<RunningServer, 'reload'>) {
      serving = server;
      void obey();
    },
  };
}

/** Nothing is asked by them. */
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
  server: RunningServer,
  { process: log, strangers, failures }: Loggers,
): Promise<void> {
  log.info({ signal }, 'stopping');
  await server.stop();
  strangers.close();
  failures.close();
  log.info('stopped');
}
