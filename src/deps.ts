import type { Config, Profile } from "./config.ts";
import type { WriteObserver } from "./domain/store-write.ts";
import { MktError } from "./errors.ts";
import type { LogLine } from "./local/logs.ts";
import type { StackOptions, StackStatus, StoreName } from "./local/stack.ts";
import type { PaymentProvider } from "./providers/payments/provider.ts";
import type { ShippingProvider } from "./providers/shipping/provider.ts";
import type { SimulatorControl } from "./providers/simulator/control.ts";
import type { WebhookReceiverOptions } from "./providers/webhook-receiver.ts";
import type { ActivityStore } from "./stores/aurora/activity.ts";
import type { BoardStore } from "./stores/aurora/board.ts";
import type { BulkRunStore } from "./stores/aurora/bulk-runs.ts";
import type { CategoryStore } from "./stores/aurora/categories.ts";
import type { Aurora } from "./stores/aurora/client.ts";
import type { ClockStore } from "./stores/aurora/clock.ts";
import type { DisputeStore } from "./stores/aurora/disputes.ts";
import type { EventStore } from "./stores/aurora/events.ts";
import type { ExportStore } from "./stores/aurora/export-rows.ts";
import type { GraphSource } from "./stores/aurora/graph-source.ts";
import type { HistoryStore } from "./stores/aurora/history.ts";
import type { SectionStore } from "./stores/aurora/home-sections.ts";
import type { ImportStore } from "./stores/aurora/imports.ts";
import type { LawStore } from "./stores/aurora/laws.ts";
import type { LedgerStore } from "./stores/aurora/ledger.ts";
import type { LookupStore } from "./stores/aurora/lookup.ts";
import type { MigrationState } from "./stores/aurora/migrate.ts";
import type { OrderTimerStore } from "./stores/aurora/order-timers.ts";
import type { OrderStore } from "./stores/aurora/orders.ts";
import type { PaymentStore } from "./stores/aurora/payments.ts";
import type { PublicationStore } from "./stores/aurora/publications.ts";
import type { PurchaseStore } from "./stores/aurora/purchases.ts";
import type { ReadOnlyStore } from "./stores/aurora/read-only.ts";
import type { RefundStore } from "./stores/aurora/refunds.ts";
import type { ReviewStore } from "./stores/aurora/reviews.ts";
import type { RollupStore } from "./stores/aurora/rollups.ts";
import type { SeedRunStore } from "./stores/aurora/seed-runs.ts";
import type { SessionStore } from "./stores/aurora/sessions.ts";
import type { ShipmentStore } from "./stores/aurora/shipments.ts";
import type { SnapshotStore } from "./stores/aurora/snapshot.ts";
import type { UnseedStore } from "./stores/aurora/unseed.ts";
import type { UnsettledStore } from "./stores/aurora/unsettled.ts";
import type { UserStore } from "./stores/aurora/users.ts";
import type { WebhookStore } from "./stores/aurora/webhooks.ts";
import type { ActivityStore as ActivityLog } from "./stores/dynamo/activity.ts";
import type { CapacityStore } from "./stores/dynamo/capacity.ts";
import type { CategoryStore as CategoryNames } from "./stores/dynamo/categories.ts";
import type { Table } from "./stores/dynamo/client.ts";
import type { HomeStore } from "./stores/dynamo/home.ts";
import type { InspectionStore } from "./stores/dynamo/inspection.ts";
import type { NotificationStore } from "./stores/dynamo/notifications.ts";
import type { PageStore } from "./stores/dynamo/pages.ts";
import type { PostingStore } from "./stores/dynamo/postings.ts";
import type { QuestionStore } from "./stores/dynamo/questions.ts";
import type { TableDescription } from "./stores/dynamo/table.ts";
import type { RunItemStore } from "./stores/dynamo/unseed.ts";
import type { VocabularyStore } from "./stores/dynamo/vocabulary.ts";
import type { GraphStore } from "./stores/neptune/graph.ts";
import type { ObjectStore } from "./stores/s3/objects.ts";
import { type SessionFile, sessionFile } from "./stores/session/file.ts";

export type { StoreName };

/** Everything that operations can touch. Nothing is opened before it is first used. */
export interface Deps {
  profile: Profile;
  /** The marketplace's time, ISO-8601 in UTC: what happens in it happens then. */
  now: () => string;
  /** The world's time, which nobody moves: of sessions, and of whatever strangers check or expire. */
  realNow: () => string;
  marketClock: MarketClock;
  /** Says something to the person who waits; never part of a result. */
  notice: (text: string) => void;

