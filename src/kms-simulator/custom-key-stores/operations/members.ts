import { z } from 'zod';

/** Members of the inputs, constrained as in KMS's service model. */
export const customKeyStoreId = z.string().min(1).max(64);
export const customKeyStoreName = z.string().min(1).max(256);
export const connectivity = z.enum(['PUBLIC_ENDPOINT', 'VPC_ENDPOINT_SERVICE']);
export const uriEndpoint = z
  .string()
  .min(10)
  .max(128)
  .regex(/^https:\/\/[a-zA-Z0-9.-]+$/);
export const uriPath = z
  .string()
  .min(10)
  .max(128)
  .regex(/^(\/[a-zA-Z0-9/_-]+\/kms\/xks\/v\d{1,2})$|^(\/kms\/xks\/v\d{1,2})$/);
export const vpcEndpointServiceName = z
  .string()
  .min(20)
  .max(64)
  .regex(/^(com|eu)\.amazonaws\.vpce\.([a-z]+-){2,3}\d+\.vpce-svc-[0-9a-z]+$/);
export const accountId = z.string().regex(/^[0-9]{12}$/);
export const credential = z.object({
  AccessKeyId: z
    .string()
    .min(20)
    .max(30)
    .regex(/^[A-Z2-7]+$/),
  RawSecretAccessKey: z
    .string()
    .min(43)
    .max(64)
    .regex(/^[a-zA-Z0-9/+=]+$/),
});

/** Members of CloudHSM key stores, which the simulator does not have. */
export const ofCloudHsm = {
  CloudHsmClusterId: z.string().optional(),
  KeyStorePassword: z.string().optional(),
};

/** The credential as the key store keeps it. */
export function credentialOf({ AccessKeyId, RawSecretAccessKey }: z.infer<typeof credential>): {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
} {
  return { accessKeyId: AccessKeyId, secretAccessKey: RawSecretAccessKey };
}
