/** What the embedded stack runs: the four stores, and the simulated providers. */
export const STORE_NAMES = ["aurora", "dynamo", "s3", "neptune", "payments", "shipping"] as const;

export type StoreName = (typeof STORE_NAMES)[number];

/** How messages name a store. */
export const STORE_LABELS: Record<StoreName, string> = {
  aurora: "Aurora",
  dynamo: "DynamoDB",
  s3: "S3",
  neptune: "Neptune",
  payments: "the payment provider",
  shipping: "the shipping provider",
};