  // Aurora
  users: UserStore;
  sessions: SessionStore;
  categories: CategoryStore;
  publications: PublicationStore;
  sections: SectionStore;
  purchases: PurchaseStore;
  orders: OrderStore;
  orderTimers: OrderTimerStore;
  payments: PaymentStore;
  refunds: RefundStore;
  shipments: ShipmentStore;
  disputes: DisputeStore;
  reviews: ReviewStore;
  events: EventStore;
  webhooks: WebhookStore;
  unsettled: UnsettledStore;
  activity: ActivityStore;
  ledger: LedgerStore;
  rollups: RollupStore;
  laws: LawStore;
  board: BoardStore;
  history: HistoryStore;
  snapshots: SnapshotStore;
  imports: ImportStore;
  lookup: LookupStore;
  graphSource: GraphSource;
  exports: ExportStore;
  statements: ReadOnlyStore;
  /** The same, on the replica when the profile names one. */
  reportRows: ReadOnlyStore;
  bulkRuns: BulkRunStore;
  seedRuns: SeedRunStore;
  unseeding: UnseedStore;

  /**
   * Does something in Aurora and takes it back: gives or throws what it would come to. So that a dry run has the
   * very rules by which things are done, without a second copy of them.
   */
  rehearse: <T>(work: (stores: SaleStores) => Promise<T>) => Promise<T>;

  // DynamoDB
  pages: PageStore;
  postings: PostingStore;
  vocabulary: VocabularyStore;
  questions: QuestionStore;
  inspection: InspectionStore;
  runItems: RunItemStore;
  notifications: NotificationStore;
  homeSections: HomeStore;
  categoryNames: CategoryNames;
  activityLog: ActivityLog;
  capacity: CapacityStore;

  // S3 and Neptune
  objects: ObjectStore;
  graph: GraphStore;

  // Outside
  paymentProvider: PaymentProvider;
  shippingProvider: ShippingProvider;
  /** Throws `not_allowed` where the providers are real ones. */
  simulators: SimulatorControl;
  webhookReceiver: {
    start: (
      options: Omit<WebhookReceiverOptions, "socketPath">,
    ) => Promise<{ close(): Promise<void> }>;
  };

  sessionFile: SessionFile;
  schema: {
    up: () => Promise<MigrationState[]>;
    status: () => Promise<MigrationState[]>;
    ensureTable: () => Promise<void>;
    describeTable: () => Promise<TableDescription | undefined>;
    ensureBucket: () => Promise<void>;
  };
  stack: LocalStack;
}

/** What sales are made in. */
export type SaleStores = Pick<
  Deps,
  | "users"
  | "categories"
  | "publications"
  | "purchases"
  | "orders"
  | "payments"
  | "refunds"
  | "disputes"
  | "shipments"
  | "reviews"
>;

/** How far the marketplace's time runs ahead of the world's; read when Aurora is first opened. */
export interface MarketClock {
  /** False where real people trade: there both times are the same. */
  isMovable: boolean;
  offsetMs: () => number;
  /** Reads it again, for processes that run on; says whether a command is moving it just now. */
  refresh: () => Promise<{ moving: boolean }>;
  /** Leaves an audit row that somebody moves it. */
  announce: (byMs: number, actorId: string) => Promise<void>;
  /** Does something while nobody else moves it; waits for whoever does. */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** Puts it forward. */
  advance: (byMs: number) => Promise<void>;
}

/** The local stack, where the profile has one; elsewhere it is always ready and cannot be driven. */
export interface LocalStack {
  /** False on profiles whose stores run somewhere else. */
  isHere: boolean;
  ensure: (store: StoreName) => Promise<void>;
  up: (store: StoreName | undefined, options: StackOptions) => Promise<void>;
  downStore: (store: StoreName, options: StackOptions) => Promise<void>;
  down: (options: StackOptions) => Promise<void>;
  reset: (options: StackOptions) => Promise<void>;
  status: () => Promise<StackStatus>;
  /** The last lines of its logs, or of one store's. */
  logs: (wanted: { store: StoreName | undefined; lines: number }) => Promise<LogLine[]>;
  /** The lines that are written from now on, until the signal aborts. */
  followLogs: (wanted: {
    store: StoreName | undefined;
    signal: AbortSignal;
  }) => AsyncIterable<LogLine>;
  /** Whether the stores were made ready for this version of mkt. */
  isMigrated: (version: string) => Promise<boolean>;
  markMigrated: (version: string) => Promise<void>;
  /** Runs the stack in this process, and `work` beside it, until it is told to stop. */
  run: (work: (stopping: AbortSignal) => Promise<void>) => Promise<boolean>;
  /** Serves the embedded graph from this process until it is told to stop. */
  runGraph: () => Promise<void>;
}

