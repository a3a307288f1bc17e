import { GraphError } from "./graph-error.ts";

/**
 * Numbers keep the type that TinkerPop gives them: a whole `number` is an Int32 (an Int64 where it does not fit),
 * another `number` is a Double; a `bigint` is an Int64, and `Double` a whole number that is a Double all the same.
 */
export type Numeric = number | bigint | Double;

interface Double {
  kind: "double";
  value: number;
}

export type NumberType = "Int32" | "Int64" | "Double";

const INT32_MAX = 2_147_483_647;

export function isNumeric(value: unknown): value is Numeric {
  return typeof value === "number" || typeof value === "bigint" || isDouble(value);
}

function isDouble(value: unknown): value is Double {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "double";
}

/** The number itself. Integers are exact up to 2^53, which nothing here exceeds. */
export function numberOf(value: Numeric): number {
  return isDouble(value) ? value.value : Number(value);
}

export function typeOf(value: Numeric): NumberType {
  if (typeof value === "bigint") return "Int64";
  if (typeof value !== "number" || !Number.isInteger(value)) return "Double";
  return value >= -INT32_MAX - 1 && value <= INT32_MAX ? "Int32" : "Int64";
}

/** A number under a type. Throws GraphError for an integer that would not be exact. */
export function typed(value: number, type: NumberType): Numeric {
  if (type === "Double") return Number.isInteger(value) ? { kind: "double", value } : value;
  if (!Number.isSafeInteger(value))
    throw new GraphError("the embedded graph holds integers up to 2^53");
  return type === "Int64" ? BigInt(value) : value;
}

const WIDTHS: readonly NumberType[] = ["Int32", "Int64", "Double"];

/**
 * The sum, of the widest type among the values and `least`; as in TinkerPop a whole graph's is an Int64 at least. One
 * too great for an Int32 becomes an Int64 where TinkerPop overflows. Throws GraphError for what is no number.
 */
export function sumOf(values: readonly unknown[], least: NumberType = "Int64"): Numeric {
  let [total, type] = [0, least];
  for (const value of values) {
    if (!isNumeric(value)) throw new GraphError("only numbers can be added");
    total += numberOf(value);
    if (WIDTHS.indexOf(typeOf(value)) > WIDTHS.indexOf(type)) type = typeOf(value);
  }
  return typed(total, type);
}
