import type { PlayedChapter, Rehearsal } from '../rehearse/rehearse.js';
import type { Account } from '../rehearse/telling/account.js';
import type { ProxyRequests } from '../rehearse/telling/proxy-metrics.js';
import { printableLine } from '../shared/printable.js';
import { table } from './table.js';

const SUCCESS = 'None';

/** Outcomes in words for people. */
const OUTCOMES: Readonly<Record<PlayedChapter['outcome'], string>> = {
  passed: 'passed',
  failed: 'FAILED',
  unknown: 'not looked at',
  skipped: 'left out',
};

/** A rehearsal for people: a table of chapters, and what happened in each. */
export function renderRehearsal(url: string, rehearsal: Rehearsal): string {
  const { chapters, durationMs } = rehearsal;
  const rows = chapters.map(({ title, outcome, durationMs: ms }, at) => [
    String(at + 1),
    title,
    OUTCOMES[outcome],
    seconds(ms),
  ]);
  return [
    `A rehearsal with ${printableLine(url)}, before a simulator of AWS KMS\n`,
    table(['', 'CHAPTER', 'OUTCOME', 'TIME'], rows),
    ...chapters.map(renderChapter),
    `${sum(chapters)}, in ${seconds(durationMs)}.\n${auditLine(rehearsal)}`,
  ].join('\n');
}

function auditLine({ auditLog, auditNotRead }: Rehearsal): string {
  if (auditLog === undefined) {
    return "The proxy's audit log was not looked at: nobody said where it is (--audit-log).\n";
  }
  if (auditNotRead === undefined) return '';
  return `The proxy's audit log could not be read: ${printableLine(auditNotRead)}\n`;
}

function renderChapter({ title, outcome, told, account }: PlayedChapter, at: number): string {
  const lines = [...told, ...accountOf(account)].map((text) => `   ${printableLine(text)}\n`);
  return `${at + 1}. ${title}: ${OUTCOMES[outcome]}\n${lines.join('')}`;
}

function accountOf(account: Account): readonly string[] {
  const { kms, proxyRequests, meanLatencyMs, audit } = account;
  const told = kms.map(
    ({ operation, count, exception }) => `${count} ${operation} ${exception ?? 'done'}`,
  );
  const latency = meanLatencyMs === undefined ? '' : `, ${meanLatencyMs.toFixed(1)} ms on average`;
  const lines = [];
  if (told.length > 0) lines.push(`KMS told the callers: ${told.join(', ')}.`);
  for (const text of textsOf(account)) lines.push(`  ${text}`);
  if (proxyRequests.length > 0) {
    lines.push(`KMS asked the proxy:  ${requestsOf(proxyRequests)}${latency}.`);
  }
  if (audit !== undefined && audit.requests.length > 0) {
    lines.push(
      `The proxy recorded:   ${requestsOf(audit.requests)}, signed by ${audit.accessKeyIds.join(' and ')}.`,
    );
  }
  return lines;
}

/** Texts of the exceptions, each once. */
function textsOf({ kms }: Account): readonly string[] {
  const texts = kms.flatMap(({ exception, message = '' }) =>
    exception === undefined ? [] : [`${exception}: ${message}`],
  );
  return [...new Set(texts)];
}

function requestsOf(requests: readonly ProxyRequests[]): string {
  return requests
    .map(
      ({ operation, ended, count }) =>
        `${count} ${operation} ${ended === SUCCESS ? 'done' : ended}`,
    )
    .join(', ');
}

function sum(chapters: readonly PlayedChapter[]): string {
  const parts = Object.entries(OUTCOMES).flatMap(([outcome, word]) => {
    const count = chapters.filter((chapter) => chapter.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  return `${chapters.length} chapters: ${parts.join(', ')}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
