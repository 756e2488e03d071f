import { expect, it } from 'vitest';
import { logDrawnBlocks } from '../../support/drawn-blocks.js';
import { FaultRounds } from '../../support/replica-faults.js';
import { Replicas } from '../../support/replicas.js';
import { describeWithReplicas } from '../../support/replicas-suite.js';

/** The short version of test/bench/replica-faults.ts, which has many rounds, and failovers. */
describeWithReplicas('faults under load while an operator makes keys', ({ postgres }) => {
  it('the database and a replica are killed → no change is lost, no block given twice, no request refused', async () => {
    const replicas = await Replicas.launch(postgres);
    try {
      await logDrawnBlocks(replicas.database, replicas.state);
      const faults = new FaultRounds(replicas, Math.random);
      await faults.round('database killed');
      await faults.round('replica killed');
      const outcome = await faults.end();
      expect(outcome.acknowledged).toBeGreaterThan(0);
      expect(outcome).toMatchObject({ failures: [], lost: [], givenTwice: [] });
    } finally {
      await replicas.dispose();
    }
  });
});
