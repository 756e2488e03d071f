import { afterAll, expect, it } from 'vitest';
import { BlackHole } from '../../support/black-hole.js';
import { PostgresServer } from '../../support/postgres.js';
import { describeWithPostgres } from '../../support/postgres-programs.js';

describeWithPostgres('the PostgreSQL of the tests', (programs) => {
  const servers: PostgresServer[] = [];
  const hold = (server: PostgresServer) => {
    servers.push(server);
    return server;
  };
  afterAll(async () => {
    for (const server of servers) await server.dispose();
  });

  it('kill -9, a synchronous standby, one that lags → the data that each should have', async () => {
    const primary = hold(await PostgresServer.launch(programs));
    await primary.sql('CREATE TABLE told (what text)');
    const near = hold(await primary.startStandby('near'));
    const far = hold(await primary.startStandby('far'));
    await primary.waitForStandby('near');
    await far.lag();
    await primary.sql("INSERT INTO told VALUES ('kept')");
    await primary.stop('SIGKILL');
    await primary.start();
    expect((await primary.sql('SELECT FROM told')).rowCount).toBe(1);
    await primary.stop('SIGKILL');
    await near.promote();
    await far.promote();
    expect((await near.sql('SELECT FROM told')).rowCount).toBe(1);
    expect((await far.sql('SELECT FROM told')).rowCount).toBe(0);
  });

  it('a relay before it that goes black → no answer until it lets through again', async () => {
    const server = hold(await PostgresServer.launch(programs));
    const relay = await BlackHole.before(server.port);
    relay.swallow();
    const client = server.clientAt(relay.port, 300);
    await expect(client.connect()).rejects.toThrow('timeout');
    relay.letThrough();
    const again = server.clientAt(relay.port, 10_000);
    await again.connect();
    await again.end();
    relay.close();
  });
});
