import { MktError } from "../errors.ts";
import { safeLine } from "./safe-text.ts";

interface Asking {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  /** False: never ask. */
  input: boolean;
}

/**
 * A password that is typed unseen. Throws `usage` where nobody can type or would see the question, and says how
 * else to give it; `interrupted` after Ctrl-C.
 */
export async function askPassword(question: string, asking: Asking): Promise<string> {
  if (!canAsk(asking)) {
    throw new MktError("usage", "a password is needed, and nobody can be asked for it here", {
      hint: "give it with --password-stdin or --password-file FILE",
    });
  }
  const { password, isCancel } = await import("@clack/prompts");
  const answer = await password({ message: safeLine(question), ...streamsOf(asking) });
  if (isCancel(answer)) throw new MktError("interrupted", "interrupted");
  return answer;
}

/** Asks before something dangerous; Enter alone means no. Throws as `askPassword` does. */
export async function confirm(
  question: string,
  asking: Asking & { yes: boolean },
): Promise<boolean> {
  if (asking.yes) return true;
  if (!canAsk(asking)) {
    throw new MktError("usage", `this wants a confirmation: ${question}`, {
      hint: "--yes confirms it",
    });
  }
  const { confirm: ask, isCancel } = await import("@clack/prompts");
  const message = safeLine(question);
  const answer = await ask({ message, initialValue: false, ...streamsOf(asking) });
  if (isCancel(answer)) throw new MktError("interrupted", "interrupted");
  return answer;
}

/** All of a stream as text. Throws `invalid`, naming it, beyond the limit and for what is not UTF-8. */
export async function readAll(
  stream: NodeJS.ReadableStream,
  limitBytes: number,
  name = "stdin",
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limitBytes)
      throw new MktError("invalid", `${name} has more than ${limitBytes} bytes`);
    chunks.push(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new MktError("invalid", `${name} is not UTF-8 text`, { cause });
  }
}

function canAsk({ stdin, stderr, input }: Asking): boolean {
  return input && stdin.isTTY === true && stderr.isTTY === true;
}

const streamsOf = ({ stdin, stderr }: Asking) => ({
  input: stdin as NodeJS.ReadStream,
  output: stderr as NodeJS.WriteStream,
});
