import { MktError } from "../errors.ts";

interface Asking {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream;
  /** False: never ask. */
  input: boolean;
}

/** A password that is typed unseen. Where nobody can type, says how else to give it. */
export async function askPassword(question: string, asking: Asking): Promise<string> {
  if (!canAsk(asking)) {
    throw new MktError("usage", "a password is needed, and nobody can be asked for it here", {
      hint: "give it with --password-stdin or --password-file FILE",
    });
  }
  const { password, isCancel } = await import("@clack/prompts");
  const answer = await password({
    message: question,
    input: readable(asking),
    output: writable(asking),
  });
  if (isCancel(answer)) throw new MktError("interrupted", "interrupted");
  return answer;
}

/** Asks before something dangerous; Enter alone means no. */
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
  const answer = await ask({
    message: question,
    initialValue: false,
    input: readable(asking),
    output: writable(asking),
  });
  return !isCancel(answer) && answer;
}

/** All of a stream as text. Throws `invalid` beyond the limit. */
export async function readAll(stream: NodeJS.ReadableStream, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limitBytes) throw new MktError("invalid", `stdin has more than ${limitBytes} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const canAsk = ({ stdin, input }: Asking): boolean => input && stdin.isTTY === true;
const readable = ({ stdin }: Asking) => stdin as NodeJS.ReadStream;
const writable = ({ stderr }: Asking) => stderr as NodeJS.WriteStream;