export interface OpenDeps {
  deps: Deps;
  close: () => Promise<void>;
}

export interface DepsOptions {
  notice: (text: string) => void;
  /** The world's time, for tests. */
  now?: () => string;
  /** Whether the marketplace's clock can be moved; else only the local profile's can. */
  hasMovableClock?: boolean;
  /** Called before a store is first opened: starts and prepares what the profile needs. */
  prepare?: (store: StoreName) => Promise<void>;
  /** Told of every write that is sent to Aurora, DynamoDB or S3. */
  observe?: WriteObserver;
}

/** One command does little at once. */
const CONNECTIONS = 8;

/** The composition root: says where everything comes from, and opens it when it is first used. */
export function openDeps(config: Config, options: DepsOptions): OpenDeps {
  const {
    notice,
    now: realNow = () => new Date().toISOString(),
    hasMovableClock = config.profile.name === "local",
    prepare = async () => undefined,
    observe,
  } = options;
  const { profile } = config;
  const closers: (() => Promise<void> | void)[] = [];

  const database = once(async () => {
    await prepare("aurora");
    const { openAurora } = await import("./stores/aurora/client.ts");
    const db = openAurora(profile, CONNECTIONS, observe);
    closers.push(() => db.destroy());
    return db;
  });
  const aurora = once(async () => {
    const db = await database();
    await marketClock.refresh();
    return db;
  });
  const marketClock = openMarketClock(hasMovableClock, realNow, database);
  const table = once(async () => {
    await prepare("dynamo");
    const { openTable } = await import("./stores/dynamo/client.ts");
    const opened = openTable(profile.dynamo);
    if (observe) (await import("./stores/dynamo/observe.ts")).observeWrites(opened, observe);
    closers.push(() => opened.close());
    return opened;
  });
  const bucket = once(async () => {
    await prepare("s3");
    const { openS3 } = await import("./stores/s3/client.ts");
    const opened = openS3(profile.s3);
    if (observe) (await import("./stores/s3/observe.ts")).observeWrites(opened, observe);
    closers.push(() => opened.destroy());
    return opened;
  });
  const fromAurora = <T extends object>(make: (db: Aurora) => Promise<T>) =>
    lazily(async () => make(await aurora()));
  const fromTable = <T extends object>(make: (opened: Table) => Promise<T>) =>
    lazily(async () => make(await table()));

  const deps: Deps = {
    profile,
    now: marketClock.now,
    realNow,
    marketClock,
    notice,

    ...saleStores(fromAurora),
    rehearse: async (work) => {
      const { rehearse } = await import("./stores/aurora/client.ts");
      const stores = (tx: Aurora) => saleStores((make) => lazily(() => make(tx)));
      return rehearse(await aurora(), (tx) => work(stores(tx)));
    },
    sessions: fromAurora(async (db) =>
      (await import("./stores/aurora/sessions.ts")).sessionStore(db),
    ),
    sections: fromAurora(async (db) =>
      (await import("./stores/aurora/home-sections.ts")).sectionStore(db),
    ),
    orderTimers: fromAurora(async (db) =>
      (await import("./stores/aurora/order-timers.ts")).orderTimerStore(db),
    ),
    events: fromAurora(async (db) => (await import("./stores/aurora/events.ts")).eventStore(db)),
    webhooks: fromAurora(async (db) =>
      (await import("./stores/aurora/webhooks.ts")).webhookStore(db),
    ),
    unsettled: fromAurora(async (db) =>
      (await import("./stores/aurora/unsettled.ts")).unsettledStore(db),
    ),
    activity: fromAurora(async (db) =>
      (await import("./stores/aurora/activity.ts")).activityStore(db),
    ),
    ledger: fromAurora(async (db) => (await import("./stores/aurora/ledger.ts")).ledgerStore(db)),
    rollups: fromAurora(async (db) =>
      (await import("./stores/aurora/rollups.ts")).rollupStore(db, profile),
    ),
    board: fromAurora(async (db) => (await import("./stores/aurora/board.ts")).boardStore(db)),
    laws: fromAurora(async (db) => (await import("./stores/aurora/laws.ts")).lawStore(db)),
    lookup: fromAurora(async (db) => (await import("./stores/aurora/lookup.ts")).lookupStore(db)),
    history: fromAurora(async () =>
      (await import("./stores/aurora/history.ts")).historyStore(profile),
    ),
    imports: fromAurora(async (db) =>
      (await import("./stores/aurora/imports.ts")).importStore(db, profile),
    ),
    snapshots: fromAurora(async (db) =>
      (await import("./stores/aurora/snapshot.ts")).snapshotStore(db),
    ),
    graphSource: fromAurora(async (db) =>
      (await import("./stores/aurora/graph-source.ts")).graphSource(db),
    ),
    exports: fromAurora(async () =>
      (await import("./stores/aurora/export-rows.ts")).exportStore(profile),
    ),
    statements: fromAurora(async () =>
      (await import("./stores/aurora/read-only.ts")).readOnlyStore(profile),
    ),
    reportRows: fromAurora(async () => {
      const { replicaHost } = profile.aurora;
      const { readOnlyStore } = await import("./stores/aurora/read-only.ts");
      if (replicaHost === undefined) return readOnlyStore(profile);
      return readOnlyStore(atHost(replicaHost, profile), `the replica ${replicaHost}`);
    }),
    bulkRuns: fromAurora(async (db) =>
      (await import("./stores/aurora/bulk-runs.ts")).bulkRunStore(db),
    ),
    seedRuns: fromAurora(async (db) =>
      (await import("./stores/aurora/seed-runs.ts")).seedRunStore(db),
    ),
    unseeding: fromAurora(async () =>
      (await import("./stores/aurora/unseed.ts")).unseedStore(profile),
    ),

    pages: fromTable(async (t) => (await import("./stores/dynamo/pages.ts")).pageStore(t)),
    postings: fromTable(async (t) => (await import("./stores/dynamo/postings.ts")).postingStore(t)),
    vocabulary: fromTable(async (t) =>
      (await import("./stores/dynamo/vocabulary.ts")).vocabularyStore(t),
    ),
    questions: fromTable(async (t) =>
      (await import("./stores/dynamo/questions.ts")).questionStore(t),
    ),
    inspection: fromTable(async (t) =>
      (await import("./stores/dynamo/inspection.ts")).inspectionStore(t),
    ),
    runItems: fromTable(async (t) => (await import("./stores/dynamo/unseed.ts")).runItemStore(t)),
    notifications: fromTable(async (t) =>
      (await import("./stores/dynamo/notifications.ts")).notificationStore(t),
    ),
    homeSections: fromTable(async (t) => (await import("./stores/dynamo/home.ts")).homeStore(t)),
    categoryNames: fromTable(async (t) =>
      (await import("./stores/dynamo/categories.ts")).categoryStore(t),
    ),
    capacity: fromTable(async (t) =>
      (await import("./stores/dynamo/capacity.ts")).capacityStore(t),
    ),
    activityLog: fromTable(async (t) =>
      (await import("./stores/dynamo/activity.ts")).activityStore(t),
    ),

    objects: lazily(async () => {
      const { objectStore } = await import("./stores/s3/objects.ts");
      return objectStore(await bucket(), profile.s3);
    }),
    graph: lazily(async () => {
      await prepare("neptune");
      const { openGraph } = await import("./stores/neptune/graph.ts");
      const graph = openGraph(profile.neptune);
      closers.push(() => graph.close());
      return graph;
    }),

    paymentProvider: lazily(async () => {
      await prepare("payments");
      return (await import("./providers/payments/http-client.ts")).httpPaymentProvider(
        profile.payments,
      );
    }),
    shippingProvider: lazily(async () => {
      await prepare("shipping");
      return (await import("./providers/shipping/http-client.ts")).httpShippingProvider(
        profile.shipping,
      );
    }),
    simulators: lazily(async () => {
      // A simulator listens on a Unix socket only: whatever has a URL belongs to somebody else.
      const { payments, shipping } = profile;
      if (![payments, shipping].every(({ endpoint }) => "socketPath" in endpoint)) {
        throw new MktError("not_allowed", "only the local profile has simulated providers", {
          hint: "mkt simulator show --profile local",
        });
      }
      await prepare("payments");
      await prepare("shipping");
      const { simulatorControl } = await import("./providers/simulator/control.ts");
      return simulatorControl(payments, shipping);
    }),
    webhookReceiver: {
      start: async (receiver) => {
        const { startWebhookReceiver } = await import("./providers/webhook-receiver.ts");
        return startWebhookReceiver({ ...receiver, socketPath: config.local.webhookSocket });
      },
    },

    sessionFile: sessionFile(config.sessionFile, profile),
    schema: {
      up: async () => (await import("./stores/aurora/migrate.ts")).migrateUp(profile),
      status: async () => (await import("./stores/aurora/migrate.ts")).migrationStatus(profile),
      ensureTable: async () =>
        (await import("./stores/dynamo/table.ts")).ensureTable(await table()),
      describeTable: async () => (await import("./stores/dynamo/table.ts")).describe(await table()),
      ensureBucket: () => deps.objects.ensureBucket(),
    },
    stack: localStack(config, notice),
  };
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  return { deps, close };
}

