/** A process that attacks until its standard input ends: `attacker-process.ts ORDER`. */
import { connect as connectPlain } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { attacksOn, type Attack } from './attacks.js';
import type { AttackOrder } from './run-attacker.js';

const PACE_MS = 10;
const RECONNECT_MS = 20;

const order = JSON.parse(process.argv[2] ?? '') as AttackOrder;
const attack = attacksOn(order.uriPath).find(({ name }) => name === order.attack);
let sentBytes = 0;
let credit = 0;

/** Opened again when it is closed, spread over a second at the start. */
function keepSilent(index: number): void {
  setTimeout(() => {
    const socket = connectPlain(order.port, order.host);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      setTimeout(
        () => {
          keepSilent(0);
        },
        RECONNECT_MS + Math.random() * 100,
      );
    });
  }, index / 4);
}

/** One connection of an attack that sends. */
class Attacker {
  readonly #attack: Attack;
  #socket: TLSSocket | undefined;
  #next = 0;
  #isReady = false;
  #isWriting = false;

  constructor(attack: Attack) {
    this.#attack = attack;
    this.#connect();
  }

  /** @returns bytes sent; 0 when the connection takes none now */
  send(): number {
    const { writes } = this.#attack;
    const bytes = writes[this.#next % writes.length];
    if (!this.#isReady || this.#isWriting || bytes === undefined) return 0;
    this.#next += 1;
    // Node puts writes that wait together into one TLS record.
    this.#isWriting = true;
    this.#socket?.write(bytes, () => {
      this.#isWriting = false;
    });
    return bytes.length;
  }

  #connect(): void {
    const { host, port, certificateAuthority } = order;
    const socket = connectTls({ host, port, ca: certificateAuthority });
    this.#socket = socket;
    this.#next = 0;
    this.#isWriting = false;
    socket.on('secureConnect', () => {
      if (this.#attack.opening !== undefined) socket.write(this.#attack.opening);
      this.#isReady = true;
    });
    socket.on('error', () => undefined);
    socket.resume();
    socket.on('close', () => {
      this.#isReady = false;
      setTimeout(() => {
        this.#connect();
      }, RECONNECT_MS);
    });
  }
}

function pace(attackers: readonly Attacker[]): void {
  let turn = 0;
  setInterval(() => {
    credit = Math.min(order.bytesPerSecond / 10, credit + (order.bytesPerSecond * PACE_MS) / 1_000);
    for (let refused = 0; credit > 0 && refused < attackers.length; turn += 1) {
      const bytes = attackers[turn % attackers.length]?.send() ?? 0;
      if (bytes === 0) refused += 1;
      credit -= bytes;
      sentBytes += bytes;
    }
  }, PACE_MS);
}

for (let index = 0; index < order.silentConnections; index += 1) keepSilent(index);
if (attack !== undefined && attack.connections > 0) {
  pace(Array.from({ length: attack.connections }, () => new Attacker(attack)));
}
process.stdin.resume().on('end', () => {
  process.stdout.write(String(sentBytes), () => {
    process.exit();
  });
});
