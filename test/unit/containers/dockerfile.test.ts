import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { currentLts } from '../../../scripts/lib/current-lts.mjs';
import { readDockerfile, repositoryFile, repositoryPath } from '../../support/container-files.js';

const stages = readDockerfile();
const names = stages.map(({ name }) => name);
const instructions = stages.flatMap((stage) => stage.instructions);
const served = stages.find(({ name }) => name === 'holdfast')?.instructions ?? [];
const command = z.array(z.string());

const restOf = (keyword: string) =>
  served.filter((instruction) => instruction.keyword === keyword).map(({ rest }) => rest);

/** What the image's health check runs, as a list. */
function healthCheck(): string[] {
  const [rest = ''] = restOf('HEALTHCHECK');
  return command.parse(JSON.parse(rest.slice(rest.indexOf('CMD ') + 4)));
}

/** Answers every connection so, as the operations listener might. @returns its port */
async function answering(statusLine: string): Promise<number> {
  const server = createServer((socket) => {
    socket.end(`HTTP/1.1 ${statusLine}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('Dockerfile', () => {
  it('every image from outside → the Node that we test with, of the line that we recommend', () => {
    const outside = stages.map(({ base }) => base).filter((base) => !names.includes(base));
    expect(outside).not.toHaveLength(0);
    for (const base of outside) expect(base).toMatch(`node:${currentLts}-`);
    const [, recommended] = /Node\.js (\d+)\s+\(LTS\)/.exec(repositoryFile('README.md')) ?? [];
    expect(currentLts.split('.')[0]).toBe(recommended);
    const labels = restOf('LABEL').join(' ');
    const [baseName] = /node:[\w.-]+/.exec(labels) ?? [];
    expect(outside).toContain(baseName);
  });

  it('what is copied from the context → exists, and is let in by .dockerignore', () => {
    const letIn = repositoryFile('.dockerignore').match(/(?<=^!).+/gm) ?? [];
    const sources = instructions
      .filter(({ keyword, rest }) => keyword === 'COPY' && !rest.startsWith('--from='))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    expect(new Set(sources)).toEqual(new Set(letIn));
    expect(sources.filter((path) => !existsSync(repositoryPath(path)))).toEqual([]);
  });

  it('every stage that serves → ends as another user than root', () => {
    const users = stages
      .filter(({ name }) => name === 'holdfast' || name === 'softhsm')
      .map((stage) => stage.instructions.findLast(({ keyword }) => keyword === 'USER')?.rest);
    expect(users).toEqual(['10001:10001', '10001:10001']);
  });

  it('the process → is the server itself, and is stopped by SIGTERM', () => {
    expect(restOf('ENTRYPOINT')).toEqual([
      '["node", "--disable-sigusr1", "--inspect-port=192.0.2.1:1024", "/opt/holdfast/dist/cli/main.js"]',
    ]);
    expect(restOf('CMD')).toEqual(['["serve"]']);
    expect(restOf('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('the label → the version of the package', () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(repositoryFile('package.json')));
    expect(restOf('ARG')).toContain(`VERSION=${version}`);
  });

  it.each([
    ['200 OK', 0],
    ['503 Service Unavailable', 1],
  ])('health check against %s → exit code %i', async (statusLine, code) => {
    const [program, ...args] = healthCheck();
    expect(program).toBe('node');
    const env = { HOLDFAST_OPERATIONS_PORT: String(await answering(statusLine)) };
    const run = promisify(execFile)(process.execPath, args, { env });
    if (code === 0) await run;
    else await expect(run).rejects.toMatchObject({ code });
  });
});
