/** What is wrong with a file's bytes, said by who does not know the line: `readRecords` adds it. */
export class ReadFault extends Error {
  override readonly name = "ReadFault";
  readonly hint: string;

  /** `message` goes on after the file's name: "is not UTF-8". */
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.hint = hint;
  }
}
