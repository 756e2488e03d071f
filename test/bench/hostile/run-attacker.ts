import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { GENERATOR_CORE, pinned } from '../cores.js';

const PROGRAM = fileURLToPath(new URL('attacker-process.ts', import.meta.url));
/** The measuring client shares its core, and must not measure the attacker. */
const NICENESS = '10';

/** The orders of a process that attacks. */
export interface AttackOrder {
  readonly host: string;
  readonly port: number;
  readonly certificateAuthority: string;
  readonly uriPath: string;
  /** Name of one of the attacks. */
  readonly attack: string;
  readonly silentConnections: number;
  readonly bytesPerSecond: number;
}

/** An attack that is under way. */
export interface RunningAttack {
  /** @returns bytes that it has sent, silent connections aside */
  stop(): Promise<number>;
}

/** Starts to attack, in a process of its own that ends with this one. */
export function runAttacker(order: AttackOrder): RunningAttack {
  const node = [process.execPath, '--import', 'tsx', PROGRAM, JSON.stringify(order)] as const;
  const [program, ...rest] = pinned(GENERATOR_CORE, ['nice', '-n', NICENESS, ...node]);
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const sent = text(child.stdout);
  return {
    stop: async () => {
      child.stdin.end();
      return Number(await sent);
    },
  };
}
