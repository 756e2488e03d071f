// The example's key manager as one that is far away and has few hands: each encryption and each
// decryption takes `delayMs`, and no more than `concurrency` of them go on at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { createKeyManager as createExample } from '../../../examples/key-manager-module/index.mjs';

/** @type {import('holdfast/key-managers').CreateKeyManager} */
export async function createKeyManager({ delayMs, concurrency, ...options }, ports) {
  const keyManager = await createExample(options, ports);
  const hands = new Hands(Number(concurrency), Number(delayMs));
  for (const node of keyManager.nodes) {
    const { encrypt, decrypt } = node;
    Object.assign(node, {
      inProcess: false,
      encrypt: (...given) => hands.take(() => encrypt.apply(node, given)),
      decrypt: (...given) => hands.take(() => decrypt.apply(node, given)),
    });
  }
  return keyManager;
}

class Hands {
  #free;
  #delayMs;
  #waiting = [];

  constructor(hands, delayMs) {
    this.#free = hands;
    this.#delayMs = delayMs;
  }

  async take(work) {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((resolve) => this.#waiting.push(resolve));
    try {
      await sleep(this.#delayMs);
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
