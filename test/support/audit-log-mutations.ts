import { MAX_LINE_BYTES } from '../../src/audit/read/line-chunks.js';
import { splitNotes } from './split-notes.js';
import { linesAfter, payloadOf, rebuild, signedByAnother } from './audit-log-attacker.js';
import {
  checkpointFilesOf,
  contentOf,
  fileOf,
  type LogImage,
  linesOf,
  segmentsOf,
  withContent,
  withFile,
  withLines,
  without,
} from './audit-log-image.js';
import type { SeededRandom } from './audit-log-random.js';

/** Changes something in the files of a log; what, the random numbers say. */
export type Mutation = (image: LogImage, random: SeededRandom) => LogImage;

const GARBAGE = Buffer.from('this is no record');

/** Damage to bytes, wherever they are. */
const bytes: Readonly<Record<string, Mutation>> = {
  'flip a bit of a file': (image, random) => {
    const name = random.pick([...image.keys()]);
    return withFile(image, name, flipped(fileOf(image, name), random));
  },
  'set a byte of a file': (image, random) => {
    const name = random.pick([...image.keys()]);
    const changed = Buffer.from(fileOf(image, name));
    changed[random.below(changed.length)] = random.below(256);
    return withFile(image, name, changed);
  },
  'truncate a file': (image, random) => {
    const name = random.pick([...image.keys()]);
    const file = fileOf(image, name);
    return withFile(image, name, file.subarray(0, random.below(file.length)));
  },
  'flip a bit of the text of a segment': (image, random) => {
    const name = random.pick(segmentsOf(image));
    return withContent(image, name, flipped(contentOf(image, name), random));
  },
  'truncate the text of a segment': (image, random) => {
    const name = random.pick(segmentsOf(image));
    const content = contentOf(image, name);
    return withContent(image, name, content.subarray(0, random.below(content.length)));
  },
  'replace a segment by more zero bytes than a line has': (image, random) =>
    withContent(image, random.pick(segmentsOf(image)), Buffer.alloc(MAX_LINE_BYTES + 1)),
  'replace a segment by something that is no gzip': (image, random) => {
    const name = random.pick(segmentsOf(image));
    return withFile(image, name, GARBAGE);
  },
  'empty a segment': (image, random) =>
    withFile(image, random.pick(segmentsOf(image)), Buffer.alloc(0)),
  'append bytes that are no text to checkpoints': (image, random) => {
    const name = random.pick(checkpointFilesOf(image));
    return withFile(image, name, Buffer.concat([fileOf(image, name), Buffer.alloc(40, 0xff)]));
  },
  'append half a line': (image, random) => {
    const name = random.pick(segmentsOf(image));
    return withContent(image, name, Buffer.concat([contentOf(image, name), GARBAGE]));
  },
};

/** Lines that are gone, too many, or elsewhere. */
const lines: Readonly<Record<string, Mutation>> = {
  'drop a line': onLines((all, at) => all.toSpliced(at, 1)),
  'duplicate a line': onLines((all, at) => all.toSpliced(at, 0, lineAt(all, at))),
  'append a line of garbage': onLines((all) => [...all, GARBAGE]),
  'insert a line of garbage': onLines((all, at) => all.toSpliced(at, 0, GARBAGE)),
  'empty a line': onLines((all, at) => all.with(at, Buffer.alloc(0))),
  'copy a line elsewhere': (image, random) => {
    const copied = anyLine(image, random);
    return onLines((all, at) => all.toSpliced(at, 0, copied))(image, random);
  },
  'replace a line by another one': (image, random) => {
    const copied = anyLine(image, random);
    return onLines((all, at) => all.with(at, copied))(image, random);
  },
  'swap two lines': (image, random) => {
    const [a, b] = [random.pick(segmentsOf(image)), random.pick(segmentsOf(image))];
    const [first, second] = [linesOf(image, a), linesOf(image, b)];
    const [i, j] = [random.below(first.length), random.below(second.length)];
    const changed = withLines(image, a, first.with(i, lineAt(second, j)));
    return withLines(changed, b, linesOf(changed, b).with(j, lineAt(first, i)));
  },
  'swap two lines that follow each other': onLines((all, at) =>
    at + 1 < all.length
      ? all.toSpliced(at, 2, lineAt(all, at + 1), lineAt(all, at))
      : all.toSpliced(at, 1),
  ),
};

/** Files that are gone, too many, or under another name. */
const files: Readonly<Record<string, Mutation>> = {
  'drop a segment': (image, random) => without(image, random.pick(segmentsOf(image))),
  'drop a segment with its checkpoints': (image, random) => {
    const name = random.pick(segmentsOf(image));
    return without(image, name, checkpointsOf(name));
  },
  'drop a file of checkpoints': (image, random) =>
    without(image, random.pick(checkpointFilesOf(image))),
  'swap the names of two segments': (image, random) => {
    const [a, b] = [random.pick(segmentsOf(image)), random.pick(segmentsOf(image))];
    const other = contentOf(image, b);
    return withContent(withContent(image, b, contentOf(image, a)), a, other);
  },
  'swap two files of checkpoints': (image, random) => {
    const [a, b] = [random.pick(checkpointFilesOf(image)), random.pick(checkpointFilesOf(image))];
    return withFile(withFile(image, a, fileOf(image, b)), b, fileOf(image, a));
  },
  'lay an uncompressed segment beside a compressed one': (image, random) => {
    const compressed = segmentsOf(image).filter((name) => name.endsWith('.gz'));
    const name = random.pick(compressed.length > 0 ? compressed : segmentsOf(image));
    return withFile(image, name.replace('.gz', ''), flipped(contentOf(image, name), random));
  },
};

