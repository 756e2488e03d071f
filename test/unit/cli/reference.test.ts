import { describe, expect, it } from 'vitest';
import { createProgram, withDescendants } from '../../../src/cli/program.js';
import { run } from '../../../src/cli/run.js';
import { CapturedTerminal } from '../../support/captured-terminal.js';

const INTRODUCTION = `# Command line

<!-- Written from the program's own help. After a change there: npx vitest run test/unit/cli/reference.test.ts -u -->

\`holdfast\` runs the proxy and administers a running one. In a clone it is \`npx holdfast\`;
serve with \`dist/cli/main.js serve\` there, because npx keeps SIGTERM to itself and leaves the server behind.

\`keys\` and \`key-stores\` speak to the server over its admin socket, a Unix socket of mode 0600, so they
run as the server's user. They find it by the server's own configuration and environment, and look up
none of its secrets: give them the same \`--config\` or \`HOLDFAST_CONFIG\`. The other commands need no server.

Results go to standard output, as a table or, with \`--json\`, as JSON for programs; warnings and failures go to
standard error. Secrets are printed by \`key-stores export\` and \`credentials generate\` alone.
`;

describe('docs/cli.md', () => {
  it('any change of a command → the reference says the same as its help', async () => {
    const commands = withDescendants(createProgram(new CapturedTerminal()));
    // A group has nothing to tell; the doctor has commands below it and is one itself.
    const groups = new Set(
      commands
        .slice(1)
        .filter(({ commands: below }) => below.length > 0)
        .filter((command) => command.name() !== 'doctor'),
    );
    const sections = await Promise.all(
      commands.filter((command) => !groups.has(command) && command.name() !== 'help').map(section),
    );
    const reference = [INTRODUCTION, ...sections].join('\n');
    await expect(reference).toMatchFileSnapshot('../../../docs/cli.md');
  });
});

async function section(command: ReturnType<typeof createProgram>): Promise<string> {
  const names: string[] = [];
  for (let at = command; at.parent !== null; at = at.parent) names.unshift(at.name());
  const terminal = new CapturedTerminal();
  await run([...names, '--help'], terminal);
  return `## ${['holdfast', ...names].join(' ')}\n\n\`\`\`text\n${terminal.stdout.trim()}\n\`\`\`\n`;
}
