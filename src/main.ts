import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "@commander-js/extra-typings";
import { registerCommands } from "./commands/all.ts";
import { refuseFormat } from "./commands/special-formats.ts";
import { packageDirectory } from "./config.ts";
import { type Context, openContext, processStreams, type Streams } from "./context.ts";
import { BUG_EXIT, ERRORS, MktError } from "./errors.ts";
import { renderError } from "./output/errors.ts";
import { ALL_FORMATS } from "./output/formats.ts";
import { registerWorker } from "./worker/worker.ts";

const EXAMPLES = `
Examples:
  $ mkt demo                                     watch a whole sale happen
  $ mkt register ana@example.com --name Ana --address "Corrientes 1234" --password-stdin
  $ mkt publish --title "Reading lamp" --price 25.00 --stock 3 --as ana@example.com
  $ mkt search "reading lamp"
  $ mkt buy PUBLICATION:2 --as beto@example.com
  $ mkt order show ORDER

Exit codes: 0 done, 2 invalid, 3 not found, 4 conflict, 5 declined, 6 store unavailable, 7 not allowed,
8 some rows failed, 9 a check found problems, 70 a bug, 130 interrupted.`;

/**
 * Runs one command line and gives its exit code; never throws. The only reporter of errors. Everything
 * outside comes through `streams`, so that a test runs it in its own process.
 */
export async function main(
  argv: readonly string[],
  streams: Streams = processStreams(),
): Promise<number> {
  const program = rootCommand(streams);
  const mkt = openContext(streams, () => program.optsWithGlobals(), main);
  registerCommands(program, mkt);
  registerWorker(program, mkt);
  program.hook("preAction", (_, command) => refuseFormat(command, mkt.format()));
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync(argv, { from: "user" });
    return mkt.exitCode();
  } catch (error) {
    return report(error, mkt);
  } finally {
    await mkt.close();
  }
}

/** The options that every command has. Subcommands inherit the settings of output and exit. */
function rootCommand({ stdout, stderr }: Streams) {
  return new Command("mkt")
    .description("Run a whole marketplace from the terminal.")
    .version(version(), "-V, --version")
    .addOption(new Option("-o, --output <format>", "how to print").choices(ALL_FORMATS))
    .option("--json", "short for --output json")
    .option("--columns <names>", "only these columns of a list, separated by commas")
    .option("--profile <name>", "where the stores are (default: local, the embedded stack)")
    .option("--as <user>", "act for this user: operators only, always in the audit log")
    .option("--reason <text>", "why, for the audit log")
    .option("--no-input", "never ask; fail instead")
    .option("-y, --yes", "answer yes to a confirmation")
    .addHelpText("after", EXAMPLES)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // The error is reported below, once, in the form that was asked for.
      outputError: () => undefined,
    })
    .exitOverride()
    .showSuggestionAfterError();
}

export type Program = ReturnType<typeof rootCommand>;

function report(error: unknown, mkt: Context): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (error.code === "commander.help") return ERRORS.usage.exit;
    const message = error.message.replace(/^error: /, "").replaceAll("\n", " ");
    return report(
      new MktError("usage", message, { hint: "mkt help, or the command with --help, shows how" }),
      mkt,
    );
  }
  mkt.streams.stderr.write(
    renderError(error, { json: mkt.wantsJson(), colour: mkt.messages.colour }),
  );
  return error instanceof MktError ? ERRORS[error.code].exit : BUG_EXIT;
}

function version(): string {
  const text = readFileSync(`${packageDirectory()}/package.json`, "utf8");
  return JSON.parse(text).version;
}