/** What somebody does who knows how a log is made, and does not have the key. */
const attacks: Readonly<Record<string, Mutation>> = {
  'drop the newest checkpoints and write the records behind them anew': (image, random) => {
    const names = checkpointFilesOf(image);
    const gone = names.slice(1 + random.below(names.length - 1));
    return without(
      rebuild(image, (all) => all.with(-1, withoutOne(all.at(-1) ?? []))),
      ...gone,
    );
  },
  'change a record and write the log anew': onPayloads((all, at) =>
    all.with(at, (all[at] ?? '').replace('-', 'x')),
  ),
  'drop a record and write the log anew': onPayloads((all, at) => all.toSpliced(at, 1)),
  'insert a record and write the log anew': onPayloads((all, at) =>
    all.toSpliced(at, 0, all[at - 1] ?? ''),
  ),
  'write the log anew, without its checkpoints': (image, random) => {
    const rewritten = attacks['drop a record and write the log anew']?.(image, random) ?? image;
    return without(rewritten, ...checkpointFilesOf(rewritten));
  },
  'write the log anew and sign it with another key': (image, random) =>
    signedByAnother(attacks['change a record and write the log anew']?.(image, random) ?? image),
  'add records that follow on to a closed segment': (image, random) => {
    const name = random.pick(segmentsOf(image).slice(0, -1));
    const payloads = Array.from({ length: 1 + random.below(3) }, () =>
      payloadOf(anyLine(image, random)),
    );
    return withLines(image, name, [...linesOf(image, name), ...linesAfter(image, name, payloads)]);
  },
  'remove the beginning and say that it was retention': (image, random) => {
    const names = segmentsOf(image);
    const gone = names.slice(0, 1 + random.below(names.length - 1));
    const last = names.at(-1) ?? '';
    const first = Number.parseInt(names[gone.length] ?? '', 10);
    const time = '"time":"2026-01-01T00:00:00.000Z","replica":"replica-1"';
    const payload = `${time},"type":"retention","firstSequence":0,"lastSequence":${String(first - 1)}}`;
    const forged = linesAfter(image, last, [payload]);
    const image2 = withLines(image, last, [...linesOf(image, last), ...forged]);
    return without(image2, ...gone, ...gone.map(checkpointsOf));
  },
  'say other times of the segment before and write the log anew': (image, random) =>
    rebuild(image, (payloads) => {
      const segment = 1 + random.below(payloads.length - 1);
      const [head = '', ...others] = payloads[segment] ?? [];
      const bound = random.pick(['earliest', 'latest']);
      return payloads.with(segment, [head.replace(`"${bound}":"2`, `"${bound}":"1`), ...others]);
    }),
  'roll back to an older checkpoint': (image, random) => {
    const names = segmentsOf(image);
    const at = random.below(names.length);
    const name = names[at] ?? '';
    const notes = splitNotes(fileOf(image, checkpointsOf(name)).toString());
    // Never to the last one, which is the log as it is.
    const keep =
      at === names.length - 1
        ? notes.slice(0, 1 + random.below(notes.length - 1))
        : notes.slice(0, 1 + random.below(notes.length));
    const size = Number(keep.at(-1)?.split('\n')[1]);
    const cut = withLines(
      image,
      name,
      linesOf(image, name).slice(0, size - Number.parseInt(name, 10)),
    );
    const gone = names.slice(at + 1);
    const rolled = without(cut, ...gone, ...gone.map(checkpointsOf));
    return withFile(rolled, checkpointsOf(name), Buffer.from(keep.join('')));
  },
};

/** Every way in which a log is changed, by what is done. */
export const mutations: ReadonlyMap<string, Mutation> = new Map(
  Object.entries({ ...bytes, ...lines, ...files, ...attacks }),
);

/** Name of the file of checkpoints beside a segment. */
export function checkpointsOf(segment: string): string {
  return segment.replace(/\.jsonl(?:\.gz)?$/, '.checkpoints');
}

function onLines(change: (all: readonly Buffer[], at: number) => readonly Buffer[]): Mutation {
  return (image, random) => {
    const name = random.pick(segmentsOf(image));
    const all = linesOf(image, name);
    return withLines(image, name, change(all, random.below(all.length)));
  };
}

/** The first record of a segment, which says what came before it, stays where it is. */
function onPayloads(change: (all: readonly string[], at: number) => readonly string[]): Mutation {
  return (image, random) =>
    rebuild(image, (payloads) => {
      const segment = random.below(payloads.length);
      const all = payloads[segment] ?? [];
      return payloads.with(segment, change(all, 1 + random.below(all.length - 1)));
    });
}

function withoutOne(payloads: readonly string[]): readonly string[] {
  return payloads.toSpliced(1, 1);
}

function anyLine(image: LogImage, random: SeededRandom): Buffer {
  return random.pick(linesOf(image, random.pick(segmentsOf(image))));
}

function lineAt(all: readonly Buffer[], at: number): Buffer {
  const line = all[at];
  if (line === undefined) throw new Error(`there is no line ${String(at)}`);
  return line;
}

function flipped(bytes: Buffer, random: SeededRandom): Buffer {
  const changed = Buffer.from(bytes);
  const at = random.below(changed.length);
  changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
  return changed;
}
