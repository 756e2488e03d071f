import { once } from 'node:events';
import { Command, InvalidArgumentError } from 'commander';
import type { StartedSimulator } from '../../kms-simulator/main.js';
import { CliError, EXIT } from '../exit.js';
import type { Terminal } from '../terminal.js';

interface Options {
  readonly state: string;
  readonly port: number;
  readonly config?: string;
  readonly ca?: string;
  readonly resolve: readonly string[];
}

const DEFAULT_PORT = 8700;

const NOTES = `
AWS's tools reach it with --endpoint-url or AWS_ENDPOINT_URL_KMS. It is for trials and tests: its keys lie
in the state folder in the clear. docs/kms-simulator.md says what it does as AWS KMS does, and what it does not.

Example:
  $ holdfast kms-simulator --state var/kms --resolve xks.example.com=127.0.0.1:8443 --ca ca.pem
`;

/** `holdfast kms-simulator` */
export function kmsSimulatorCommand(terminal: Terminal): Command {
  return new Command('kms-simulator')
    .description('run a local AWS KMS that calls XKS proxies, until SIGTERM or SIGINT')
    .requiredOption('--state <folder>', 'where its keys and key stores are kept')
    .option('--port <number>', 'port on 127.0.0.1; 0 for a free one', portNumber, DEFAULT_PORT)
    .option('--config <file>', 'region, callers, delays and faults, in YAML')
    .option(
      '--resolve <host=address:port>',
      'where a proxy is, in place of DNS and port 443 (may be repeated)',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option('--ca <file>', 'PEM of the authorities to trust, in place of the public ones')
    .addHelpText('after', NOTES)
    .action(async (options: Options) => {
      await run(options, terminal);
    });
}

async function run(options: Options, terminal: Terminal): Promise<void> {
  const { SimulatorInputError, startFromOptions } = await import('../../kms-simulator/main.js');
  const onError = (error: unknown): void => {
    terminal.complain(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
  };
  const simulator = await startFromOptions({ ...options, onError }).catch((error: unknown) => {
    if (!(error instanceof SimulatorInputError)) throw error;
    throw new CliError(EXIT.usage, error.message, { cause: error });
  });
  terminal.print(startScreen(simulator));
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await simulator.close();
}

function startScreen(simulator: StartedSimulator): string {
  const { endpoint, region, environmentFile, cloudTrailBucket } = simulator;
  return `A simulator of AWS KMS serves ${region} on ${endpoint}. Ctrl-C stops it.

  Environment    ${environmentFile}  (for aws, boto3 and the SDKs)
  CloudTrail     ${cloudTrailBucket}
  CloudWatch     ${endpoint}/metrics
  Faults         curl -X PUT ${endpoint}/faults -d '{"latencyMs":200}'

Key policies and grants are kept and listed. They are NOT evaluated: every caller may do everything
in its account, and use every key that it can name.
`;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
}
