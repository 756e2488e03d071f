import { isIPv6, type Socket } from 'node:net';

/** The numbers of connections that a listener may have. */
export interface SlotLimits {
  readonly maxConnections: number;
  /** Connections from one address; absent where there is no such limit. */
  readonly maxConnectionsPerAddress?: number | undefined;
}

/** Classes of connections by how far they have come: each gives way to the ones behind it. */
const SILENT = 0;
const SPEAKING = 1;
const AUTHENTICATED = 2;
type Standing = typeof SILENT | typeof SPEAKING | typeof AUTHENTICATED;

/** By then KMS, which gives up after 250 ms, has sent its first byte, and mostly its request. */
const FRESH_MS = 200;

/**
 * Sockets by how much they have shown, with the time when they came so far, the first one first.
 */
class Population {
  readonly #now: () => number;
  readonly #strangers: readonly [Map<Socket, number>, Map<Socket, number>] = [new Map(), new Map()];
  #size = 0;

  /** @param now monotonic, in ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#size;
  }

  enter(socket: Socket): void {
    this.#size += 1;
    this.#strangers[SILENT].set(socket, this.#now());
  }

  advance(socket: Socket, to: Standing): void {
    for (const strangers of this.#strangers) strangers.delete(socket);
    if (to !== AUTHENTICATED) this.#strangers[to].set(socket, this.#now());
  }

  leave(socket: Socket): void {
    this.#size -= 1;
    this.advance(socket, AUTHENTICATED);
  }

  /**
   * Picks who gives way: the oldest that is silent. Where most have sent a byte to be spared, and
   * whoever is silent has only just come, it is the oldest of those.
   *
   * @returns undefined where everybody has authenticated
   */
  leastWelcome(): Socket | undefined {
    const [silent, speaking] = this.#strangers;
    const isCrowd = silent.size >= speaking.size;
    const goesFirst = isCrowd || this.#isStale(silent) || !this.#isStale(speaking);
    const [oldest] = silent.size > 0 && goesFirst ? silent : speaking;
    return oldest?.[0];
  }

  #isStale(strangers: ReadonlyMap<Socket, number>): boolean {
    const [oldest] = strangers;
    return oldest !== undefined && this.#now() - oldest[1] > FRESH_MS;
  }
}

/**
 * The places of a listener, from the moment a connection is accepted. When all are taken, the
 * oldest connection that has shown nothing makes room for the newcomer; one that has made an
 * authenticated request never does.
 */
export class ConnectionSlots {
  readonly #limits: SlotLimits;
  readonly #now: () => number;
  readonly #all: Population;
  readonly #byNetwork = new Map<string, Population>();
  readonly #networks = new Map<Socket, string>();
  readonly #onEnd: () => void;

  /**
   * @param onEnd told of each connection that is ended for want of room
   * @param now monotonic, in ms
   */
  constructor(limits: SlotLimits, onEnd: () => void, now = () => performance.now()) {
    this.#limits = limits;
    this.#onEnd = onEnd;
    this.#now = now;
    this.#all = new Population(now);
  }

  /** @returns false for a socket that there is no room for; it has been ended */
  admit(socket: Socket): boolean {
    const { maxConnections, maxConnectionsPerAddress = Infinity } = this.#limits;
    const network = networkOf(socket.remoteAddress ?? '');
    const neighbours = this.#byNetwork.get(network) ?? new Population(this.#now);
    const hasRoom =
      this.#makeRoom(neighbours, maxConnectionsPerAddress) &&
      this.#makeRoom(this.#all, maxConnections);
    if (!hasRoom) {
      this.#end(socket);
      return false;
    }
    this.#byNetwork.set(network, neighbours);
    this.#networks.set(socket, network);
    for (const population of [this.#all, neighbours]) population.enter(socket);
    socket.once('close', () => {
      this.#leave(socket);
    });
    return true;
  }

  /** Somebody has sent something. */
  noteSpeaking(socket: Socket): void {
    for (const population of this.#populationsOf(socket)) population.advance(socket, SPEAKING);
  }

  /** Somebody has made an authenticated request, and stays. */
  noteAuthenticated(socket: Socket): void {
    for (const population of this.#populationsOf(socket)) population.advance(socket, AUTHENTICATED);
  }

  #makeRoom(population: Population, max: number): boolean {
    if (population.size < max) return true;
    const oldest = population.leastWelcome();
    if (oldest === undefined) return false;
    // Node says that it is closed only later, and until then the next newcomer would find it again.
    this.#leave(oldest);
    this.#end(oldest);
    return true;
  }

  #end(socket: Socket): void {
    socket.destroy();
    this.#onEnd();
  }

  #leave(socket: Socket): void {
    const network = this.#networks.get(socket);
    if (network === undefined) return;
    for (const population of this.#populationsOf(socket)) population.leave(socket);
    this.#networks.delete(socket);
    if (this.#byNetwork.get(network)?.size === 0) this.#byNetwork.delete(network);
  }

  /** @returns none for a socket that has left */
  #populationsOf(socket: Socket): Population[] {
    const neighbours = this.#byNetwork.get(this.#networks.get(socket) ?? UNKNOWN);
    return neighbours === undefined ? [] : [this.#all, neighbours];
  }
}

/** Of a socket that has left; no address is written so. */
const UNKNOWN = '?';
const IPV6_GROUPS = 8;
const NETWORK_GROUPS = 4;

/** An IPv6 host has a whole network (/64) to itself, so that is what counts as its address. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, IPV6_GROUPS - before.length - after.length);
  const all = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${all.slice(0, NETWORK_GROUPS).join(':')}/64`;
}

function groups(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
