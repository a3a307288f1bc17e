import { createHash, randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import envPaths from "env-paths";
import { parse } from "yaml";
import * as z from "zod";
import { MktError } from "./errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where an HTTP service listens: a Unix socket, or a URL. */
const endpoint = z.union([z.object({ socketPath: z.string() }), z.object({ url: z.url() })]);

const credentials = { accessKeyId: z.string().optional(), secretAccessKey: z.string().optional() };

const providerSchema = z.object({ endpoint, apiKey: z.string(), webhookSecret: z.string() });

const profileSchema = z.object({
  /** A live profile moves real money: dangerous commands ask for more. */
  live: z.boolean().default(false),
  currency: z.string().length(3).default("ARS"),
  language: z.enum(["es", "en", "pt"]).default("en"),
  timeZone: z.string().default("America/Argentina/Buenos_Aires"),
  aurora: z.object({
    /** A host name, or the directory of PostgreSQL's Unix socket. */
    host: z.string(),
    port: z.number().int().default(5432),
    /** Where reports are read, with the same database and roles; without one, from Aurora itself. */
    replicaHost: z.string().optional(),
    database: z.string().default("mkt"),
    password: z.string().optional(),
    /** Who may make the database and its roles; the schema then belongs to mkt_migrator. */
    adminRole: z.string().default("postgres"),
    tls: z.boolean().default(false),
  }),
  dynamo: z.object({
    endpoint: endpoint.optional(),
    region: z.string().default("us-east-1"),
    table: z.string().default("mkt"),
    ...credentials,
  }),
  s3: z.object({
    endpoint: endpoint.optional(),
    region: z.string().default("us-east-1"),
    bucket: z.string().default("mkt"),
    ...credentials,
  }),
  neptune: z.object({
    /** `wss://HOST:8182/gremlin`, or `ws+unix://SOCKET:/gremlin`. */
    url: z.string(),
  }),
  payments: providerSchema,
  shipping: providerSchema,
});

export type Endpoint = z.infer<typeof endpoint>;
export type ProviderConfig = z.infer<typeof providerSchema>;
export type Profile = z.infer<typeof profileSchema> & { name: string };

const fileSchema = z.object({
  profile: z.string().optional(),
  profiles: z.record(z.string(), profileSchema).default({}),
});

/** Where the embedded stack of one `MKT_HOME` keeps its data, its logs and its sockets. */
export interface LocalPaths {
  data: string;
  logs: string;
  /** Mode 0700, and short enough for socket paths (about 100 bytes). */
  run: string;
  /** PostgreSQL's own socket directory: as root it belongs to another user than `run`. */
  auroraRun: string;
  stackSocket: string;
  webhookSocket: string;
}

export interface Config {
  home: string;
  sessionFile: string;
  profile: Profile;
  local: LocalPaths;
  /** How fast the local simulators settle, in milliseconds. */
  simulator: { paymentMs: number; pickupMs: number; deliveryMs: number };
}

const LOCAL = "local";
const SOCKET_PATH_LIMIT = 90;

/** Reads flags, environment and the user's file, in that order of precedence. */
export function loadConfig(env: Environment, flags: { profile?: string | undefined } = {}): Config {
  const home = homeDirectory(env);
  const file = readConfigFile(join(home, "config.yaml"));
  const name = flags.profile ?? env.MKT_PROFILE ?? file.profile ?? LOCAL;
  const local = localPaths(home);
  const found = name === LOCAL ? localProfile(home, local) : file.profiles[name];
  if (!found) {
    const known = [LOCAL, ...Object.keys(file.profiles)].join(", ");
    throw new MktError("not_found", `there is no profile ${JSON.stringify(name)}`, {
      hint: `known profiles: ${known}; add one under "profiles" in ${join(home, "config.yaml")}`,
    });
  }
  return {
    home,
    sessionFile: join(home, `session.${name}.json`),
    profile: { ...found, name },
    local,
    simulator: {
      paymentMs: milliseconds(env, "MKT_SIMULATOR_PAYMENT_MS", 60),
      pickupMs: milliseconds(env, "MKT_SIMULATOR_PICKUP_MS", 400),
      deliveryMs: milliseconds(env, "MKT_SIMULATOR_DELIVERY_MS", 1200),
    },
  };
}

/** `MKT_HOME`, else the platform's data directory; as root a place that PostgreSQL's user can reach. */
function homeDirectory(env: Environment): string {
  if (env.MKT_HOME)
    return env.MKT_HOME.startsWith("/") ? env.MKT_HOME : join(process.cwd(), env.MKT_HOME);
  if (process.getuid?.() === 0) return "/var/lib/mkt";
  return envPaths("mkt", { suffix: "" }).data;
}

function readConfigFile(path: string): z.infer<typeof fileSchema> {
  if (!existsSync(path)) return { profiles: {} };
  try {
    return fileSchema.parse(parse(readFileSync(path, "utf8")) ?? {});
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new MktError("invalid", `${path} is not a valid configuration: ${why}`, { cause });
  }
}

function milliseconds(env: Environment, name: string, otherwise: number): number {
  const value = env[name];
  if (value === undefined || value === "") return otherwise;
  if (!/^\d{1,9}$/.test(value)) throw new MktError("invalid", `${name} must be whole milliseconds`);
  return Number(value);
}

function localPaths(home: string): LocalPaths {
  const data = join(home, "local");
  const digest = createHash("sha256").update(home).digest("hex").slice(0, 10);
  const fits = join(data, "run", "simulators.sock").length < SOCKET_PATH_LIMIT;
  const run = fits ? join(data, "run") : join(tmpdir(), `mkt-${process.getuid?.() ?? 0}-${digest}`);
  return {
    data,
    logs: join(data, "logs"),
    run,
    auroraRun: fits ? join(data, "aurora-run") : `${run}-aurora`,
    stackSocket: join(run, "stack.sock"),
    webhookSocket: join(run, "webhooks.sock"),
  };
}

function localProfile(home: string, { run, auroraRun }: LocalPaths): z.infer<typeof profileSchema> {
  const secrets = localSecrets(join(home, "local-secrets.json"));
  const keys = { accessKeyId: "local", secretAccessKey: secrets.storage };
  const socket = (name: string) => ({ socketPath: join(run, `${name}.sock`) });
  return profileSchema.parse({
    aurora: { host: auroraRun },
    dynamo: { endpoint: socket("dynamo"), ...keys },
    s3: { endpoint: socket("s3"), ...keys },
    neptune: { url: `ws+unix://${join(run, "neptune.sock")}:/gremlin` },
    payments: {
      endpoint: socket("payments"),
      apiKey: secrets.payments,
      webhookSecret: secrets.paymentsWebhook,
    },
    shipping: {
      endpoint: socket("shipping"),
      apiKey: secrets.shipping,
      webhookSecret: secrets.shippingWebhook,
    },
  });
}

const secretNames = [
  "storage",
  "payments",
  "paymentsWebhook",
  "shipping",
  "shippingWebhook",
] as const;
const secretsSchema = z.record(z.enum(secretNames), z.string().min(16));

/** The local stack's own secrets: made once, readable by their user only. */
function localSecrets(path: string): z.infer<typeof secretsSchema> {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const made = Object.fromEntries(
      secretNames.map((name) => [name, randomBytes(24).toString("hex")]),
    );
    const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
    writeFileSync(draft, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
    // Of two shells that start at once one makes the link, the other reads what it made.
    try {
      linkSync(draft, path);
    } catch (error) {
      if (!existsSync(path)) throw error;
    } finally {
      unlinkSync(draft);
    }
  }
  return secretsSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}

/** The installed package's own folder: this file runs from src/ in tests and from dist/ otherwise. */
export function packageDirectory(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) return at;
  }
  throw new MktError("unavailable", "this installation of mkt is incomplete");
}
