import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const condition = z.enum(['service_started', 'service_healthy', 'service_completed_successfully']);

const service = z.object({
  image: z.string(),
  build: z.object({ context: z.literal('.'), target: z.string() }).optional(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  cap_add: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  tmpfs: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  user: z.string().optional(),
  network_mode: z.string().optional(),
  networks: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  restart: z.string(),
  healthcheck: z.object({ disable: z.literal(true) }).or(z.object({ test: z.array(z.string()) })),
  depends_on: z.record(z.string(), z.object({ condition })).default({}),
  profiles: z.array(z.string()).default([]),
});

const composeFile = z.object({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
  volumes: z.record(z.string(), z.null()),
});

/** A service of docker-compose.yml, as far as tests look at it. */
export type ComposeService = z.infer<typeof service>;

/** An instruction of the Dockerfile, in one line. */
interface Instruction {
  readonly keyword: string;
  readonly rest: string;
}

/** A stage of the Dockerfile: what it starts from, and what is done there. */
export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** The absolute path of a file of the repository. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** The text of a file of the repository. */
export function repositoryFile(path: string): string {
  return readFileSync(repositoryPath(path), 'utf8');
}

/** docker-compose.yml, with its anchors put in. */
export function readComposeFile(): z.infer<typeof composeFile> {
  return composeFile.parse(parse(repositoryFile('docker-compose.yml'), { merge: true }));
}

/** The stages of the Dockerfile, in order; the last is the default, and may have no name. */
export function readDockerfile(): Stage[] {
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  const text = repositoryFile('Dockerfile').replaceAll(/^#.*\n/gm, '');
  for (const line of text.replaceAll(/\\\n\s*/g, '').split('\n')) {
    const [, keyword = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (keyword === 'FROM') {
      const [base = '', , name = ''] = rest.split(' ');
      stages.push({ name, base, instructions: [] });
    } else if (keyword !== '') {
      stages.at(-1)?.instructions.push({ keyword, rest });
    }
  }
  return stages;
}
