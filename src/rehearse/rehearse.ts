import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chapter } from './chapter.js';
import { NotAsExpected, NotLookedAt, Skipped } from './ending.js';
import { CHAPTERS } from './chapters/index.js';
import type { RehearsedProxy } from './proxy.js';
import { Scene } from './scene.js';
import { KmsError } from '../aws/kms-client.js';
import { Relay } from './stage/relay.js';
import { startSimulatedKms } from './stage/simulated-kms.js';
import { type Account, Accountant } from './telling/account.js';

/** The outcome of a chapter. Only `passed` is good. */
export type Outcome = 'passed' | 'failed' | 'unknown' | 'skipped';

/** A chapter as it was played. */
export interface PlayedChapter {
  readonly name: string;
  readonly title: string;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** Plain sentences: what happened, or why it failed or was not looked at. */
  readonly told: readonly string[];
  readonly account: Account;
}

/** A rehearsal, from its beginning to its end. */
export interface Rehearsal {
  readonly startedAt: string;
  readonly durationMs: number;
  /** True when nothing failed. */
  readonly sound: boolean;
  /** True when all was looked at that options and proxy allow. */
  readonly complete: boolean;
  /** Folder of the proxy's audit log; absent where nobody said where it is. */
  readonly auditLog?: string | undefined;
  /** The reason for which the audit log cannot be read. */
  readonly auditNotRead?: string | undefined;
  /** Faults of the simulator itself: with one, nothing that it has told is certain. */
  readonly simulatorFaults: readonly string[];
  readonly chapters: readonly PlayedChapter[];
}

/** The proxy of a rehearsal and the external key that it uses. */
export interface RehearsalConfig {
  readonly proxy: RehearsedProxy;
  readonly externalKeyId: string;
  /** Ends the rehearsal before the next chapter. */
  readonly signal?: AbortSignal;
}

/**
 * Plays all chapters against a proxy, before a simulator of KMS whose state is in a temporary
 * folder.
 *
 * @throws what keeps the simulator from starting, or the signal's reason
 */
export async function rehearse(config: RehearsalConfig): Promise<Rehearsal> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-rehearsal-'));
  try {
    return await rehearseIn(folder, config);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function rehearseIn(folder: string, config: RehearsalConfig): Promise<Rehearsal> {
  const { proxy, externalKeyId, signal } = config;
  const startedAt = new Date();
  const begun = performance.now();
  const relay = await Relay.start(proxy.place);
  try {
    const simulated = await startSimulatedKms(join(folder, 'kms'), proxy, relay.place);
    try {
      const scene = new Scene({ proxy, externalKeyId, simulated, relay, folder });
      const accountant = await Accountant.open(simulated, proxy.auditLog);
      const chapters = await playAll(scene, accountant, signal);
      return {
        startedAt: startedAt.toISOString(),
        durationMs: Math.round(performance.now() - begun),
        ...judged(chapters, simulated.faults(), accountant.auditNotRead),
        auditLog: proxy.auditLog,
        chapters,
      };
    } finally {
      await simulated.close();
    }
  } finally {
    await relay.cut();
  }
}

async function playAll(
  scene: Scene,
  accountant: Accountant,
  signal: AbortSignal | undefined,
): Promise<readonly PlayedChapter[]> {
  const played: PlayedChapter[] = [];
  for (const chapter of CHAPTERS) {
    signal?.throwIfAborted();
    played.push(await play(chapter, scene, accountant));
  }
  return played;
}

async function play(
  chapter: Chapter,
  scene: Scene,
  accountant: Accountant,
): Promise<PlayedChapter> {
  const { name, title } = chapter;
  const begun = performance.now();
  const { outcome, told } = await outcomeOf(chapter, scene);
  const durationMs = Math.round(performance.now() - begun);
  const account = await accountant.take();
  const missing = account.audit?.missing ?? [];
  if (missing.length === 0) return { name, title, outcome, durationMs, told, account };
  const because = `The proxy's audit log lacks calls that KMS made: ${missing.join(', ')}.`;
  return { name, title, outcome: 'failed', durationMs, told: [...told, because], account };
}

async function outcomeOf(
  chapter: Chapter,
  scene: Scene,
): Promise<Pick<PlayedChapter, 'outcome' | 'told'>> {
  try {
    return { outcome: 'passed', told: await chapter.play(scene) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof Skipped) return { outcome: 'skipped', told: [error.message] };
    if (error instanceof NotLookedAt)
      return { outcome: 'unknown', told: [sentence(error.message)] };
    if (error instanceof NotAsExpected)
      return { outcome: 'failed', told: [sentence(error.message)] };
    const text =
      error instanceof KmsError
        ? `KMS told the caller ${error.name}: ${error.message}`
        : `The rehearsal could not go on here: ${error.message}`;
    return { outcome: 'failed', told: [text] };
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

function judged(
  chapters: readonly PlayedChapter[],
  simulatorFaults: readonly string[],
  auditNotRead: string | undefined,
) {
  const isCertain = simulatorFaults.length === 0 && auditNotRead === undefined;
  return {
    sound: chapters.every(({ outcome }) => outcome !== 'failed'),
    complete: isCertain && chapters.every(({ outcome }) => outcome !== 'unknown'),
    simulatorFaults,
    auditNotRead,
  };
}