type FromAurora = <T extends object>(make: (db: Aurora) => Promise<T>) => T;

function saleStores(from: FromAurora): SaleStores {
  return {
    users: from(async (db) => (await import("./stores/aurora/users.ts")).userStore(db)),
    categories: from(async (db) =>
      (await import("./stores/aurora/categories.ts")).categoryStore(db),
    ),
    publications: from(async (db) =>
      (await import("./stores/aurora/publications.ts")).publicationStore(db),
    ),
    purchases: from(async (db) => (await import("./stores/aurora/purchases.ts")).purchaseStore(db)),
    orders: from(async (db) => (await import("./stores/aurora/orders.ts")).orderStore(db)),
    payments: from(async (db) => (await import("./stores/aurora/payments.ts")).paymentStore(db)),
    refunds: from(async (db) => (await import("./stores/aurora/refunds.ts")).refundStore(db)),
    disputes: from(async (db) => (await import("./stores/aurora/disputes.ts")).disputeStore(db)),
    shipments: from(async (db) => (await import("./stores/aurora/shipments.ts")).shipmentStore(db)),
    reviews: from(async (db) => (await import("./stores/aurora/reviews.ts")).reviewStore(db)),
  };
}

function openMarketClock(
  isMovable: boolean,
  realNow: () => string,
  database: () => Promise<Aurora>,
): MarketClock & Pick<Deps, "now"> {
  let offsetMs = 0;
  const now = () => new Date(Date.parse(realNow()) + offsetMs).toISOString();
  const store = lazily<ClockStore>(async () =>
    (await import("./stores/aurora/clock.ts")).clockStore(await database()),
  );
  return {
    isMovable,
    now,
    offsetMs: () => offsetMs,
    refresh: async () => {
      if (!isMovable) return { moving: false };
      const { moving, ...read } = await store.read();
      offsetMs = read.offsetMs;
      return { moving };
    },
    announce: (byMs, actorId) => store.announce(byMs, actorId, now()),
    alone: (work) => store.alone(work),
    advance: async (byMs) => {
      offsetMs = await store.advance(byMs, realNow());
    },
  };
}

