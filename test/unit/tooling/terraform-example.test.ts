import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { installHclParser } from '../../../scripts/lib/install-hcl-parser.mjs';
import { repositoryFile, repositoryPath } from '../../support/container-files.js';
import provider from '../../vectors/terraform-aws-kms-attributes.json' with { type: 'json' };

/** A block: attributes by name, and blocks within it as lists. */
type Block = Readonly<Record<string, unknown>>;

/** Resources by type and name. */
type Resources = readonly Readonly<Record<string, Readonly<Record<string, Block>>>>[];

const EXAMPLE = 'examples/terraform/main.tf';
const parser = await findParser();
const READ = 'import hcl2, json, sys; print(json.dumps(hcl2.load(open(sys.argv[1]))))';

/** Undefined where it cannot be had, outside CI. */
async function findParser(): Promise<string | undefined> {
  try {
    return await installHclParser();
  } catch (error) {
    if (process.env['CI']) throw error;
    process.stderr.write(`\nSKIPPED: a test of ${EXAMPLE}: ${String(error)}\n`);
    return undefined;
  }
}

/** The parser makes its tables anew each time: seconds, and many on a busy machine. */
const PARSER_MS = 120_000;
let example: ReturnType<typeof parseExample> | undefined;

function readExample() {
  example ??= parseExample();
  return example;
}

function parseExample() {
  const env = { ...process.env, PYTHONPATH: parser ?? '' };
  const args = ['-c', READ, repositoryPath(EXAMPLE)];
  const json = execFileSync('python3', args, { env, encoding: 'utf8' });
  // The parser keeps the quotes of names and texts.
  return JSON.parse(json.replaceAll('\\"', '')) as {
    readonly variable: readonly Block[];
    readonly resource: Resources;
  };
}

function attributesOf(block: Block): string[] {
  return Object.keys(block).filter((name) => name !== '__is_block__');
}

it.skipIf(parser === undefined)(
  `${EXAMPLE} → a parser reads it, and every attribute is one of the AWS provider's`,
  () => {
    const known: Readonly<Record<string, readonly string[]>> = provider.attributes;
    const used: Record<string, string[]> = {};
    for (const [type, named] of readExample().resource.flatMap(Object.entries)) {
      for (const block of Object.values(named as Record<string, Block>)) {
        used[type] = attributesOf(block);
        for (const [name, value] of Object.entries(block)) {
          if (Array.isArray(value)) used[`${type}.${name}`] = attributesOf(value[0] as Block);
        }
      }
    }
    expect(Object.keys(used).sort()).toEqual(Object.keys(known).sort());
    for (const [place, names] of Object.entries(used)) {
      expect(known[place], place).toEqual(expect.arrayContaining(names));
    }
  },
  PARSER_MS,
);

it.skipIf(parser === undefined)(
  `${EXAMPLE} → every variable is used, and none is missing`,
  () => {
    const text = repositoryFile(EXAMPLE);
    const declared = readExample().variable.flatMap((block) => Object.keys(block));
    const used = [...text.matchAll(/\bvar\.(?<name>\w+)/g)].map(({ groups }) => groups?.['name']);
    expect([...new Set(used)].sort()).toEqual(declared.sort());
  },
  PARSER_MS,
);
