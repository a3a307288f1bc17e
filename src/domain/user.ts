import { MktError } from "../errors.ts";
import type { StaffRole } from "./actor.ts";

/** A user as staff and the user see it; never with the password's hash. */
export interface User {
  id: string;
  email: string;
  name: string;
  address: string;
  /** State or province; null: unknown. */
  region: string | null;
  roles: StaffRole[];
  bannedAt: string | null;
  createdAt: string;
}

const EMAIL = /^[^\s@,;:<>()[\]\\"]+@[^\s@.,;:<>()[\]\\"]+(\.[^\s@.,;:<>()[\]\\"]+)+$/;
const EMAIL_LIMIT = 254;

/** The form in which e-mails are compared. Throws `invalid` when it is not an e-mail address. */
export function foldEmail(email: string): string {
  const folded = email.trim().normalize("NFC").toLowerCase();
  if (folded.length > EMAIL_LIMIT || !EMAIL.test(folded) || hasControl(folded)) {
    throw new MktError("invalid", `${JSON.stringify(email)} is not an e-mail address`, {
      hint: "it looks like name@example.com",
    });
  }
  return folded;
}

const PASSWORD_MINIMUM = 10;
const PASSWORD_LIMIT = 1024;
const COMMON = ["password", "contraseña", "1234567890", "qwertyuiop", "mercadolibre"];

/** Refuses passwords that are short, endless, one character repeated, or the first that anyone tries. */
export function checkPassword(password: string, email: string): void {
  const folded = password.toLowerCase();
  let why: string | undefined;
  if (password.length < PASSWORD_MINIMUM) why = `it has fewer than ${PASSWORD_MINIMUM} characters`;
  else if (password.length > PASSWORD_LIMIT) why = `it has more than ${PASSWORD_LIMIT} characters`;
  else if (new Set(password).size < 4) why = "it repeats the same few characters";
  else if (COMMON.some((word) => folded.replace(/[\d\W_]+$/, "") === word || folded === word))
    why = "it is one of the first that anyone tries";
  else if (
    folded.includes(email.split("@", 1)[0] ?? email) &&
    password.length < 2 * PASSWORD_MINIMUM
  )
    why = "it contains the e-mail's name";
  if (why) {
    throw new MktError("invalid", `the password is too weak: ${why}`, {
      hint: "a few unrelated words make a good one",
    });
  }
}

/** Trimmed text of at most `limit` characters without control characters, or `invalid` naming the field. */
export function checkText(
  field: string,
  text: string,
  limit: number,
  { multiline = false, empty = false } = {},
): string {
  const trimmed = text.trim();
  if (!empty && trimmed === "") throw new MktError("invalid", `the ${field} is empty`);
  const length = [...trimmed].length;
  if (length > limit) {
    throw new MktError("invalid", `the ${field} has ${length} characters, ${limit} are allowed`);
  }
  if (hasControl(multiline ? trimmed.replaceAll(/[\n\t]/g, "") : trimmed)) {
    throw new MktError("invalid", `the ${field} contains control characters`, {
      hint: "remove escape sequences and bidirectional overrides from the text",
    });
  }
  return trimmed;
}

/** Control characters, bidirectional overrides and lone surrogates: none belongs in text that people type. */
function hasControl(text: string): boolean {
  return /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u.test(text);
}
