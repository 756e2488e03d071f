import { z } from 'zod';
import { pathField, secretField, textField } from '../../configuration/reading/field-types.js';

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** The login methods; the configuration has one of them. */
export const loginSchema = z
  .discriminatedUnion('method', [
    z.strictObject({
      method: z.literal('token'),
      tokenFile: pathField().describe(
        'File with the token. It is read again when the token expires or is refused.',
      ),
    }),
    z.strictObject({
      method: z.literal('approle'),
      mountPath: mountField('approle'),
      roleId: textField(/^\S{1,512}$/, 'a role id').describe(
        'Role id of the AppRole. May be a reference.',
      ),
      secretId: secretField(/^\S{1,4096}$/, 'a secret id').describe('Secret id of the AppRole.'),
    }),
    z.strictObject({
      method: z.literal('kubernetes'),
      mountPath: mountField('kubernetes'),
      role: roleField().describe('Role that is bound to the service account.'),
      jwtFile: pathField()
        .default(SERVICE_ACCOUNT_TOKEN)
        .describe("File with the service account's token. It is read again at every login."),
    }),
    z.strictObject({
      method: z.literal('cert'),
      mountPath: mountField('cert'),
      role: roleField()
        .optional()
        .describe('Certificate role. Without it the server tries every role.'),
    }),
  ])
  .describe('Login method.');

/** A login as configured. */
export type LoginConfig = z.output<typeof loginSchema>;

function mountField(name: string) {
  return textField(
    /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
    'a path such as approle, without a slash at either end',
  )
    .default(name)
    .describe('Mount path of the login method below `auth/`.');
}

function roleField() {
  return textField(/^[\w.-]{1,256}$/, "a role's name");
}
