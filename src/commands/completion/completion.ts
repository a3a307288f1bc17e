import { Argument, type Command } from "@commander-js/extra-typings";
import type { Context } from "../../context.ts";
import { type Completion, completeId } from "../../operations/complete-id.ts";
import { safeLine } from "../../output/safe-text.ts";
import { examples } from "../parse.ts";
import { expectedAt } from "./candidates.ts";
import { completionScript, SHELLS } from "./scripts.ts";

/** Whoever pressed Tab waits no longer than this, whatever the stores do. */
const PATIENCE_MS = 750;

const INSTALL = `
To install it:
  bash  echo 'eval "$(mkt completion bash)"' >> ~/.bashrc
  zsh   echo 'eval "$(mkt completion zsh)"' >> ~/.zshrc     (below the line with compinit)
  fish  mkt completion fish > ~/.config/fish/completions/mkt.fish

It completes commands, flags, their values, and ids and e-mails out of the running marketplace, the newest
first. It starts no stack: while none runs, ids are not completed.`;

/** `mkt completion SHELL`, and the hidden command that its scripts call at each Tab. */
export function registerCompletion(program: Command, mkt: Context): void {
  program
    .command("completion")
    .summary("print a script that completes commands and ids")
    .description("Print the script that lets a shell complete commands, flags and ids with Tab.")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .addHelpText("after", INSTALL)
    .addHelpText("after", examples("mkt completion bash", 'eval "$(mkt completion zsh)"'))
    .action(async (shell) =>
      mkt.print({ shell, script: await completionScript(shell) }, ({ script }) => script),
    );

  program
    .command("complete", { hidden: true })
    .description("Print what can stand as the last of these words. For completion scripts.")
    .argument("[words...]")
    .action(async (words) => {
      const late = setTimeout(() => mkt.streams.interrupts?.exit(0), PATIENCE_MS);
      // In the middle of a line that somebody types, no error can be told.
      const found = await complete(program, words, mkt).catch(() => []);
      clearTimeout(late);
      for (const { value, description } of found) {
        mkt.streams.stdout.write(`${safeLine(value)}\t${safeLine(description)}\n`);
      }
    });
}

async function complete(
  program: Command,
  words: readonly string[],
  mkt: Context,
): Promise<Completion[]> {
  const { expected, profile, as } = expectedAt(program, words);
  if (expected.what === "words") return expected.words;
  if (expected.what === "files") return [{ value: ":files", description: "" }];
  // The line that is being typed says where its ids are.
  if (profile !== undefined) program.setOptionValue("profile", profile);
  const { kinds, typed, before } = expected;
  const found = await completeId({ kinds, typed, as }, mkt.ownDeps());
  return found.map((each) => ({ ...each, value: before + each.value }));
}
