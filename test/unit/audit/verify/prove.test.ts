import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogFolder, NoLogError } from '../../../../src/audit/read/log-folder.js';
import { checkProof, ProofError, proveRecord } from '../../../../src/audit/verify/prove.js';
import { NoteError, noteSigner } from '../../../../src/transparency-log/signed-note.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, signer, stop } from '../log/log-fixture.js';

const { verifierKey } = signer;
const segments = { maxBytes: 2_000, maxAgeMs: 2 ** 30 };
const stranger = noteSigner(verifierKey.name, generateKeyPairSync('ed25519').privateKey);

async function newLog(directory: string): Promise<readonly string[]> {
  const { log } = await openTestLog(directory, { segments });
  for (let round = 0; round < 6; round += 1) await addRecords(log, 5);
  await stop(log);
  const { segments: files } = await LogFolder.open(directory);
  return files.flatMap(({ path }) => readFileSync(path, 'utf8').split('\n').slice(0, -1));
}

describe('proofs of the records of a log', () => {
  const directory = temporaryFolder(afterAll);
  let lines: readonly string[];

  beforeAll(async () => {
    lines = await newLog(directory);
  });

  const prove = (sequence: number, keys = [verifierKey]) => proveRecord(directory, sequence, keys);

  it('every record → its line, and a proof that holds for that line alone', async () => {
    expect(lines.length).toBeGreaterThan(30);
    for (const sequence of lines.keys()) {
      const { line, proof } = await prove(sequence);
      expect(line).toBe(lines[sequence]);
      const { size } = checkProof(Buffer.from(line), proof, verifierKey);
      expect(size).toBeGreaterThan(sequence);
      const other = Buffer.from(lines[(sequence + 1) % lines.length] ?? '');
      expect(() => checkProof(other, proof, verifierKey)).toThrow(ProofError);
    }
  });

  it('a proof checked with another key → refused', async () => {
    const { line, proof } = await prove(3);
    expect(() => checkProof(Buffer.from(line), proof, stranger.verifierKey)).toThrow(NoteError);
  });

  it('a record that is not there, and keys that have signed nothing → no proof', async () => {
    await expect(prove(lines.length)).rejects.toThrow(ProofError);
    await expect(prove(3, [stranger.verifierKey])).rejects.toThrow('No checkpoint covers record 3');
    await expect(prove(3, [])).rejects.toThrow(ProofError);
    await expect(prove(3, [stranger.verifierKey, verifierKey])).resolves.toBeDefined();
  });

  it('no log → said', async () => {
    await expect(proveRecord(temporaryFolder(), 0, [verifierKey])).rejects.toThrow(NoLogError);
  });
});

describe('a log that was changed', () => {
  it.each([
    ['the record', (text: string) => text.replace('key-0', 'key-9')],
    ['a record beside it', (text: string) => text.replace('key-3', 'key-9')],
    ['a line missing', (text: string) => text.split('\n').toSpliced(2, 1).join('\n')],
    ['its beginning', (text: string) => text.replace('"type":"segment"', '"type":"sediment"')],
  ])('%s → proves nothing', async (_, change) => {
    const directory = temporaryFolder();
    await newLog(directory);
    const path = join(directory, '000000000000.jsonl');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    await expect(proveRecord(directory, 1, [verifierKey])).rejects.toThrow(ProofError);
  });

  it('its checkpoints damaged → the proof names the file', async () => {
    const directory = temporaryFolder();
    await newLog(directory);
    const { checkpointFiles } = await LogFolder.open(directory);
    for (const file of checkpointFiles) writeFileSync(join(directory, file), '\u2014 x y\n');
    await expect(proveRecord(directory, 1, [verifierKey])).rejects.toThrow(checkpointFiles[0]);
  });

  it('retention has removed the record → not in the log', async () => {
    const directory = temporaryFolder();
    await newLog(directory);
    const { segments: files } = await LogFolder.open(directory);
    rmSync(files[0]?.path ?? '');
    await expect(proveRecord(directory, 1, [verifierKey])).rejects.toThrow('is not in');
  });
});