function localStack(config: Config, notice: (text: string) => void): LocalStack {
  const stack = () => import("./local/stack.ts");
  const files = () => import("./local/stack-files.ts");
  return {
    isHere: config.profile.name === "local",
    ensure: async (store) => (await stack()).ensureStarted(config, store, notice),
    up: async (store, options) => (await stack()).up(config, store, options),
    downStore: async (store, options) => (await stack()).downStore(config, store, options),
    down: async (options) => (await stack()).down(config, options),
    reset: async (options) => (await stack()).reset(config, options),
    status: async () => (await stack()).status(config),
    logs: async (wanted) => (await import("./local/logs.ts")).readLogs(config, wanted),
    followLogs: async function* (wanted) {
      yield* (await import("./local/logs.ts")).followLogs(config, wanted);
    },
    isMigrated: async (version) => (await files()).isMigrated(config, version),
    markMigrated: async (version) => (await files()).markMigrated(config, version),
    run: async (work) => (await import("./local/supervisor.ts")).runSupervisor(config, { work }),
    runGraph: async () => (await import("./local/graph-process.ts")).serveEmbeddedGraph(config),
  };
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      // The next use tries again.
      opened = undefined;
      throw isMissingModule(error) ? installationChanged(error) : error;
    });
    return opened;
  };
}

function isMissingModule(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}

/** A process that runs on from before a build finds its own parts no more: nobody's data is at fault. */
function installationChanged(cause: unknown): MktError {
  return new MktError("unavailable", "this mkt was installed anew while it was running", {
    hint: "mkt down, then repeat the command",
    cause,
  });
}

function atHost(host: string, { aurora, ...profile }: Profile): Profile {
  return { ...profile, aurora: { ...aurora, host } };
}

/** Stands for a store whose methods are all asynchronous, and opens it at the first call of one. */
function lazily<T extends object>(open: () => Promise<T>): T {
  const opened = once(open);
  const call =
    (name: string | symbol) =>
    async (...values: unknown[]) => {
      const store = await opened();
      const method = Reflect.get(store, name);
      return typeof method === "function" ? method.apply(store, values) : method;
    };
  return new Proxy({} as T, { get: (_, name) => (name === "then" ? undefined : call(name)) });
}
