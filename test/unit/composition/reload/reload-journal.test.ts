import { expect, it } from 'vitest';
import {
  ReloadJournal,
  type ReloadTrigger,
} from '../../../../src/composition/reload/reload-journal.js';
import { captureLog } from '../../../support/log-lines.js';

/** A journal whose clock goes on by a second with every entry, and the events that it tells. */
function journal() {
  let now = 0;
  const events: unknown[] = [];
  const { logger: log } = captureLog();
  return {
    events,
    journal: new ReloadJournal({
      clock: { now: () => (now += 1_000) },
      log,
      tell: { tell: (event) => events.push(event) },
      file: '/etc/holdfast.yaml',
    }),
  };
}

it('files that are taken after a configuration that failed → its failure stands, wherever it is told', () => {
  const { journal: told } = journal();
  told.failed('command', new Error('the YAML is cut off'));
  told.succeeded('files', {});
  told.unchanged('files');
  expect(told.last).toMatchObject({ trigger: 'files', result: 'unchanged' });
  expect(told.failures).toMatchObject([{ trigger: 'command', reason: 'the YAML is cut off' }]);
  expect(told.sample()).toMatchObject({
    failed: { configuration: true, files: false },
    // The start was the last time at which everything was good.
    lastSuccessSeconds: 1,
  });
});

it.each<[string, (told: ReloadJournal) => void, readonly ReloadTrigger[]]>([
  [
    'the configuration is taken',
    (told) => {
      told.succeeded('signal', {});
    },
    [],
  ],
  [
    'the configuration is as before',
    (told) => {
      told.unchanged('command');
    },
    [],
  ],
  [
    'the files are taken',
    (told) => {
      told.succeeded('files', {});
    },
    ['command'],
  ],
  [
    'the files are as before',
    (told) => {
      told.filesAreAsBefore();
    },
    ['command'],
  ],
])('both have failed, and %s → what failed and was not put right stands', (_, act, standing) => {
  const { journal: told } = journal();
  told.failed('files', new Error('the key does not belong to the certificate'));
  told.failed('command', new Error('the YAML is cut off'));
  act(told);
  expect(told.failures.map(({ trigger }) => trigger)).toEqual(standing);
});
