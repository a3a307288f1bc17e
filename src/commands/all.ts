import type { Command } from "@commander-js/extra-typings";
import type { Context } from "../context.ts";
import { registerAsk } from "./ask.ts";
import { registerBalance } from "./balance.ts";
import { registerBulkList } from "./bulk/list.ts";
import { registerBulkResume } from "./bulk/resume.ts";
import { registerBulkShow } from "./bulk/show.ts";
import { registerBulkUndo } from "./bulk/undo.ts";
import { registerBuy } from "./buy.ts";
import { registerCategoryAdd } from "./category/add.ts";
import { registerCategoryFee } from "./category/fee.ts";
import { registerCategoryList } from "./category/list.ts";
import { registerCategoryRename } from "./category/rename.ts";
import { registerClockAdvance } from "./clock/advance.ts";
import { registerClockShow } from "./clock/show.ts";
import { registerCompletion } from "./completion/completion.ts";
import { registerDashboard } from "./dashboard.ts";
import { registerDemo } from "./demo.ts";
import { registerDisputeDossier } from "./dispute/dossier.ts";
import { registerDisputeList } from "./dispute/list.ts";
import { registerDisputeOpen } from "./dispute/open.ts";
import { registerDisputeResolve } from "./dispute/resolve.ts";
import { registerDisputeShow } from "./dispute/show.ts";
import { registerDoctor } from "./doctor.ts";
import { registerDumpGraph } from "./dump-graph.ts";
import { registerEventTail } from "./event/tail.ts";
import { registerExplain } from "./explain.ts";
import { registerExport } from "./export.ts";
import { registerHome } from "./home.ts";
import { registerImport } from "./import.ts";
import { registerInbox } from "./inbox.ts";
import { registerLedgerList } from "./ledger/list.ts";
import { registerLogin } from "./login.ts";
import { registerMigrate } from "./migrate/up.ts";
import { registerOrderCancel } from "./order/cancel.ts";
import { registerOrderList } from "./order/list.ts";
import { registerOrderShow } from "./order/show.ts";
import { registerOrderWatch } from "./order/watch.ts";
import { registerOrderWhy } from "./order/why.ts";
import { noun } from "./parse.ts";
import { registerPay } from "./pay.ts";
import { registerPaymentCapture } from "./payment/capture.ts";
import { registerPaymentConfirm } from "./payment/confirm.ts";
import { registerPaymentList } from "./payment/list.ts";
import { registerPaymentRefund } from "./payment/refund.ts";
import { registerPublicationAlsoBought } from "./publication/also-bought.ts";
import { registerPublicationList } from "./publication/list.ts";
import { registerPublicationShow } from "./publication/show.ts";
import { registerPublicationState } from "./publication/state.ts";
import { registerPublicationUpdate } from "./publication/update.ts";
import { registerPublish } from "./publish.ts";
import { registerQuestionList, registerQuestionShow } from "./question/list.ts";
import { registerReconcile } from "./reconcile.ts";
import { registerRegister } from "./register.ts";
import { registerRelay } from "./relay.ts";
import { registerReport } from "./report/report.ts";
import { registerReview } from "./review.ts";
import { registerRun } from "./run.ts";
import { registerSchema } from "./schema.ts";
import { registerSearch } from "./search.ts";
import { registerSeed } from "./seed.ts";
import { registerShip } from "./ship.ts";
import { registerShipmentList } from "./shipment/list.ts";
import { registerShipmentRestock } from "./shipment/restock.ts";
import { registerShipmentTrack } from "./shipment/track.ts";
import { registerSimulatorSet } from "./simulator/set.ts";
import { registerSimulatorShow } from "./simulator/show.ts";
import { registerSnapshotLoad } from "./snapshot/load.ts";
import { registerSnapshotSave } from "./snapshot/save.ts";
import { registerSql } from "./sql.ts";
import { registerStack } from "./stack.ts";
import { registerTrigger } from "./trigger.ts";
import { registerUnseed } from "./unseed.ts";
import { registerUserBan } from "./user/ban.ts";
import { registerUserGrant } from "./user/grant.ts";
import { registerUserList } from "./user/list.ts";
import { registerUserShow } from "./user/show.ts";
import { registerWatch } from "./watch.ts";
import { registerWebhookList } from "./webhook/list.ts";
import { registerWebhookResend } from "./webhook/resend.ts";
import { registerWebhookShow } from "./webhook/show.ts";
import { registerWhoami } from "./whoami.ts";

