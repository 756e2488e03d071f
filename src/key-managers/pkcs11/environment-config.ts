import { z } from 'zod';
import { textField } from '../../configuration/reading/field-types.js';

const ALLOWED = 'names and values, such as SOFTHSM2_CONF: /etc/softhsm2.conf';

const nameOfVariable = () =>
  textField(
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
    'the name of a variable: letters, digits and underscores, no digit first',
  );
const valueOfVariable = () =>
  textField(/^[^\0]{0,4096}$/s, 'text of at most 4096 characters; a number in quotes');

const variableSchema = z.strictObject({
  name: nameOfVariable().describe('Such as SOFTHSM2_CONF.'),
  value: valueOfVariable().describe('Its value.'),
});

/** The field `environment` of a PKCS#11 key manager: a map, or a list of names and values. */
export const environmentSchema = z
  .union(
    [
      z.record(nameOfVariable(), valueOfVariable(), { error: ALLOWED }),
      z.array(variableSchema, { error: ALLOWED }),
    ],
    { error: ALLOWED },
  )
  .meta({ errorMessage: ALLOWED })
  .default({})
  .transform((variables) =>
    Array.isArray(variables)
      ? variables
      : Object.entries(variables).map(([name, value]) => ({ name, value })),
  )
  .describe(
    'Environment variables for the processes that load the library, by name. Of its own, Holdfast ' +
      'passes on only PATH, HOME, TMPDIR, TZ and LD_LIBRARY_PATH. May be a list of `name` and `value`.',
  );
