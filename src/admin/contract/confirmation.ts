import { z } from 'zod';

/** Fields of the answer of an act that is to be in force on every replica. */
export const confirmationFields = {
  confirmed: z
    .array(z.string())
    .readonly()
    .describe('Replicas on which it is in force, this one first.'),
  unconfirmed: z
    .array(z.string())
    .readonly()
    .describe('Replicas with a lease that have not confirmed it.'),
};

/** The replicas that have an act in force, and those that may not. */
export type ShownConfirmation = z.infer<z.ZodObject<typeof confirmationFields>>;
