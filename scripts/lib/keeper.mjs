// A process that runs a program which is none of ours, and ends it when whoever has started this
// one is gone, however that ended: nobody can see SIGKILL. `keeper.mjs PROGRAM ARGUMENT …`
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const [program = '', ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: 'inherit' });

process.once('disconnect', () => child.kill('SIGTERM'));
// As Ctrl-C in a terminal, which signals both: the program ends, and then this process.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => child.kill(signal));
}
child.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
child.once('exit', (code, signal) => {
  process.exit(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
});
