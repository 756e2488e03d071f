/** Something else came of it than what has to. The message says what. */
export class NotAsExpected extends Error {
  override readonly name = 'NotAsExpected';
}

/** The chapter does not apply to this proxy, or needs an option that is not given. */
export class Skipped extends Error {
  override readonly name = 'Skipped';
}

/** The chapter cannot be looked at, because something that it needs is missing. */
export class NotLookedAt extends Error {
  override readonly name = 'NotLookedAt';
}

/** @throws NotAsExpected with the message, where the condition does not hold */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new NotAsExpected(message);
}