/** Every command, in the order in which help lists them: the story of a sale first. */
export function registerCommands(program: Command, mkt: Context): void {
  registerRegister(program, mkt);
  registerLogin(program, mkt);
  registerWhoami(program, mkt);
  registerPublish(program, mkt);
  registerHome(program, mkt);
  registerSearch(program, mkt);
  registerAsk(program, mkt);
  registerInbox(program, mkt);
  registerBuy(program, mkt);
  registerPay(program, mkt);
  registerShip(program, mkt);
  registerReview(program, mkt);

  const publication = noun(
    program,
    "publication",
    "publications",
    "what sellers offer",
    "mkt publication list --seller ana@example.com",
  );
  registerPublicationList(publication, mkt);
  registerPublicationShow(publication, mkt);
  registerPublicationUpdate(publication, mkt);
  registerPublicationState(publication, mkt);
  registerPublicationAlsoBought(publication, mkt);

  const order = noun(
    program,
    "order",
    "orders",
    "what buyers bought",
    "mkt order list --state paid",
    "mkt order show 0199c4f8",
  );
  registerOrderList(order, mkt);
  registerOrderShow(order, mkt);
  registerOrderWhy(order, mkt);
  registerOrderWatch(order, mkt);
  registerOrderCancel(order, mkt);

  const payment = noun(
    program,
    "payment",
    "payments",
    "the money of orders",
    "mkt payment list --state rejected",
  );
  registerPaymentList(payment, mkt);
  registerPaymentCapture(payment, mkt);
  registerPaymentConfirm(payment, mkt);
  registerPaymentRefund(payment, mkt);
  const shipment = noun(
    program,
    "shipment",
    "shipments",
    "the parcels of orders",
    "mkt shipment list",
    "mkt shipment track 0199c4fb",
  );
  registerShipmentList(shipment, mkt);
  registerShipmentTrack(shipment, mkt);
  registerShipmentRestock(shipment, mkt);

  const dispute = noun(
    program,
    "dispute",
    "disputes",
    "what buyers complain of, and how it ended",
    "mkt dispute list --state open",
    "mkt dispute resolve 0199c4f8 --refund",
  );
  registerDisputeOpen(dispute, mkt);
  registerDisputeList(dispute, mkt);
  registerDisputeShow(dispute, mkt);
  registerDisputeDossier(dispute, mkt);
  registerDisputeResolve(dispute, mkt);

  const question = noun(
    program,
    "question",
    "questions",
    "what people ask about publications",
    "mkt question list --state unanswered",
  );
  registerQuestionList(question, mkt);
  registerQuestionShow(question, mkt);

  const user = noun(
    program,
    "user",
    "users",
    "who buys, sells and works here",
    "mkt user list --role operator",
  );
  registerUserList(user, mkt);
  registerUserShow(user, mkt);
  registerUserGrant(user, mkt);
  registerUserBan(user, mkt);

  const category = noun(
    program,
    "category",
    "categories",
    "what publications are sorted into",
    "mkt category list",
  );
  registerCategoryList(category, mkt);
  registerCategoryAdd(category, mkt);
  registerCategoryRename(category, mkt);
  registerCategoryFee(category, mkt);

  const webhook = noun(
    program,
    "webhook",
    "webhooks",
    "what providers told us",
    "mkt webhook list --state failed",
    "mkt webhook resend --missing",
  );
  registerWebhookList(webhook, mkt);
  registerWebhookShow(webhook, mkt);
  registerWebhookResend(webhook, mkt);
  registerReconcile(program, mkt);
  registerBalance(program, mkt);
  registerLedgerList(
    noun(
      program,
      "ledger",
      "ledgers",
      "where every cent went, in double entry",
      "mkt ledger list --totals",
    ),
    mkt,
  );

  const bulk = noun(
    program,
    "bulk",
    "bulks",
    "runs of a command over the rows of a file",
    "mkt bulk list",
    "mkt bulk resume 0199c4f8",
  );
  registerBulkList(bulk, mkt);
  registerBulkShow(bulk, mkt);
  registerBulkResume(bulk, mkt);
  registerBulkUndo(bulk, mkt);

  registerImport(program, mkt);
  registerRun(program, mkt);
  registerDemo(program, mkt);
  registerSeed(program, mkt);
  registerUnseed(program, mkt);
  registerEventTail(
    noun(program, "event", "events", "what happened, in order", "mkt event tail --follow"),
    mkt,
  );
  registerWatch(program, mkt);
  registerDashboard(program, mkt);
  registerTrigger(program, mkt);
  registerDoctor(program, mkt);
  registerExport(program, mkt);
  registerSql(program, mkt);
  registerReport(program, mkt);
  const snapshot = noun(
    program,
    "snapshot",
    "snapshots",
    "the little world around an order, from one profile into another",
    "mkt snapshot save --order 0199c4f8 --depth 2 --anonymize case.ndjson",
    "mkt snapshot load case.ndjson",
  );
  registerSnapshotSave(snapshot, mkt);
  registerSnapshotLoad(snapshot, mkt);
  registerDumpGraph(program, mkt);
  registerRelay(program, mkt);
  registerStack(program, mkt);
  const clock = noun(
    program,
    "clock",
    "clocks",
    "the marketplace's time",
    "mkt clock show",
    "mkt clock advance 14d",
  );
  registerClockShow(clock, mkt);
  registerClockAdvance(clock, mkt);
  const simulator = noun(
    program,
    "simulator",
    "simulators",
    "the simulated providers of payments and shipping",
    "mkt simulator show",
    "mkt simulator set --seed 7 --duplicate 0.2",
  );
  registerSimulatorShow(simulator, mkt);
  registerSimulatorSet(simulator, mkt);
  registerMigrate(
    noun(program, "migrate", "migrations", "make the stores ready", "mkt migrate status"),
    mkt,
  );
  registerExplain(program, mkt);
  registerSchema(program, mkt);
  registerCompletion(program, mkt);
}
