import { afterAll, beforeAll, expect, it } from 'vitest';
import { logDrawnBlocks } from '../../support/drawn-blocks.js';
import { FaultRounds } from '../../support/replica-faults.js';
import { Replicas } from '../../support/replicas.js';
import { describeWithReplicas } from '../../support/replicas-suite.js';

describeWithReplicas('two replicas under load, while an operator makes keys', ({ postgres }) => {
  let replicas: Replicas;
  beforeAll(async () => {
    replicas = await Replicas.launch(postgres);
    await logDrawnBlocks(replicas.database, replicas.state);
  });
  afterAll(() => replicas.dispose());

  it('one thing fails after the other → nothing acknowledged is lost, no block is given twice, no request fails but on what was killed', async () => {
    const rounds = new FaultRounds(replicas, Math.random);
    await rounds.round('replica killed');
    await rounds.round('database killed');
    await rounds.round('failover to a laggard');
    const outcome = await rounds.end();
    expect(outcome).toMatchObject({ failures: [], lost: [], givenTwice: [] });
    expect(outcome.acknowledged).toBeGreaterThan(5);
    expect(outcome.answers).toBeGreaterThan(100);
  });
});
