/** The proxy does something else than what is asked. */
export class Deviation extends Error {
  override readonly name = 'Deviation';
}

/** The proxy does what is asked, but less well than it should. */
export class Remark extends Error {
  override readonly name = 'Remark';
}

/** The check was not made. */
export class NotLookedAt extends Error {
  override readonly name = 'NotLookedAt';
  /** True where the caller chose so, by an option or by leaving one out. */
  readonly isByChoice: boolean;

  private constructor(reason: string, isByChoice: boolean) {
    super(reason);
    this.isByChoice = isByChoice;
  }

  /** The caller left it out. */
  static byChoice(reason: string): NotLookedAt {
    return new NotLookedAt(reason, true);
  }

  /** Something stands in the way of looking. */
  static forWantOf(reason: string): NotLookedAt {
    return new NotLookedAt(reason, false);
  }
}

/** Ends a check with a deviation unless the condition holds. */
export function demand(condition: boolean, found: string): asserts condition {
  if (!condition) throw new Deviation(found);
}
