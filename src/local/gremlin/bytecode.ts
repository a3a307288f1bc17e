/** Steps as the driver sends them: `[name, ...arguments]` each. */
export interface Bytecode {
  kind: "bytecode";
  sources: Instruction[];
  steps: Instruction[];
}

export type Instruction = [name: string, ...values: unknown[]];

export interface Predicate {
  kind: "predicate";
  name: string;
  value: unknown;
}

/** A member of one of TinkerPop's enumerations, such as `T.id` or `Order.desc`. */
export interface Token {
  kind: "token";
  of: string;
  name: string;
}

/** An element that the client refers to by its id. */
export interface Reference {
  kind: "reference";
  of: "vertex" | "edge";
  id: unknown;
}

export function isBytecode(value: unknown): value is Bytecode {
  return kindOf(value) === "bytecode";
}

export function isPredicate(value: unknown): value is Predicate {
  return kindOf(value) === "predicate";
}

export function isReference(value: unknown): value is Reference {
  return kindOf(value) === "reference";
}

/** Whether a value is a token, of this enumeration and with this name where they are given. */
export function isToken(value: unknown, of?: string, name?: string): value is Token {
  if (kindOf(value) !== "token") return false;
  const token = value as Token;
  return (of === undefined || token.of === of) && (name === undefined || token.name === name);
}

export function token(of: string, name: string): Token {
  return { kind: "token", of, name };
}

/** Everything of ours that is not a plain value says what it is in `kind`. */
export function kindOf(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "kind" in value
    ? String(value.kind)
    : undefined;
}
