import {
  installAwsCli2,
  installAwsPythonClients,
} from '../../../scripts/lib/install-aws-clients.mjs';

/** The folder of boto3 and the AWS CLI 1; undefined where they cannot be had, outside CI. */
export function findAwsPythonClients(): Promise<string | undefined> {
  return found('boto3 and the AWS CLI 1', installAwsPythonClients());
}

/** The AWS CLI 2; undefined where it cannot be had, outside CI. */
export function findAwsCli2(): Promise<string | undefined> {
  return found('the AWS CLI 2', installAwsCli2());
}

async function found(what: string, installation: Promise<string>): Promise<string | undefined> {
  try {
    return await installation;
  } catch (error) {
    if (process.env['CI']) throw error;
    const why = String(error);
    process.stderr.write(`\nSKIPPED: tests with ${what}, which cannot be installed: ${why}\n`);
    return undefined;
  }
}
