import type { Deps } from "../deps.ts";
import { hasCode } from "../errors.ts";
import { projectPublications } from "./project-publication.ts";

/**
 * Brings the pages of these publications up to date right after the commit that changed them, so that
 * what a command publishes it can search at once. Without DynamoDB the command still succeeds: the relay
 * brings the pages later.
 */
export async function projectNow(
  ids: readonly string[],
  deps: Pick<Deps, "publications" | "pages" | "postings" | "vocabulary" | "notice">,
): Promise<void> {
  try {
    await projectPublications(await deps.publications.pagesOf(ids), deps);
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    const what = ids.length === 1 ? "its page" : "their pages";
    deps.notice(`saved; ${what} will follow: ${error instanceof Error ? error.message : error}`);
  }
}
