import { type Actor, requireStaff } from "../../domain/actor.ts";
import { type Fault, LAWS, type LawName } from "../../domain/law.ts";
import { minutesAfter } from "../../domain/order.ts";
import { MktError } from "../../errors.ts";
import { ATTEMPTS_LIMIT } from "../receive-webhook.ts";
import { beginCheckup, type CheckupDeps, type LawReport } from "./checkup.ts";
import { countOrphans, imageCheck } from "./image-laws.ts";
import { checkOwners, checkPages } from "./page-laws.ts";
import { postingCheck } from "./posting-laws.ts";
import { checkQuestions } from "./question-laws.ts";
import { checkRows } from "./row-laws.ts";
import { readTable } from "./table-laws.ts";

export interface CheckRequest {
  actor: Actor;
  /** Only these; all when empty. */
  laws: readonly LawName[];
  stopping: AbortSignal;
  /** Told of every fault as it is found. */
  onFault: (fault: Fault) => void;
  progress: (label: string, done: number) => void;
}

export interface CheckReport {
  laws: LawReport[];
  /** Images in S3 that no publication ever showed: no fault. */
  orphanImages: number;
}

const LATELY_MINUTES = 60;
const NAMES = Object.keys(LAWS) as LawName[];

/**
 * Checks the laws of the marketplace on the data as they are, while everybody goes on working: batch by batch,
 * each by one statement, and what spans two stores is read again before it is called wrong. Changes nothing.
 * For operators and support. Throws `interrupted` when it is stopped.
 */
export async function checkLaws(
  { actor, laws: wanted, stopping, onFault, progress }: CheckRequest,
  deps: CheckupDeps,
): Promise<CheckReport> {
  requireStaff(actor, "operator", "support");
  const laws = wanted.length > 0 ? NAMES.filter((law) => wanted.includes(law)) : NAMES;
  const { checkup, reports } = beginCheckup(laws, { stopping, onFault, progress });
  const times = {
    lately: minutesAfter(deps.now(), -LATELY_MINUTES),
    realLately: minutesAfter(deps.realNow(), -LATELY_MINUTES),
    webhookAttempts: ATTEMPTS_LIMIT,
  };
  await checkRows(laws, times, checkup, deps);
  const postings = postingCheck(checkup, deps);
  const images = imageCheck(checkup, deps);
  if (
    checkup.has("pages-match-rows") ||
    checkup.has("postings-match-pages") ||
    checkup.has("images-are-whole")
  ) {
    await checkPages(checkup, deps, async (pages) => {
      postings.hearPages(pages);
      await images.hearPages(pages);
    });
  }
  await readTable(checkup, deps, async (items) => {
    await checkOwners(items.pages, checkup, deps);
    await postings.hearPostings(items.postings);
    await checkQuestions(items.questions, times.lately, checkup, deps);
  });
  await postings.finish();
  return { orphanImages: await countOrphans(checkup, deps), laws: reports() };
}

/** The laws that a text such as `ledger-balances,one-open-payment` names. Throws `usage` for what is none. */
export function lawsNamed(text: string): LawName[] {
  return text.split(",").map((name) => {
    const found = NAMES.find((law) => law === name.trim());
    if (found) return found;
    throw new MktError("usage", `there is no law ${JSON.stringify(name.trim())}`, {
      hint: `laws: ${NAMES.join(", ")}`,
    });
  });
}
